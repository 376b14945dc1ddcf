package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// manifest is what checkExport reads of manifest.json.
type manifest struct {
	Origin     string
	Vkey       string
	Signer     string
	Checkpoint struct {
		Size int64
		Root string
	}
	Query struct {
		Since, Until string
		Judged       bool
		Filters      struct{ Where string }
		Standard     string
		Formats      []string
	}
	Range struct {
		First, End       int64
		Pruned, Withheld int64
	}
	Privacy struct {
		Pseudonymised bool
		Redacted      []string
	}
	Tables []struct {
		Name  string
		Rows  int64
		Check string
	}
	Files []struct {
		Path   string
		Bytes  int64
		Sha256 string
	}
}

// export is an evidence package whose manifest is signed.
type export struct {
	files fs.FS
	manifest
	entries []selected
	leaves  int64
}

// selected is an entry of the period: its index, and its bytes as the package has them.
type selected struct {
	index int64
	entry []byte
}

// checkExport checks an evidence package: signatures, hashes of files, the entries' way to the
// checkpoint's root, the records of the period byte by byte, and every row's indexes. What is joined
// and judged out of the records it cannot make again; that is vigil check-export's.
//
// The package is a directory, or a file that ends in .zip.
func checkExport(name string, k *keys) (*export, error) {
	e := &export{files: os.DirFS(name)}
	if strings.HasSuffix(name, ".zip") {
		archive, err := openArchive(name)
		if err != nil {
			return nil, err
		}
		defer archive.Close()
		e.files = archive
	}
	if err := e.openManifest(k); err != nil {
		return nil, err
	}
	if err := e.checkFiles(); err != nil {
		return nil, err
	}
	if err := e.checkRange(k); err != nil {
		return nil, err
	}
	if err := e.checkRecords(); err != nil {
		return nil, err
	}
	if err := e.checkNames(); err != nil {
		return nil, err
	}
	for _, table := range e.Tables {
		if err := e.checkRows(table.Name, table.Rows, table.Check); err != nil {
			return nil, err
		}
	}
	return e, e.checkCounts()
}

// archiveBytesMax is how many bytes all files of an archive may have together: they are read into memory.
const archiveBytesMax = 4 << 30

// openArchive opens an archive whose names are paths within a package, each once.
func openArchive(name string) (*zip.ReadCloser, error) {
	archive, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	var total uint64
	for _, file := range archive.File {
		path := strings.TrimSuffix(file.Name, "/")
		if !fs.ValidPath(path) || strings.ContainsAny(path, "\\\x00") || names[path] {
			err = fmt.Errorf("%q: not a name of its own within a package", file.Name)
		}
		names[path] = true
		if file.UncompressedSize64 > archiveBytesMax-total {
			err = fmt.Errorf("%q: more than %d bytes with those before", file.Name, int64(archiveBytesMax))
		}
		if err != nil {
			archive.Close()
			return nil, err
		}
		total += file.UncompressedSize64
	}
	return archive, nil
}

func (e *export) read(name string) ([]byte, error) {
	data, err := fs.ReadFile(e.files, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %v", name, err)
	}
	return data, nil
}

func (e *export) openManifest(k *keys) error {
	data, err := e.read("manifest.json")
	if err != nil {
		return err
	}
	signed, err := e.read("manifest.note")
	if err != nil {
		return err
	}
	n, err := note.Open(signed, note.VerifierList(k.all...))
	if err != nil {
		return fmt.Errorf("manifest.note: %v", err)
	}
	if err := requireCanonical(signed, n); err != nil {
		return fmt.Errorf("manifest.note: %v", err)
	}
	if err := json.Unmarshal(data, &e.manifest); err != nil {
		return fmt.Errorf("manifest.json: %v", err)
	}
	sum := sha256.Sum256(data)
	expected := "vigil/export-manifest@v1\n" + e.Origin + "\nmanifest.json\n" +
		hex.EncodeToString(sum[:]) + "\n"
	if n.Text != expected {
		return fmt.Errorf("manifest.json: the note is about another: %q", n.Text)
	}
	if e.Origin != k.log.Name() {
		return fmt.Errorf("manifest.json: origin %q, key name %q", e.Origin, k.log.Name())
	}
	return nil
}

// checkFiles compares every file with its hash, and finds none that is not listed.
func (e *export) checkFiles() error {
	listed := map[string]bool{"manifest.json": true, "manifest.note": true}
	for _, file := range e.Files {
		if listed[file.Path] {
			return fmt.Errorf("manifest.json: %s twice", file.Path)
		}
		listed[file.Path] = true
		data, err := e.read(file.Path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		if int64(len(data)) != file.Bytes || hex.EncodeToString(sum[:]) != file.Sha256 {
			return fmt.Errorf("%s: %d bytes with another hash than the manifest's", file.Path, len(data))
		}
	}
	return fs.WalkDir(e.files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !listed[name] {
			err = fmt.Errorf("%s: not in the manifest", name)
		}
		return err
	})
}

// tables are the names of the tables that the query gives.
func (e *export) tables() []string {
	names := []string{"records", "activities"}
	if e.Query.Judged {
		names = append(names, "findings")
	}
	if e.Query.Standard != "" {
		names = append(names, "controls")
	}
	return names
}

// checkNames finds the tables and files that the query gives, each with the check that it can have,
// and no others.
func (e *export) checkNames() error {
	wanted := map[string]bool{"proofs/range-proof": true}
	var found []string
	for _, table := range e.Tables {
		found = append(found, table.Name)
		check := "derived"
		if e.withholds() || (e.Range.First > 0 && (table.Name == "findings" || table.Name == "controls")) {
			check = "attested"
		}
		if table.Check != check {
			return fmt.Errorf("manifest.json: table %s is %q, expected %q", table.Name, table.Check, check)
		}
	}
	names := e.tables()
	if strings.Join(found, " ") != strings.Join(names, " ") {
		return fmt.Errorf("manifest.json: tables %q, the query gives %q", found, names)
	}
	for _, table := range names {
		wanted["proofs/rows/"+table+".jsonl"] = true
	}
	for _, format := range e.Query.Formats {
		for _, name := range formatFiles(format, names) {
			wanted[name] = true
		}
	}
	listed := map[string]bool{}
	for _, file := range e.Files {
		listed[file.Path] = true
		if !wanted[file.Path] && !strings.HasPrefix(file.Path, "entries/") && file.Path != "proofs/absent.jsonl" {
			return fmt.Errorf("%s: the query does not give it", file.Path)
		}
	}
	for name := range wanted {
		if !listed[name] {
			return fmt.Errorf("%s: not there, though the query gives it", name)
		}
	}
	return nil
}

// formatFiles are the files of a format.
func formatFiles(format string, tables []string) []string {
	var names []string
	switch format {
	case "html":
		names = []string{"report.html"}
	case "ocsf":
		names = []string{"events.ocsf.jsonl"}
	case "cef":
		names = []string{"events.cef"}
	case "sqlite":
		names = []string{"export.sqlite"}
	case "jsonl":
		for _, table := range tables {
			names = append(names, "tables/"+table+".jsonl")
		}
	case "csv":
		kinds := []string{"requests", "decisions", "run_events", "task_events", "approvals", "alerts", "controls_log"}
		for _, table := range append(kinds, tables[1:]...) {
			names = append(names, "tables/"+table+".csv")
		}
	}
	return names
}

// checkRange hashes the entries and follows them to the root of the signed checkpoint.
func (e *export) checkRange(k *keys) error {
	data, err := e.read("proofs/range-proof")
	if err != nil {
		return err
	}
	end := bytes.Index(data, []byte("\n\n"))
	if end < 0 {
		return errors.New("proofs/range-proof: no empty line")
	}
	lines := strings.Split(string(data[:end]), "\n")
	if lines[0] != "vigil/range-proof@v1" || len(lines) < 2 ||
		lines[1] != fmt.Sprintf("range %d %d", e.Range.First, e.Range.End) {
		return fmt.Errorf("proofs/range-proof: another range than %d %d", e.Range.First, e.Range.End)
	}
	origin, size, root, err := openCheckpoint(data[end+2:], &keys{k.log, k.all[:1]})
	if err != nil {
		return fmt.Errorf("proofs/range-proof: checkpoint: %v", err)
	}
	if origin != e.Origin || size != e.Range.End || size != e.Checkpoint.Size ||
		hex.EncodeToString(root[:]) != e.Checkpoint.Root {
		return errors.New("proofs/range-proof: another checkpoint than the manifest's")
	}
	t, err := newRightEdge(e.Range.First, lines[2:])
	if err != nil {
		return fmt.Errorf("proofs/range-proof: %v", err)
	}
	if err := e.readEntries(t); err != nil {
		return err
	}
	if t.size != size || t.root() != root {
		return fmt.Errorf("entries: root %v of %d, of the checkpoint %v of %d", t.root(), t.size, root, size)
	}
	return nil
}

// rightEdge is a growing tree: the roots of its perfect subtrees, the largest first.
type rightEdge struct {
	size int64
	edge []tlog.Hash
}

func newRightEdge(size int64, lines []string) (*rightEdge, error) {
	t := &rightEdge{size: size}
	count := 0
	for n := size; n > 0; n &= n - 1 {
		count++
	}
	if len(lines) != count {
		return nil, fmt.Errorf("%d hashes, expected %d", len(lines), count)
	}
	for _, line := range lines {
		h, err := strictHash(line)
		if err != nil {
			return nil, err
		}
		t.edge = append(t.edge, h)
	}
	return t, nil
}

func (t *rightEdge) add(leaf tlog.Hash) {
	for n := t.size; n&1 == 1; n >>= 1 {
		leaf = tlog.NodeHash(t.edge[len(t.edge)-1], leaf)
		t.edge = t.edge[:len(t.edge)-1]
	}
	t.edge = append(t.edge, leaf)
	t.size++
}

func (t *rightEdge) root() tlog.Hash {
	root := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		root = tlog.NodeHash(t.edge[i], root)
	}
	return root
}

// absent is an index of the range whose bytes are not in the package.
type absent struct {
	Index  int64
	Leaf   string
	Reason string
}

func (e *export) absentEntries() ([]absent, error) {
	data, err := fs.ReadFile(e.files, "proofs/absent.jsonl")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []absent
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		var a absent
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			return nil, fmt.Errorf("proofs/absent.jsonl: %v", err)
		}
		list = append(list, a)
	}
	return list, err
}

// readEntries adds every entry's leaf, and keeps the entries of the period.
func (e *export) readEntries(t *rightEdge) error {
	list, err := e.absentEntries()
	if err != nil {
		return err
	}
	counts := map[string]int64{}
	take := func(reason string) error {
		if len(list) == 0 || list[0].Index != t.size || list[0].Reason != reason {
			return fmt.Errorf("proofs/absent.jsonl: nothing about entry %d", t.size)
		}
		data, err := hex.DecodeString(list[0].Leaf)
		if err != nil || len(data) != tlog.HashSize {
			return fmt.Errorf("proofs/absent.jsonl: leaf %q", list[0].Leaf)
		}
		var leaf tlog.Hash
		copy(leaf[:], data)
		t.add(leaf)
		counts[reason]++
		list = list[1:]
		return nil
	}
	var names []string
	for _, file := range e.Files {
		if strings.HasPrefix(file.Path, "entries/") {
			names = append(names, file.Path)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		first, err := strconv.ParseInt(
			strings.TrimSuffix(strings.TrimPrefix(name, "entries/"), ".jsonl"), 10, 64)
		if err != nil || first < t.size {
			return fmt.Errorf("%s: entries up to %d come before", name, t.size)
		}
		for t.size < first {
			if err := take("pruned"); err != nil {
				return err
			}
		}
		data, err := e.read(name)
		if err != nil {
			return err
		}
		if len(data) > 0 && data[len(data)-1] != '\n' {
			return fmt.Errorf("%s: no newline at its end", name)
		}
		for len(data) > 0 {
			end := bytes.IndexByte(data, '\n')
			if err := e.takeEntry(t, data[:end], take); err != nil {
				return fmt.Errorf("%s: %v", name, err)
			}
			data = data[end+1:]
		}
	}
	for t.size < e.Range.End {
		if err := take("pruned"); err != nil {
			return err
		}
	}
	if len(list) > 0 {
		return fmt.Errorf("proofs/absent.jsonl: entry %d too much", list[0].Index)
	}
	if counts["pruned"] != e.Range.Pruned || counts["withheld"] != e.Range.Withheld {
		return fmt.Errorf("proofs/absent.jsonl: %d pruned and %d withheld entries, %d and %d in the manifest",
			counts["pruned"], counts["withheld"], e.Range.Pruned, e.Range.Withheld)
	}
	if counts["withheld"] > 0 && !e.withholds() {
		return errors.New("proofs/absent.jsonl: withheld entries of an export that withholds nothing")
	}
	return nil
}

func (e *export) takeEntry(t *rightEdge, entry []byte, take func(string) error) error {
	index := t.size
	if len(entry) == 0 {
		return take("withheld")
	}
	t.add(tlog.RecordHash(entry))
	var record struct{ Ts time.Time }
	if err := json.Unmarshal(entry, &record); err != nil {
		return fmt.Errorf("entry %d: %v", index, err)
	}
	isIn, err := e.admits(record.Ts)
	if err == nil && isIn {
		e.entries = append(e.entries, selected{index, append([]byte(nil), entry...)})
	}
	return err
}

func (e *export) admits(instant time.Time) (bool, error) {
	if e.Query.Since != "" {
		since, err := time.Parse(time.RFC3339Nano, e.Query.Since)
		if err != nil || instant.Before(since) {
			return false, err
		}
	}
	if e.Query.Until != "" {
		until, err := time.Parse(time.RFC3339Nano, e.Query.Until)
		if err != nil || !instant.Before(until) {
			return false, err
		}
	}
	return true, nil
}

func (e *export) withholds() bool { return e.Privacy.Pseudonymised || len(e.Privacy.Redacted) > 0 }

// checkRecords compares the table of records with the entries of the period, and its rows' indexes.
func (e *export) checkRecords() error {
	if e.withholds() {
		return nil
	}
	if e.Query.Filters.Where != "" {
		if err := e.keepListed(); err != nil {
			return err
		}
	}
	var table, rows bytes.Buffer
	for i, s := range e.entries {
		table.Write(s.entry)
		table.WriteByte('\n')
		fmt.Fprintf(&rows, "{\"row\":%d,\"indexes\":[%d]}\n", i+1, s.index)
	}
	for name, expected := range map[string][]byte{
		"tables/records.jsonl": table.Bytes(), "proofs/rows/records.jsonl": rows.Bytes(),
	} {
		data, err := fs.ReadFile(e.files, name)
		if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(name, "tables/") {
			continue // JSON Lines were not asked for
		}
		if err != nil {
			return err
		}
		if !bytes.Equal(data, expected) {
			return fmt.Errorf("%s: other lines than the entries of the period give", name)
		}
	}
	return nil
}

// keepListed keeps the entries of the period that the rows of records name, each once and in order. What
// the filter asks is not evaluated here; that is vigil check-export's.
func (e *export) keepListed() error {
	data, err := e.read("proofs/rows/records.jsonl")
	if err != nil {
		return err
	}
	rest, kept := e.entries, []selected{}
	for number, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		var row struct{ Indexes []int64 }
		if len(line) == 0 {
			continue
		}
		if err := json.Unmarshal(line, &row); err != nil || len(row.Indexes) != 1 {
			return fmt.Errorf("proofs/rows/records.jsonl: line %d: not one index (%v)", number+1, err)
		}
		for len(rest) > 0 && rest[0].index < row.Indexes[0] {
			rest = rest[1:]
		}
		if len(rest) == 0 || rest[0].index != row.Indexes[0] {
			return fmt.Errorf("proofs/rows/records.jsonl: line %d: entry %d is not the next of the period",
				number+1, row.Indexes[0])
		}
		kept, rest = append(kept, rest[0]), rest[1:]
	}
	e.entries = kept
	return nil
}

// checkRows looks whether every row rests on indexes of the range; findings may rest on earlier ones
// where the range does not begin with the journal.
func (e *export) checkRows(table string, count int64, check string) error {
	name := "proofs/rows/" + table + ".jsonl"
	data, err := fs.ReadFile(e.files, name)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<22)
	var found int64
	for lines.Scan() {
		found++
		var row struct {
			Row     int64
			Indexes []int64
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil || row.Row != found {
			return fmt.Errorf("%s: line %d: no row %d (%v)", name, found, found, err)
		}
		for _, index := range row.Indexes {
			if index < 0 || index >= e.Range.End || (check == "derived" && index < e.Range.First) {
				return fmt.Errorf("%s: line %d: index %d is not in the range", name, found, index)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if found != count {
		return fmt.Errorf("%s: %d rows, %d in the manifest", name, found, count)
	}
	return nil
}

// checkCounts holds the number of lines of every table against the manifest.
func (e *export) checkCounts() error {
	for _, table := range e.Tables {
		data, err := fs.ReadFile(e.files, "tables/"+table.Name+".jsonl")
		if err == nil && int64(bytes.Count(data, []byte("\n"))) != table.Rows {
			err = fmt.Errorf("tables/%s.jsonl: not %d lines", table.Name, table.Rows)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		file, err := e.files.Open("tables/" + table.Name + ".csv")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		rows, err := countCSV(file)
		file.Close()
		if err == nil && rows != table.Rows {
			err = fmt.Errorf("%d rows, expected %d", rows, table.Rows)
		}
		if err != nil {
			return fmt.Errorf("tables/%s.csv: %v", table.Name, err)
		}
	}
	return nil
}

func countCSV(file io.Reader) (int64, error) {
	reader := csv.NewReader(file)
	reader.ReuseRecord = true
	for rows := int64(-1); ; rows++ {
		if _, err := reader.Read(); err == io.EOF {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
	}
}
