package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"strconv"
	"strings"

	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/items"
	"github.com/statelark/statelark/limits"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/value"
)

// source gives the items of a data set in their order; see items.Source.
type source interface {
	Next(ctx context.Context, max int) ([]items.Item, error)
	Cursor() []byte
	Close()
}

// runReader reads the data set of a Map Run and makes inputs of children of it. One goroutine at a time has it.
type runReader struct {
	spec    *interp.MapRun
	objects s3.Store // nil: there is none
	limits  *limits.Limits
	hit     func(limit string) // tells which limit was met
	batcher *batcher           // nil: each item is for a child of its own

	source source // nil: it is to be opened
	// Where it stands: the item held[0] is the one that skip others follow the cursor before, and has the number item.
	cursor []byte
	skip   int
	held   []items.Item
	item   int64
	ended  bool   // nothing comes after held
	origin string // of the items, as expressions see it
}

// breather is after how many items, or results, others have their turn.
const breather = 16

// readAhead is how many items a reader holds.
const readAhead = 100

// position is where the reader stands, as it is stored.
func (r *runReader) position() []byte {
	return append(binary.AppendUvarint(nil, uint64(r.skip)), r.cursor...)
}

// goTo has the reader stand at a position, nil: at the beginning.
func (r *runReader) goTo(position []byte, item int64) {
	r.close()
	skip, n := binary.Uvarint(position)
	r.skip, r.cursor, r.item, r.ended = int(skip), position[max(0, n):], item, false
}

func newRunReader(e *Engine, spec *interp.MapRun, s *runState) *runReader {
	r := &runReader{spec: spec, objects: e.opts.Objects, limits: e.opts.Limits, hit: func(limit string) { e.hit(limit, spec.ARN) }}
	r.goTo(s.cursor, s.nextItem)
	if spec.Batcher.Exists() {
		r.batcher = newBatcher(spec.Batcher, e.opts.Limits.PayloadBytes)
	}
	return r
}

// beside returns a reader for a chunk that was read before.
func (r *runReader) beside(c *chunk) *runReader {
	other := &runReader{spec: r.spec, objects: r.objects, limits: r.limits, hit: r.hit, batcher: r.batcher}
	other.goTo(c.cursor, c.firstItem)
	return other
}

// inner is a source of what the state's own data has. Its cursor is the number of items given.
type inner struct {
	spec *interp.MapRun
	next int
	end  int
}

func (s *inner) Next(_ context.Context, max int) (page []items.Item, err error) {
	for ; len(page) < max && s.next < s.end; s.next++ {
		item := s.spec.Item(s.next)
		page = append(page, items.Item{Key: item.Key, Keyed: item.Keyed, Value: item.Value})
	}
	if len(page) == 0 {
		return nil, io.EOF
	}
	return page, nil
}

func (s *inner) Cursor() []byte { return binary.AppendUvarint(nil, uint64(s.next)) }

func (s *inner) Close() {}

// originOfItems is where items come from, as expressions see it.
func originOfItems(spec *items.Spec) string {
	if spec.Resource == items.GetObject {
		return "S3://" + spec.Bucket + "/" + spec.Key
	}
	return "S3://" + spec.Bucket
}

// open opens the source where the reader stands.
func (r *runReader) open(ctx context.Context) (err error) {
	if !r.spec.Reader.Exists() {
		n, _ := binary.Uvarint(r.cursor)
		r.source = &inner{r.spec, int(n), int(min(int64(r.spec.Len()), r.limits.MapRunItems.Or(math.MaxInt64)))}
		return nil
	}
	spec := itemsSpec(r.spec.Reader)
	r.origin = originOfItems(&spec)
	if r.objects == nil {
		return &items.Error{Cause: "This server has no object store to read from: the setting s3-directory names a directory that serves as one."}
	}
	opened, err := items.Open(ctx, r.objects, spec, r.cursor, r.limits)
	if err != nil {
		return err
	}
	r.source = opened
	return nil
}

func (r *runReader) close() {
	if r.source != nil {
		r.source.Close()
	}
	r.source, r.held = nil, nil
}

// itemsSpec is an ItemReader as package items has it.
func itemsSpec(reader value.Value) items.Spec {
	arguments, ok := reader.Get("Parameters")
	if !ok {
		arguments, _ = reader.Get("Arguments")
	}
	config, _ := reader.Get("ReaderConfig")
	s := items.Spec{
		Bucket: textOf(arguments, "Bucket"), Key: textOf(arguments, "Key"),
		Prefix: textOf(arguments, "Prefix"), VersionID: textOf(arguments, "VersionId"),
		InputType: items.InputType(textOf(config, "InputType")), ManifestType: items.ManifestType(textOf(config, "ManifestType")),
		Transformation: items.Transformation(textOf(config, "Transformation")), CSVDelimiter: textOf(config, "CSVDelimiter"),
		CSVHeaderLocation: textOf(config, "CSVHeaderLocation"), ItemsPointer: textOf(config, "ItemsPointer"),
	}
	_, resource, _ := strings.Cut(textOf(reader, "Resource"), ":::")
	s.Resource = items.Resource(resource)
	headers, _ := config.Get("CSVHeaders")
	for _, h := range headers.Elems() {
		s.CSVHeaders = append(s.CSVHeaders, h.Str())
	}
	limit, _ := config.Get("MaxItems")
	s.MaxItems = wholeOf(limit)
	return s
}

// textOf returns a member that is a string, "" when it is none.
func textOf(v value.Value, key string) string {
	if m, ok := v.Get(key); ok && m.Kind() == value.String {
		return m.Str()
	}
	return ""
}

// wholeOf returns a number that may be written as a string (recorded); 0 when it is none.
func wholeOf(v value.Value) int64 {
	n, ok := v.Int()
	if !ok && v.Kind() == value.String {
		n, _ = strconv.ParseInt(v.Str(), 10, 64) // checked when the state was entered
	}
	return n
}

// batcher is an ItemBatcher.
type batcher struct {
	items, bytes int64        // at most in a batch
	payload      limits.Bound // of a child's input
	head, tail   string
}

func newBatcher(v value.Value, payload limits.Bound) *batcher {
	b := &batcher{items: math.MaxInt32, payload: payload, bytes: payload.Or(math.MaxInt32), head: `{"Items":[`, tail: `]}`}
	if n, ok := v.Get("MaxItemsPerBatch"); ok {
		b.items = wholeOf(n)
	}
	if n, ok := v.Get("MaxInputBytesPerBatch"); ok {
		b.bytes = min(b.bytes, wholeOf(n))
	}
	if in, ok := v.Get("BatchInput"); ok {
		b.head = `{"BatchInput":` + in.Text() + `,"Items":[`
	}
	return b
}

// check refuses limits that no batch can keep.
func (b *batcher) check() *interp.Failure {
	if b.items > 0 && b.bytes > 0 {
		return nil
	}
	return failure("States.Runtime", "The limits of ItemBatcher must be positive.")
}

// add adds an item to the text of a batch of count others; fits tells whether that has the bytes that it may.
func (b *batcher) add(text []byte, count int, item value.Value) (more []byte, fits bool) {
	if count > 0 {
		text = append(text, ',')
	}
	text = append(text, item.Text()...)
	return text, int64(len(text)+len(b.tail)) <= b.bytes
}

// page is what a reader has read: children of one chunk.
type page struct {
	inputs    []value.Value
	items     []uint32 // of each; nil: one each
	cursor    []byte   // before the first
	firstItem int64
	ended     bool // nothing follows
	// Why nothing more can be read.
	failure *interp.Failure
	err     error // that is none of the run's: it is tried again
}

// read reads the next children, n at most and fewer when they are large.
func (r *runReader) read(ctx context.Context, n int, bytes int) (p page) {
	p.cursor, p.firstItem = r.position(), r.item
	if p.failure, p.err = r.fill(ctx); p.failure != nil || p.err != nil {
		return p
	}
	if r.batcher != nil {
		if p.failure = r.batcher.check(); p.failure != nil {
			return p
		}
	}
	for size := 0; len(p.inputs) < n && size < bytes; {
		input, count, f, err := r.child(ctx)
		if f != nil || err != nil || count == 0 {
			p.failure, p.err = f, err
			break
		}
		p.inputs = append(p.inputs, input)
		if r.batcher != nil {
			p.items = append(p.items, uint32(count))
		}
		size += input.Size()
		if len(p.inputs)%breather == 0 {
			runtime.Gosched()
		}
	}
	if p.failure == nil && p.err == nil {
		p.failure, p.err = r.fill(ctx)
	}
	p.ended = r.ended && len(r.held) == 0
	return p
}

// fill sees to it that held holds an item, unless none is left.
func (r *runReader) fill(ctx context.Context) (*interp.Failure, error) {
	if len(r.held) > 0 || r.ended {
		return nil, nil
	}
	if r.source != nil {
		return r.fetch(ctx)
	}
	if err := r.open(ctx); err != nil {
		return r.readFailed(err)
	}
	return r.goForward(ctx)
}

// fetch gets the next items.
func (r *runReader) fetch(ctx context.Context) (*interp.Failure, error) {
	r.cursor, r.skip = r.source.Cursor(), 0
	held, err := r.source.Next(ctx, readAhead)
	switch {
	case errors.Is(err, io.EOF):
		r.ended = true
		r.tellCut()
		return nil, nil
	case err != nil:
		return r.readFailed(err)
	}
	r.held = held
	return nil, nil
}

// goForward goes over the items that the reader had given before it was closed.
func (r *runReader) goForward(ctx context.Context) (*interp.Failure, error) {
	for over := 0; over < r.skip; {
		page, err := r.source.Next(ctx, r.skip-over)
		switch {
		case errors.Is(err, io.EOF):
			r.ended = true
			return nil, nil
		case err != nil:
			return r.readFailed(err)
		}
		over += len(page)
	}
	return r.fetch(ctx)
}

// readFailed tells failures of the run from what is to be tried again.
func (r *runReader) readFailed(err error) (*interp.Failure, error) {
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	var known *items.Error
	if errors.As(err, &known) {
		r.hit(known.Limit)
	}
	return failure("States.ItemReaderFailed", err.Error()), nil
}

// child makes the input of the next child, and says of how many items it is: none, when there are no more.
func (r *runReader) child(ctx context.Context) (input value.Value, count int, f *interp.Failure, err error) {
	if r.batcher != nil {
		return r.batch(ctx)
	}
	input, f, err = r.next(ctx)
	if !input.Exists() {
		return input, 0, f, err
	}
	r.drop()
	return input, 1, f, err
}

// next makes of the next item what its child, or batch, is given; absent, when there are no more.
func (r *runReader) next(ctx context.Context) (input value.Value, f *interp.Failure, err error) {
	if f, err = r.fill(ctx); f != nil || err != nil || len(r.held) == 0 {
		return value.Value{}, f, err
	}
	item := &r.held[0]
	return r.spec.Child(interp.Item{
		Index: int(r.item), Value: item.Value, Key: item.Key, Keyed: item.Keyed, Source: r.origin,
	})
}

// drop goes on to the item after the next one.
func (r *runReader) drop() {
	r.held = r.held[1:]
	r.skip++
	r.item++
}

// batch makes the input of a child that is given several items. How many bytes it has counts all of the input.
func (r *runReader) batch(ctx context.Context) (input value.Value, count int, f *interp.Failure, err error) {
	text := []byte(r.batcher.head)
	for int64(count) < r.batcher.items {
		item, f, err := r.next(ctx)
		if f != nil || err != nil {
			return value.Value{}, 0, f, err
		}
		if !item.Exists() {
			break
		}
		more, fits := r.batcher.add(text, count, item)
		if !fits && count > 0 {
			break
		}
		if r.batcher.payload.Exceeded(int64(len(more) + len(r.batcher.tail))) {
			return value.Value{}, 0, r.tooLarge(), nil
		}
		text = more
		count++
		r.drop()
	}
	return value.CheckedCompact(string(append(text, r.batcher.tail...))), count, nil, nil
}

// read has a chunk read when there is need of one.
func (s *mapRuns) read(r *mapRun) {
	if r.isReading || r.state.phase != mapping || r.isNew && r.pending.Load() > 0 {
		return
	}
	if s.readUnsuccessful(r) {
		return
	}
	for _, c := range r.chunks {
		if c.inputs == nil && c.begun < c.count {
			s.readAgain(r, c)
			return
		}
	}
	waits := int64(0)
	for _, c := range r.chunks {
		waits += int64(c.count - c.begun)
	}
	if r.state.readAll || len(r.chunks) >= maxChunks || waits >= chunkLength/2 || r.waiting >= chunkBytes {
		return
	}
	n := chunkLength
	if s.reading >= maxReadBytes {
		if waits > 0 {
			return
		}
		n = 8
	}
	r.isReading = true
	reader := r.reader
	s.job(func() func() {
		p := reader.read(s.ctx, n, chunkBytes)
		return func() { s.pageRead(r, p) }
	})
}

// pageRead goes on when a page was read.
func (s *mapRuns) pageRead(r *mapRun, p page) {
	r.isReading = false
	if r.gone.Load() {
		r.reader.close()
		return
	}
	s.due(r)
	if p.err != nil {
		if s.ctx.Err() == nil {
			s.e.log.Warn("data set could not be read; it is tried again", "run", r.arn, "error", p.err)
		}
		r.reader.goTo(p.cursor, p.firstItem)
		return
	}
	if r.state.phase != mapping {
		r.reader.close()
		return
	}
	r.dirty = true
	if len(p.inputs) > 0 {
		s.addChunk(r, p)
	}
	r.state.cursor, r.state.nextItem = r.reader.position(), r.reader.item
	if p.ended {
		r.state.readAll, r.state.known, r.state.bound = true, true, r.state.nextItem
		r.reader.close()
	}
	if p.failure != nil {
		r.reader.close()
		r.fail(p.failure)
	}
	r.judge(s.e.opts.Limits) // now that it is known how many items there are
}

// addChunk makes a chunk of a page.
func (s *mapRuns) addChunk(r *mapRun, p page) {
	r.state.lastChunk++
	n := len(p.inputs)
	c := &chunk{
		number: r.state.lastChunk, first: r.state.nextChild, firstItem: p.firstItem, cursor: p.cursor, at: later(s.e.now(), r.record.Start),
		count: n, items: p.items, done: newBitmap(n), left: n, inputs: p.inputs, dirty: true,
	}
	if r.state.express {
		c.express = make([]*expressStart, n)
	}
	r.state.nextChild += int64(n)
	r.chunks = append(r.chunks, c)
	s.noteWaiting(r, sizes(p.inputs))
}

func sizes(list []value.Value) (n int64) {
	for i := range list {
		n += int64(list[i].Size())
	}
	return n
}

// readAgain reads a chunk whose inputs are not in memory.
func (s *mapRuns) readAgain(r *mapRun, c *chunk) {
	r.isReading = true
	reader, bytes := r.reader.beside(c), 1<<40
	s.job(func() func() {
		p := reader.read(s.ctx, c.count, bytes)
		reader.close()
		return func() { s.chunkRead(r, c, p) }
	})
}

func (s *mapRuns) chunkRead(r *mapRun, c *chunk, p page) {
	r.isReading = false
	if r.gone.Load() {
		return
	}
	s.due(r)
	switch {
	case p.err != nil:
		if s.ctx.Err() == nil {
			s.e.log.Warn("data set could not be read; it is tried again", "run", r.arn, "error", p.err)
		}
	case r.state.phase != mapping:
	case p.failure != nil && len(p.inputs) < c.count:
		r.fail(p.failure)
	case len(p.inputs) != c.count:
		r.fail(failure("States.ItemReaderFailed", row.ErrShort.Error()))
	default:
		c.inputs = p.inputs
		if r.state.express {
			c.express = make([]*expressStart, c.count)
		}
		for i := range c.begun {
			c.inputs[i] = value.Value{}
		}
		s.noteWaiting(r, sizes(c.inputs))
	}
}
