package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// keys are the log's, and those of the witnesses that must have cosigned.
type keys struct {
	log note.Verifier
	all []note.Verifier
}

func newKeys(vkey string, witnesses []string) (*keys, error) {
	log, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("vkey: %v", err)
	}
	k := &keys{log, []note.Verifier{log}}
	for _, text := range witnesses {
		w, err := newCosignatureVerifier(text)
		if err != nil {
			return nil, fmt.Errorf("witness: %v", err)
		}
		k.all = append(k.all, w)
	}
	return k, nil
}

// cosignatureVerifier checks signatures of type 04: eight bytes of time, then Ed25519 over a
// header with that time and the note's text.
type cosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosignatureVerifier(vkey string) (*cosignatureVerifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed vkey")
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, err
	}
	if len(data) != 1+ed25519.PublicKeySize || data[0] != 4 {
		return nil, errors.New("not a cosignature key")
	}
	return &cosignatureVerifier{parts[0], uint32(hash), data[1:]}, nil
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return v.hash }
func (v *cosignatureVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	header := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(v.key, append([]byte(header), msg...), sig[8:])
}

// openCheckpoint checks the signatures of all given keys and reads origin, size and root.
func openCheckpoint(msg []byte, k *keys) (origin string, size int64, root tlog.Hash, err error) {
	n, err := note.Open(msg, note.VerifierList(k.all...))
	if err != nil {
		return "", 0, root, err
	}
	if len(n.Sigs) != len(k.all) {
		return "", 0, root, fmt.Errorf("signed by %d of %d keys", len(n.Sigs), len(k.all))
	}
	if err := requireCanonical(msg, n); err != nil {
		return "", 0, root, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return "", 0, root, errors.New("checkpoint body is not three lines")
	}
	if lines[0] != k.log.Name() {
		return "", 0, root, fmt.Errorf("origin %q, key name %q", lines[0], k.log.Name())
	}
	size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return "", 0, root, fmt.Errorf("size %q", lines[1])
	}
	root, err = strictHash(lines[2])
	return lines[0], size, root, err
}

// requireCanonical refuses the freedom that base64 leaves in the bits under its padding, which
// note.Open does not look at.
func requireCanonical(msg []byte, n *note.Note) error {
	rest := msg[len(n.Text)+1:]
	for _, line := range bytes.Split(bytes.TrimSuffix(rest, []byte("\n")), []byte("\n")) {
		text := string(line[bytes.LastIndexByte(line, ' ')+1:])
		data, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || base64.StdEncoding.EncodeToString(data) != text {
			return fmt.Errorf("signature %q is not canonical base64", text)
		}
	}
	return nil
}

func strictHash(text string) (h tlog.Hash, err error) {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return h, err
	}
	if len(data) != tlog.HashSize || base64.StdEncoding.EncodeToString(data) != text {
		return h, fmt.Errorf("%q is not a hash", text)
	}
	copy(h[:], data)
	return h, nil
}
