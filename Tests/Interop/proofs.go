package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// proofFile is a C2SP tlog-proof, or Vigil's consistency proof, taken apart.
type proofFile struct {
	isConsistency bool
	number        int64 // index, or old size
	oldRoot       tlog.Hash
	hashes        []tlog.Hash
	checkpoint    []byte
}

func parseProof(data []byte) (*proofFile, error) {
	end := bytes.Index(data, []byte("\n\n"))
	if end < 0 {
		return nil, errors.New("no empty line")
	}
	lines := strings.Split(string(data[:end]), "\n")
	p := &proofFile{checkpoint: data[end+2:]}
	var key string
	switch lines[0] {
	case "c2sp.org/tlog-proof@v1":
		key = "index "
	case "vigil/consistency-proof@v1":
		key, p.isConsistency = "old ", true
	default:
		return nil, fmt.Errorf("first line %q", lines[0])
	}
	lines = lines[1:]
	if !p.isConsistency && len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		if _, err := base64.StdEncoding.Strict().DecodeString(lines[0][6:]); err != nil {
			return nil, err
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], key) {
		return nil, fmt.Errorf("no line with %q", key)
	}
	fields := strings.Split(lines[0][len(key):], " ")
	if p.isConsistency != (len(fields) == 2) {
		return nil, fmt.Errorf("line %q", lines[0])
	}
	var err error
	p.number, err = strconv.ParseInt(fields[0], 10, 64)
	if err != nil || strconv.FormatInt(p.number, 10) != fields[0] {
		return nil, fmt.Errorf("number %q", fields[0])
	}
	if p.isConsistency {
		if p.oldRoot, err = strictHash(fields[1]); err != nil {
			return nil, err
		}
	}
	for _, line := range lines[1:] {
		hash, err := strictHash(line)
		if err != nil {
			return nil, err
		}
		p.hashes = append(p.hashes, hash)
	}
	return p, nil
}

// checkProofFile checks a proof against its own signed checkpoint, and against what the published
// log holds.
func (l *publishedLog) checkProofFile(name string, k *keys) (string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	p, err := parseProof(data)
	if err != nil {
		return "", err
	}
	_, size, root, err := openCheckpoint(p.checkpoint, k)
	if err != nil {
		return "", err
	}
	if size > l.size {
		return "", fmt.Errorf("checkpoint of %d entries, published %d", size, l.size)
	}
	if expected, err := treeHash(size, l.hashes); err != nil || expected != root {
		return "", fmt.Errorf("root %v, published %v (%v)", root, expected, err)
	}
	if !p.isConsistency {
		if p.number >= size {
			return "", fmt.Errorf("index %d of %d", p.number, size)
		}
		err = tlog.CheckRecord(p.hashes, size, root, p.number, l.leaves[p.number])
		return fmt.Sprintf("inclusion of %d in %d", p.number, size), err
	}
	oldRoot, err := treeHash(p.number, l.hashes)
	if err != nil || oldRoot != p.oldRoot {
		return "", fmt.Errorf("old root %v, published %v (%v)", p.oldRoot, oldRoot, err)
	}
	err = tlog.CheckTree(p.hashes, size, root, p.number, p.oldRoot)
	return fmt.Sprintf("consistency of %d with %d", p.number, size), err
}
