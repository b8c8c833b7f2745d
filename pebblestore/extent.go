package pebblestore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Pebble finds flipped bytes in its tables, for each block of them has a checksum. Its logs and manifests have one for
// every record, but the first record that is broken ends them, since a crash may leave the last one half written. What
// came after it, acknowledged or not, would be gone without a word.
//
// So the store notes how far each of these files was synced, its extent, and Open wants every record to be whole up to
// there. The note is a file of its own, written without a sync: at once for a manifest, within extentPause for a log.
// After a kill it is there; after a power cut it may say less than was synced, never more. What it does not cover is
// found as far as Pebble finds it.
//
// Invariant: what the note claims of a file was synced before; before the file goes the claim is withdrawn, and that
// is synced.

// ErrDamaged says that a file of the directory is not as it was written. The text says which one, and what to do.
var ErrDamaged = errors.New("the data directory is damaged")

const (
	extentFile  = "SYNCED"
	extentHead  = "statelark synced 1"
	extentBytes = 512 // of the file: a sector, which a power cut does not leave half written
	extentPause = 100 * time.Millisecond
)

// extents are the numbers of bytes of files, by their names, that were synced.
type extents struct {
	fs  vfs.FS
	dir string

	mu     sync.Mutex // guards all below, and the order of writes to file
	synced map[string]int64
	noted  map[string]int64 // what the file says
	file   vfs.File         // nil when it failed
}

// watched reports whether a file has an extent.
func watched(name string) bool {
	return strings.HasPrefix(name, "MANIFEST-") || strings.HasSuffix(name, ".log")
}

func newExtents(fs vfs.FS, dir string) *extents {
	return &extents{fs: fs, dir: dir, synced: make(map[string]int64)}
}

// open takes the claims over that were checked, and goes on from them.
func (e *extents) open() (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	name := e.fs.PathJoin(e.dir, extentFile)
	if e.file, err = e.fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified); err != nil {
		return err
	}
	e.write()
	return keepPrivate(e.fs, name)
}

// set changes the extent of a file; now: the note says so before set returns.
func (e *extents) set(name string, n int64, now bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.synced[name] = n; now {
		e.write()
	}
}

// note writes down what has changed.
func (e *extents) note() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.write()
}

// withdraw gives the claim on a file up that is about to go.
func (e *extents) withdraw(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.synced, name)
	if _, claimed := e.noted[name]; !claimed || e.file == nil {
		return
	}
	if e.write(); e.file != nil && e.file.Sync() != nil {
		e.giveUp()
	}
}

// write writes the note; mu is held.
func (e *extents) write() {
	if e.file == nil || maps.Equal(e.synced, e.noted) {
		return
	}
	if _, err := e.file.WriteAt(extentText(e.synced), 0); err != nil {
		e.giveUp()
		return
	}
	e.noted = maps.Clone(e.synced)
}

// giveUp removes a note that cannot be written: it must not claim what is not so.
func (e *extents) giveUp() {
	_ = e.file.Close() // it is of no more use
	e.file = nil
	_ = e.fs.Remove(e.fs.PathJoin(e.dir, extentFile)) // Open says how to go on without it
}

func (e *extents) close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.file == nil {
		return nil
	}
	err := e.file.Close()
	e.file = nil
	return err
}

// extentText returns the note: a head, a line for each file, a checksum. Of more files than there is room for, those
// named last count most: they are the latest.
func extentText(synced map[string]int64) []byte {
	var lines []byte
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(synced))) {
		line := fmt.Sprintf("%s %d\n", name, synced[name])
		if len(extentHead)+len(lines)+len(line) > extentBytes-16 {
			break
		}
		lines = append(lines, line...)
	}
	text := append([]byte(extentHead+"\n"), lines...)
	text = fmt.Appendf(text, "%08x\n", crc32.ChecksumIEEE(text))
	return append(text, bytes.Repeat([]byte{'\n'}, extentBytes-len(text))...)
}

// parseExtents takes a note apart; ok is false when it is not whole.
func parseExtents(text []byte) (synced map[string]int64, ok bool) {
	text = append(bytes.TrimRight(text, "\n"), '\n')
	sum := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
	if string(text[sum:]) != fmt.Sprintf("%08x\n", crc32.ChecksumIEEE(text[:sum])) {
		return nil, false
	}
	lines := strings.Split(strings.TrimSuffix(string(text[:sum]), "\n"), "\n")
	synced = make(map[string]int64)
	for _, line := range lines[1:] {
		name, number, _ := strings.Cut(line, " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, false
		}
		synced[name] = n
	}
	return synced, lines[0] == extentHead
}

// check holds the files of the directory against the note, if there is one. manifest is the one in use. When the note does
// not know it, a build that keeps no note has had the directory since: what is gone then was not lost, for a build makes
// its manifest before it removes anything.
func (e *extents) check(manifest string) error {
	text, err := readFile(e.fs, e.fs.PathJoin(e.dir, extentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	claims, ok := parseExtents(text)
	if !ok {
		return nil // a power cut has left it half written
	}
	if _, known := claims[manifest]; !known {
		if err := e.forgetGone(claims); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if err := e.checkFile(name, claims[name]); err != nil {
			return err
		}
	}
	e.synced = claims
	return nil
}

// forgetGone removes the claims on files that are not there.
func (e *extents) forgetGone(claims map[string]int64) error {
	files, err := e.fs.List(e.dir)
	if err != nil {
		return err
	}
	maps.DeleteFunc(claims, func(name string, _ int64) bool { return !slices.Contains(files, name) })
	return nil
}

func (e *extents) checkFile(name string, n int64) error {
	whole, err := wholeUpTo(e.fs, e.fs.PathJoin(e.dir, name), n)
	if errors.Is(err, fs.ErrNotExist) {
		whole, err = 0, nil
	}
	if err != nil || whole >= n {
		return err
	}
	err = fmt.Errorf("%w: %s is whole up to byte %d, and %d bytes of it were written", ErrDamaged, name, whole, n)
	if strings.HasSuffix(name, ".log") {
		return fmt.Errorf("%w: restore the directory from a backup; or, to lose the commits after that byte and nothing else, remove its file %s and start again", err, extentFile)
	}
	return fmt.Errorf("%w: restore the directory from a backup", err)
}

// wholeUpTo returns how far the records of a log or manifest are whole. It looks no further than n.
func wholeUpTo(fsys vfs.FS, name string, n int64) (whole int64, err error) {
	f, err := fsys.Open(name, vfs.SequentialReadsOption)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var number int
	if log, ok := strings.CutSuffix(fsys.PathBase(name), ".log"); ok {
		if number, err = strconv.Atoi(log); err != nil {
			return 0, err
		}
	}
	records := newReader(record.NewReader, f, number)
	for whole < n {
		r, err := records.Next()
		if err == nil {
			_, err = io.Copy(io.Discard, r)
		}
		if err == nil {
			whole = records.Offset()
			continue
		}
		if !endsAt(f, whole, n, uint32(number)) {
			return whole, nil
		}
		whole = n
	}
	return whole, nil
}

// newReader calls record.NewReader, whose second parameter is of a type that Pebble does not export.
func newReader[N ~uint64](of func(io.Reader, N) *record.Reader, f vfs.File, number int) *record.Reader {
	return of(f, N(number))
}

// The records of Pebble's logs and manifests: they lie in blocks, and where a block has no room for the head of one,
// the rest of it is zeros.
const (
	recordBlock   = 32 << 10
	recordHead    = 19 // of a log; that of a manifest is shorter
	recordTrailer = 11
)

// endsAt reports whether what lies between the end of the last whole record and n is no record: zeros to the end of a
// block, or the trailer of a log that was closed.
func endsAt(f vfs.File, whole, n int64, number uint32) bool {
	if rest := recordBlock - whole%recordBlock; rest < recordHead {
		if whole += rest; whole >= n {
			return true
		}
	}
	var trailer [recordTrailer]byte
	_, err := f.ReadAt(trailer[:], whole)
	want := binary.LittleEndian.AppendUint32([]byte{6: 5}, number+1)
	return err == nil && number > 0 && n == whole+recordTrailer && bytes.Equal(trailer[:], want)
}

func readFile(fsys vfs.FS, name string) (text []byte, err error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(f)
}
