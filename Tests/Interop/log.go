package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// files are a published log's checkpoint and everything under tile/, by path.
type files map[string][]byte

func readFiles(dir string) (files, error) {
	f := files{}
	checkpoint, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return nil, err
	}
	f["checkpoint"] = checkpoint
	root := filepath.Join(dir, "tile")
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if path == root && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		f[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	return f, err
}

// tilePath is where C2SP tlog-tiles puts a tile: Tile.Path without the tile height.
func tilePath(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", t.H))
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// parseTilePath is the inverse of tilePath.
func parseTilePath(path string) (tlog.Tile, error) {
	rest := strings.TrimPrefix(path, "tile/")
	if rest == path || strings.HasPrefix(rest, "data/") {
		return tlog.Tile{}, fmt.Errorf("malformed tile path %q", path)
	}
	if strings.HasPrefix(rest, "entries/") {
		rest = "data/" + strings.TrimPrefix(rest, "entries/")
	}
	tile, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
	if err == nil && (tile.L > 63 || tile.N >= math.MaxInt64>>tileHeight) {
		err = fmt.Errorf("%q: a level above 63, or more leaves than are counted", path)
	}
	return tile, err
}

// memory holds the hashes of a tree as tlog numbers them.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	result := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(m)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		result[i] = m[index]
	}
	return result, nil
}

func (m *memory) add(n int64, leaf tlog.Hash) error {
	hashes, err := tlog.StoredHashesForRecordHash(n, leaf, *m)
	*m = append(*m, hashes...)
	return err
}

// treeHash is TreeHash with the right answer for the empty tree.
func treeHash(size int64, m memory) (tlog.Hash, error) {
	if size == 0 {
		return sha256.Sum256(nil), nil
	}
	return tlog.TreeHash(size, m)
}

// publishedLog is a log whose files have all been checked.
type publishedLog struct {
	origin string
	size   int64
	root   tlog.Hash
	files  files
	// Entries below minimum may be pruned: a bundle that ends there or before may be missing.
	minimum int64
	leaves  []tlog.Hash
	hashes  memory
}

// checkLog checks the signatures, derives every hash from the entry bundles, and compares the root
// and every file of every level. A file that is no tile of this tree is refused.
func checkLog(f files, k *keys, minimum int64) (*publishedLog, error) {
	l := &publishedLog{files: f, minimum: minimum}
	var err error
	if l.origin, l.size, l.root, err = openCheckpoint(f["checkpoint"], k); err != nil {
		return nil, fmt.Errorf("checkpoint: %v", err)
	}
	if err := l.readEntries(); err != nil {
		return nil, err
	}
	root, err := treeHash(l.size, l.hashes)
	if err != nil {
		return nil, err
	}
	if root != l.root {
		return nil, fmt.Errorf("root of the entries %v, of the checkpoint %v", root, l.root)
	}
	if err := l.checkFiles(); err != nil {
		return nil, err
	}
	return l, l.checkRootOfTiles()
}

// readEntries hashes every entry of every bundle.
func (l *publishedLog) readEntries() error {
	for n := int64(0); n<<tileHeight < l.size; n++ {
		width := l.size - n<<tileHeight
		if width > 1<<tileHeight {
			width = 1 << tileHeight
		}
		path := tilePath(tlog.Tile{H: tileHeight, L: -1, N: n, W: int(width)})
		leaves, err := l.leavesOf(path, n, int(width))
		if err != nil {
			return fmt.Errorf("%s: %v", path, err)
		}
		for _, leaf := range leaves {
			if err := l.hashes.add(int64(len(l.leaves)), leaf); err != nil {
				return err
			}
			l.leaves = append(l.leaves, leaf)
		}
	}
	return nil
}

// leavesOf hashes the entries of a bundle; where it is pruned, the tile beside it stands in.
func (l *publishedLog) leavesOf(path string, n int64, width int) ([]tlog.Hash, error) {
	var leaves []tlog.Hash
	data, ok := l.files[path]
	if !ok && n<<tileHeight+int64(width) <= l.minimum {
		tile := tlog.Tile{H: tileHeight, L: 0, N: n, W: width}
		data := l.files[tilePath(tile)]
		if len(data) != width*tlog.HashSize {
			return nil, fmt.Errorf("no bundle, and %d bytes of leaf hashes", len(data))
		}
		for ; len(data) > 0; data = data[tlog.HashSize:] {
			var h tlog.Hash
			copy(h[:], data)
			leaves = append(leaves, h)
		}
		return leaves, nil
	}
	if !ok {
		return nil, errors.New("missing")
	}
	entries, err := splitBundle(data)
	if err != nil || len(entries) != width {
		return nil, fmt.Errorf("%d entries, expected %d (%v)", len(entries), width, err)
	}
	for _, entry := range entries {
		leaves = append(leaves, tlog.RecordHash(entry))
	}
	return leaves, nil
}

func splitBundle(data []byte) ([][]byte, error) {
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return entries, errors.New("truncated")
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	return entries, nil
}

// checkFiles compares every file with what the entries say, and misses none.
func (l *publishedLog) checkFiles() error {
	for _, tile := range tlog.NewTiles(tileHeight, 0, l.size) {
		count := l.size >> uint(tileHeight*tile.L)
		if tile.W < 1<<tileHeight && tile.N<<tileHeight+int64(tile.W) != count {
			continue // a partial tile of a smaller tree
		}
		if _, ok := l.files[tilePath(tile)]; !ok {
			return fmt.Errorf("%s: missing", tilePath(tile))
		}
	}
	for path, data := range l.files {
		if path == "checkpoint" {
			continue
		}
		if err := l.checkFile(path, data); err != nil {
			return fmt.Errorf("%s: %v", path, err)
		}
	}
	return nil
}

func (l *publishedLog) checkFile(path string, data []byte) error {
	tile, err := parseTilePath(path)
	if err != nil {
		return err
	}
	if tile.L < 0 {
		entries, err := splitBundle(data)
		if err != nil || len(entries) != tile.W {
			return fmt.Errorf("%d entries (%v)", len(entries), err)
		}
		for i, entry := range entries {
			index := tile.N<<tileHeight + int64(i)
			if index >= l.size || tlog.RecordHash(entry) != l.leaves[index] {
				return fmt.Errorf("entry %d is another", index)
			}
		}
		return nil
	}
	expected, err := tlog.ReadTileData(tile, l.hashes)
	if err != nil {
		return err
	}
	if !bytes.Equal(expected, data) {
		return errors.New("other hashes than those of the entries")
	}
	return nil
}

// Height, ReadTiles and SaveTiles let tlog read the tiles itself.
func (l *publishedLog) Height() int                         { return tileHeight }
func (l *publishedLog) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (l *publishedLog) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	result := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, ok := l.files[tilePath(tile)]
		if !ok {
			full := tile
			full.W = 1 << tileHeight
			if data, ok = l.files[tilePath(full)]; !ok || len(data) < tile.W*tlog.HashSize {
				return nil, fmt.Errorf("%s: missing", tilePath(tile))
			}
			data = data[:tile.W*tlog.HashSize]
		}
		result[i] = data
	}
	return result, nil
}

func (l *publishedLog) tileReader() tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: l.size, Hash: l.root}, l)
}

// checkRootOfTiles computes the root once more, from the tiles alone.
func (l *publishedLog) checkRootOfTiles() error {
	if l.size == 0 {
		return nil
	}
	root, err := tlog.TreeHash(l.size, l.tileReader())
	if err != nil {
		return err
	}
	if root != l.root {
		return fmt.Errorf("root of the tiles %v, of the checkpoint %v", root, l.root)
	}
	return nil
}

// proveFromTiles makes and checks an inclusion proof of an entry out of the tiles.
func (l *publishedLog) proveFromTiles(index int64) error {
	if index >= l.size {
		return fmt.Errorf("beyond the size %d", l.size)
	}
	proof, err := tlog.ProveRecord(l.size, index, l.tileReader())
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, l.size, l.root, index, l.leaves[index])
}
