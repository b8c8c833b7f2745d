package engine

import (
	"fmt"
	"math"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/row"
)

// What is stored of a Map Run: a record, as of an execution, whose machine is the part of its ARN before the last colon
// and whose name is the rest; and
//
//	blob           what interp has to know of it, see interp.MapRun.AppendRow
//	more blobs     segments: children that have ended, in the order in which their ends came in
//	thread row 0   what changes: runState
//	row 1 …        chunks: children that have been read and have not all ended
//	row segmentRow | n   which segments there are, up to maxIndexed a row
//	work row 0     while it runs: a restarted engine takes it up
//
// Each of them begins with its version and is read for ever; see testdata/golden.

const (
	runVersion     = 1
	chunkVersion   = 1
	segmentVersion = 1
	indexVersion   = 1
	// workMapRun is the first byte of the work row, where others have a version.
	workMapRun = 0xf0

	segmentRow = 1 << 31
	maxIndexed = 512
)

// origin is the execution whose state a Map Run belongs to: as much of it as the run needs when the execution has expired.
type origin struct {
	machine, revision, name string
	version, alias          string
	start                   time.Time
}

func originOf(r *statelark.Execution) origin {
	return origin{r.Machine, r.Revision, r.Name, r.Version, r.Alias, r.Start}
}

// record returns as much of the execution's record as the origin has.
func (o *origin) record() *statelark.Execution {
	return &statelark.Execution{
		Machine: o.machine, Revision: o.revision, Name: o.name, Version: o.version, Alias: o.alias, Start: o.start,
	}
}

func (o *origin) write(w *row.Writer) {
	for _, text := range []string{o.machine, o.revision, o.name, o.version, o.alias} {
		w.Text(text)
	}
	writeTime(w, o.start)
}

func readOrigin(r *row.Reader) origin {
	return origin{r.Text(), r.Text(), r.Text(), r.Text(), r.Text(), readTime(r)}
}

// phase tells what a Map Run is about. The numbers are stored.
type phase uint8

const (
	mapping    phase = iota // items are read, children begun
	stopping                // children that run are stopped; no more begin
	collecting              // all have ended: the result is put together
	over                    // the run has ended
)

// exporting says what becomes of the outputs. The numbers are stored.
type exporting uint8

const (
	exportNone  exporting = iota // they are the result
	exportFiles                  // they are written by a ResultWriter
)

// endings counts children, or items, by how they ended.
type endings [statelark.PendingRedrive]int64 // by Status; of Running nothing is stored

func (t *endings) ended() (n int64) {
	for _, k := range t {
		n += k
	}
	return n
}

func (t *endings) failed() int64 { return t[statelark.Failed] + t[statelark.TimedOut] }

func (t *endings) write(w *row.Writer) {
	for _, s := range []statelark.Status{statelark.Succeeded, statelark.Failed, statelark.TimedOut, statelark.Aborted} {
		w.Int(t[s])
	}
}

func readEndings(r *row.Reader) (t endings) {
	for _, s := range []statelark.Status{statelark.Succeeded, statelark.Failed, statelark.TimedOut, statelark.Aborted} {
		t[s] = r.Int()
	}
	return t
}

// runState is row 0 of a Map Run.
type runState struct {
	origin origin
	spec   uint32 // the blob
	blobs  uint32 // number of the last blob

	express bool // what the children are
	batched bool
	export  exporting

	concurrency int64 // 0: no bound
	tolerated   int64 // items, -1: not given
	percentage  float64

	phase   phase
	failure *interp.Failure // why it fails, or will; nil: it does not
	aborted bool            // its execution gave it up

	// The data set: where it goes on, what was read so far, and how many items there are at most, exactly so when known.
	cursor              []byte
	nextChild, nextItem int64
	readAll             bool
	bound               int64
	known               bool

	children, items endings
	outputs         int64 // bytes of outputs so far
	lastChunk       uint32
	indexes         uint32 // how many rows of segments there are
	redrives        int64
	redriven        time.Time
	wrote           uint32 // rows of segments whose results are in files, those before

	// Of the last redrive.
	again, againItems endings // unsuccessful children that have not gone again, and their items, by how they had ended
	fixed, fixedItems int64   // children that cannot be redriven, and items of those; they are counted with the others, too
	walk              walk
}

func (s *runState) append(dst []byte) []byte {
	w := row.NewWriter(append(dst, runVersion), nil)
	s.origin.write(&w)
	w.Uint(uint64(s.spec))
	w.Uint(uint64(s.blobs))
	w.Bool(s.express)
	w.Bool(s.batched)
	w.Byte(byte(s.export))
	w.Int(s.concurrency)
	w.Int(s.tolerated)
	w.Uint(math.Float64bits(s.percentage))
	w.Byte(byte(s.phase))
	writeFailure(&w, s.failure)
	w.Bool(s.aborted)
	w.Text(string(s.cursor))
	w.Int(s.nextChild)
	w.Int(s.nextItem)
	w.Bool(s.readAll)
	w.Int(s.bound)
	w.Bool(s.known)
	s.children.write(&w)
	s.items.write(&w)
	w.Int(s.outputs)
	w.Uint(uint64(s.lastChunk))
	w.Uint(uint64(s.indexes))
	w.Int(s.redrives)
	writeTime(&w, s.redriven)
	w.Uint(uint64(s.wrote))
	s.again.write(&w)
	s.againItems.write(&w)
	w.Int(s.fixed)
	w.Int(s.fixedItems)
	w.Uint(uint64(s.walk.row))
	w.Uint(uint64(s.walk.rows))
	return w.Row()
}

func parseRunState(data []byte) (*runState, error) {
	body, err := versioned(data, runVersion)
	if err != nil {
		return nil, fmt.Errorf("its row: %w", err)
	}
	r := row.NewReader(body, nil)
	s := &runState{
		origin: readOrigin(&r), spec: uint32(r.Uint()), blobs: uint32(r.Uint()), express: r.Bool(), batched: r.Bool(),
		export: exporting(r.Byte()), concurrency: r.Int(), tolerated: r.Int(), percentage: math.Float64frombits(r.Uint()),
		phase: phase(r.Byte()), failure: readFailure(&r), aborted: r.Bool(), cursor: []byte(r.Text()),
		nextChild: r.Int(), nextItem: r.Int(), readAll: r.Bool(), bound: r.Int(), known: r.Bool(),
		children: readEndings(&r), items: readEndings(&r), outputs: r.Int(), lastChunk: uint32(r.Uint()), indexes: uint32(r.Uint()),
		redrives: r.Int(), redriven: readTime(&r), wrote: uint32(r.Uint()),
		again: readEndings(&r), againItems: readEndings(&r), fixed: r.Int(), fixedItems: r.Int(),
		walk: walk{uint32(r.Uint()), uint32(r.Uint())},
	}
	return s, r.Done()
}

func writeFailure(w *row.Writer, f *interp.Failure) {
	w.Bool(f != nil)
	if f == nil {
		return
	}
	writeOptional(w, f.Error)
	writeOptional(w, f.Cause)
	w.Bool(f.Fatal)
}

func readFailure(r *row.Reader) *interp.Failure {
	if !r.Bool() {
		return nil
	}
	return &interp.Failure{Error: readOptional(r), Cause: readOptional(r), Fatal: r.Bool()}
}

func writeOptional(w *row.Writer, text *string) {
	w.Bool(text != nil)
	if text != nil {
		w.Text(*text)
	}
}

func readOptional(r *row.Reader) *string {
	if !r.Bool() {
		return nil
	}
	text := r.Text()
	return &text
}

// append appends the row of a chunk.
func (c *chunk) append(dst []byte) []byte {
	w := row.NewWriter(append(dst, chunkVersion), nil)
	w.Int(c.first)
	w.Int(c.firstItem)
	w.Text(string(c.cursor))
	writeTime(&w, c.at)
	w.Uint(uint64(c.count))
	w.Bool(c.items != nil)
	for _, n := range c.items {
		w.Uint(uint64(n))
	}
	w.Uint(uint64(c.begun))
	w.Text(string(c.done))
	w.Uint(uint64(c.blob))
	return w.Row()
}

func parseChunk(number uint32, data []byte) (*chunk, error) {
	body, err := versioned(data, chunkVersion)
	if err != nil {
		return nil, fmt.Errorf("its chunk %d: %w", number, err)
	}
	r := row.NewReader(body, nil)
	c := &chunk{number: number, stored: true, first: r.Int(), firstItem: r.Int(), cursor: []byte(r.Text()), at: readTime(&r), count: int(r.Uint())}
	if r.Bool() {
		c.items = readNumbers(&r, c.count)
	}
	c.begun = int(r.Uint())
	c.done = bitmap(r.Text())
	c.blob = uint32(r.Uint())
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("its chunk %d: %w", number, err)
	}
	if len(c.done) != (c.count+7)/8 || c.begun > c.count {
		return nil, fmt.Errorf("its chunk %d: %w", number, row.ErrShort)
	}
	c.left = c.done.missing(c.count)
	return c, nil
}

// readNumbers reads n numbers.
func readNumbers(r *row.Reader, n int) (list []uint32) {
	if n > r.Len() {
		r.Fail(row.ErrShort)
	}
	for range n {
		if r.Err() != nil {
			break
		}
		list = append(list, uint32(r.Uint()))
	}
	return list
}

// segment tells of a blob with children that have ended: all well, or all otherwise.
type segment struct {
	blob  uint32
	count uint32
	well  bool
	again bool // they have gone again, or will next: those that did not yet are in a chunk
	// Its children are among those of these indexes.
	first, last int64
}

// appendIndex appends a row that says which segments there are.
func appendIndex(dst []byte, list []segment) []byte {
	w := row.NewWriter(append(dst, indexVersion), nil)
	w.Uint(uint64(len(list)))
	for _, s := range list {
		w.Uint(uint64(s.blob))
		w.Uint(uint64(s.count))
		w.Bool(s.well)
		w.Bool(s.again)
		w.Int(s.first)
		w.Int(s.last - s.first)
	}
	return w.Row()
}

func parseIndex(data []byte) ([]segment, error) {
	body, err := versioned(data, indexVersion)
	if err != nil {
		return nil, fmt.Errorf("its list of segments: %w", err)
	}
	r := row.NewReader(body, nil)
	list := make([]segment, r.Count())
	for i := range list {
		list[i] = segment{uint32(r.Uint()), uint32(r.Uint()), r.Bool(), r.Bool(), r.Int(), 0}
		list[i].last = list[i].first + r.Int()
	}
	return list, r.Done()
}

// endedChild is a child that has ended. Input, Output, Error and Cause are of Express children alone: others have a history.
type endedChild struct {
	index         int64
	items         uint32
	status        statelark.Status
	at            time.Time        // of the chunk of a STANDARD child; see childID
	id            statelark.ExecID // of an EXPRESS child
	start, stop   time.Time
	input, output string
	err, cause    *string
}

func (r *endedChild) bytes() int {
	n := 64 + len(r.input) + len(r.output)
	if r.cause != nil {
		n += len(*r.cause)
	}
	return n
}

// appendSegment appends the form of a segment.
func appendSegment(dst []byte, express bool, list []endedChild) []byte {
	w := row.NewWriter(append(dst, segmentVersion), nil)
	w.Bool(express)
	w.Uint(uint64(len(list)))
	for i := range list {
		r := &list[i]
		w.Int(r.index)
		w.Uint(uint64(r.items))
		w.Byte(byte(r.status))
		if !express {
			writeTime(&w, r.at)
			continue
		}
		w.Raw(string(r.id[:]))
		writeTime(&w, r.start)
		writeTime(&w, r.stop)
		w.Text(r.input)
		same := r.output == r.input && r.output != ""
		w.Bool(same)
		if !same {
			w.Text(r.output)
		}
		writeOptional(&w, r.err)
		writeOptional(&w, r.cause)
	}
	return w.Row()
}

func parseSegment(data []byte) (list []endedChild, err error) {
	body, err := versioned(data, segmentVersion)
	if err != nil {
		return nil, fmt.Errorf("a segment: %w", err)
	}
	r := row.NewReader(body, nil)
	express := r.Bool()
	for range r.Count() {
		x := endedChild{index: r.Int(), items: uint32(r.Uint()), status: statelark.Status(r.Byte())}
		if !express {
			x.at = readTime(&r)
		} else {
			copy(x.id[:], r.Raw(uint64(len(x.id))))
			x.start, x.stop, x.input = readTime(&r), readTime(&r), r.Text()
			if x.output = x.input; !r.Bool() {
				x.output = r.Text()
			}
			x.err, x.cause = readOptional(&r), readOptional(&r)
		}
		list = append(list, x)
	}
	return list, r.Done()
}

// bitmap is a set of small numbers.
type bitmap []byte

func newBitmap(n int) bitmap { return make(bitmap, (n+7)/8) }

func (b bitmap) has(i int) bool { return b[i/8]&(1<<(i%8)) != 0 }

func (b bitmap) set(i int) { b[i/8] |= 1 << (i % 8) }

// missing is how many of the numbers below n are not in the set.
func (b bitmap) missing(n int) (count int) {
	for i := range n {
		if !b.has(i) {
			count++
		}
	}
	return count
}
