// Checks a log that Vigil published, without a line of Vigil's code: the Go checksum database's own
// packages (golang.org/x/mod/sumdb/note and tlog) do the hashing, the proofs and the signatures.
//
//	check log -dir DIR -vkey VKEY [-witness VKEY]… [-minimum N] [-index I,…] [PROOF FILE…]
//	check flips -dir DIR -vkey VKEY [-witness VKEY]…
//	check differential FILE
//	check export -dir DIR -vkey VKEY
//
// Debian: golang-go and golang-golang-x-mod-dev, nothing else.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run Tests/Interop/*.go log …
//
// Where those packages are not to be followed: TreeHash(0) is not the empty tree's root, ParseTree
// knows only its own origin, Tile.Path has the tile height in it, ParseTilePath takes levels above
// 63, note.Open takes base64 with bits set under its padding, and cosignatures need a verifier of
// one's own.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
)

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func main() {
	if len(os.Args) < 2 {
		fail("expected log, flips, differential or export")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	dir := flags.String("dir", "", "the published log")
	vkey := flags.String("vkey", "", "the log's verifier key")
	var witnesses list
	flags.Var(&witnesses, "witness", "a witness that must have cosigned")
	indexes := flags.String("index", "", "entries to prove from the tiles")
	minimum := flags.Int64("minimum", 0, "entries below may be pruned")
	flags.Parse(os.Args[2:])
	switch os.Args[1] {
	case "log":
		keys := mustKeys(*vkey, witnesses)
		l, err := checkLog(mustRead(*dir), keys, *minimum)
		if err != nil {
			fail("%s: %v", *dir, err)
		}
		fmt.Printf("log ok: %s, %d entries, root %v\n", l.origin, l.size, l.root)
		for _, text := range strings.FieldsFunc(*indexes, func(r rune) bool { return r == ',' }) {
			index, err := strconv.ParseInt(text, 10, 64)
			if err == nil {
				err = l.proveFromTiles(index)
			}
			if err != nil {
				fail("index %s: %v", text, err)
			}
		}
		for _, name := range flags.Args() {
			what, err := l.checkProofFile(name, keys)
			if err != nil {
				fail("%s: %v", name, err)
			}
			fmt.Printf("proof ok: %s\n", what)
		}
	case "flips":
		flips(mustRead(*dir), mustKeys(*vkey, witnesses))
	case "differential":
		differential(flags.Arg(0))
	case "export":
		e, err := checkExport(*dir, mustKeys(*vkey, witnesses))
		if err != nil {
			fail("%s: %v", *dir, err)
		}
		fmt.Printf(
			"export ok: %s, entries %d to %d, %d records in the period\n", e.Origin, e.Range.First,
			e.Range.End-1, len(e.entries))
		if e.Query.Filters.Where != "" {
			fmt.Printf("not evaluated here: the filter %q\n", e.Query.Filters.Where)
		}
	default:
		fail("%q: expected log, flips, differential or export", os.Args[1])
	}
}

func mustKeys(vkey string, witnesses []string) *keys {
	k, err := newKeys(vkey, witnesses)
	if err != nil {
		fail("%v", err)
	}
	return k
}

func mustRead(dir string) files {
	f, err := readFiles(dir)
	if err != nil {
		fail("%v", err)
	}
	return f
}

func fail(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, "check: "+format+"\n", args...)
	os.Exit(1)
}
