package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// differential compares answers of another implementation, one a line, with those of tlog. The
// leaves are the record hashes of "<seed>/<i>":
//
//	seed SEED COUNT
//	root SIZE ROOT
//	inclusion SIZE INDEX HASH…
//	consistency OLD SIZE HASH…
//	data LEVEL INDEX WIDTH HASH…
//	tile LEVEL INDEX WIDTH PATH
//	parse PATH true|false
//	check-inclusion SIZE ROOT INDEX LEAF true|false HASH…
//	check-consistency OLD OLDROOT SIZE ROOT true|false HASH…
func differential(name string) {
	file, err := os.Open(name)
	if err != nil {
		fail("%v", err)
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	d := &comparison{counts: map[string]int{}}
	for number := 1; lines.Scan(); number++ {
		fields := strings.Split(lines.Text(), " ")
		if err := d.compare(fields[0], fields[1:]); err != nil {
			fail("%s:%d: %s: %v", name, number, lines.Text(), err)
		}
		d.counts[fields[0]]++
	}
	if err := lines.Err(); err != nil {
		fail("%v", err)
	}
	fmt.Printf("differential ok: %v\n", d.counts)
}

type comparison struct {
	hashes memory
	counts map[string]int
}

func (d *comparison) compare(kind string, fields []string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	switch kind {
	case "seed":
		d.hashes = nil
		for i := int64(0); i < number(fields[1]); i++ {
			leaf := tlog.RecordHash([]byte(fmt.Sprintf("%s/%d", fields[0], i)))
			if err := d.hashes.add(i, leaf); err != nil {
				return err
			}
		}
		return nil
	case "root":
		root, err := treeHash(number(fields[0]), d.hashes)
		return expect(root, hashes(fields[1:])[0], err)
	case "inclusion":
		proof, err := tlog.ProveRecord(number(fields[0]), number(fields[1]), d.hashes)
		return expect([]tlog.Hash(proof), hashes(fields[2:]), err)
	case "consistency":
		proof, err := tlog.ProveTree(number(fields[1]), number(fields[0]), d.hashes)
		return expect([]tlog.Hash(proof), hashes(fields[2:]), err)
	case "data":
		data, err := tlog.ReadTileData(tile(fields), d.hashes)
		var found []tlog.Hash
		for ; len(data) > 0; data = data[tlog.HashSize:] {
			var h tlog.Hash
			copy(h[:], data)
			found = append(found, h)
		}
		return expect(found, hashes(fields[3:]), err)
	case "tile":
		return expect(tilePath(tile(fields)), fields[3], nil)
	case "parse":
		_, err := parseTilePath(fields[0])
		return expect(strconv.FormatBool(err == nil), fields[1], nil)
	case "check-inclusion":
		h := hashes([]string{fields[1], fields[3]})
		err := tlog.CheckRecord(
			hashes(fields[5:]), number(fields[0]), h[0], number(fields[2]), h[1])
		return expect(strconv.FormatBool(err == nil), fields[4], nil)
	case "check-consistency":
		h := hashes([]string{fields[1], fields[3]})
		err := tlog.CheckTree(
			hashes(fields[5:]), number(fields[2]), h[1], number(fields[0]), h[0])
		return expect(strconv.FormatBool(err == nil), fields[4], nil)
	}
	return fmt.Errorf("kind %q", kind)
}

func expect(own, other interface{}, err error) error {
	if err != nil {
		return err
	}
	// Formatted, so that no hashes are no hashes, nil or not.
	if fmt.Sprint(own) != fmt.Sprint(other) {
		return fmt.Errorf("tlog says %v, the line %v", own, other)
	}
	return nil
}

func tile(fields []string) tlog.Tile {
	return tlog.Tile{
		H: tileHeight, L: int(number(fields[0])), N: number(fields[1]), W: int(number(fields[2])),
	}
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func hashes(fields []string) []tlog.Hash {
	var result []tlog.Hash
	for _, text := range fields {
		data, err := hex.DecodeString(text)
		if err != nil || len(data) != tlog.HashSize {
			panic(fmt.Sprintf("hash %q", text))
		}
		var h tlog.Hash
		copy(h[:], data)
		result = append(result, h)
	}
	return result
}
