package search

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/row"
)

// checkpoint says up to where the segments have everything.
type checkpoint struct {
	// at: all that executions did until then is in segments, of those that began at below or later. Unix ms.
	at int64
	// below: executions with lower ids are still to be read from the store; the zero id: none are.
	below statelark.ExecID
}

// slack is how much older than what was heard last a checkpoint is, in ms: news of several executions come in no order.
const slack = 60_000

// everyID is above all ids.
var everyID = statelark.ExecID([]byte(strings.Repeat("\xff", len(statelark.ExecID{}))))

func (x *Index) loadCheckpoint(ctx context.Context) error {
	key := x.opts.Node + "/" + rowCheckpoint
	data, err := x.store.Index(ctx, key)
	if errors.Is(err, statelark.ErrNotFound) {
		x.state = checkpoint{at: x.opts.Now().UnixMilli() - slack, below: everyID}
		return x.saveCheckpoint(ctx)
	}
	if err != nil {
		return err
	}
	if data, err = version(data); err == nil {
		r := row.NewReader(data, nil)
		x.state.at = r.Int()
		copy(x.state.below[:], r.Raw(uint64(len(x.state.below))))
		err = broken(r.Done())
	}
	if err != nil {
		return fmt.Errorf("row %s: %w", key, err)
	}
	return nil
}

func (x *Index) saveCheckpoint(ctx context.Context) error {
	w := row.NewWriter([]byte{formatVersion}, nil)
	w.Int(x.state.at)
	w.Raw(string(x.state.below[:]))
	op := statelark.IndexOp{Key: x.opts.Node + "/" + rowCheckpoint, Data: w.Row()}
	return x.store.Commit(ctx, &statelark.Batch{Index: []statelark.IndexOp{op}})
}

// advance notes that all that was heard until a time is in segments.
func (x *Index) advance(ctx context.Context, heard int64) error {
	at := heard - slack
	if heard == 0 || x.fill != nil && x.fill.phase < older || max(at-x.state.at, x.state.at-at) < slack/4 {
		return nil
	}
	x.state.at = at
	return x.saveCheckpoint(ctx)
}

// fill is what is being read from the store. Nobody waits for it, and it rests for twice as long as it works.
type fill struct {
	phase  phase
	began  int64 // Unix ms
	ended  statelark.End
	before statelark.ExecID
	number uint64      // of the next segment to be looked at
	docs   []*document // that were read and not written yet
	pause  time.Duration
}

// phase is what a fill is at.
type phase int

const (
	ends    phase = iota // executions that ended since the checkpoint, in that order
	newer                // those that began since, from the newest on, and run
	changed              // those that are no longer as segments have them, and in no list: redriven, or gone
	older                // those below checkpoint.below
)

// fillAtOnce is how many executions are read at once, maxPause how long a fill rests at most.
const (
	fillAtOnce = 128
	maxPause   = 100 * time.Millisecond
)

func (x *Index) newFill() *fill {
	x.mu.Lock()
	x.partial = true
	x.mu.Unlock()
	return &fill{began: x.opts.Now().UnixMilli(), ended: statelark.End{At: time.UnixMilli(x.state.at)}}
}

// behind begins to read from the store what was not heard.
func (x *Index) behind() {
	x.opts.Log.Info("the index of executions has missed some, and reads them from the store")
	x.fill = x.newFill()
}

// fillStep reads some executions from the store.
func (x *Index) fillStep(ctx context.Context) error {
	f, began := x.fill, time.Now()
	list, more, err := x.fillPage(ctx, f)
	for _, r := range list {
		if err != nil {
			break
		}
		err = x.fillOne(ctx, f, r)
	}
	if err == nil && (!more || len(f.docs) >= goodDocuments) {
		err = x.fillWrite(ctx, f)
	}
	if err != nil {
		f.pause, f.docs = time.Second, nil
		x.fill = x.newFill() // what it was at is done again
		x.fill.pause = time.Second
		return err
	}
	if !more {
		err = x.nextPhase(ctx, f)
	}
	f.pause = min(2*time.Since(began), maxPause)
	return err
}

// fillPage reads records, and moves the place where the next page begins.
func (x *Index) fillPage(ctx context.Context, f *fill) (list []*statelark.Execution, more bool, err error) {
	x.mu.Lock()
	x.readUntil = x.opts.Now().UnixMilli()
	x.mu.Unlock()
	switch f.phase {
	case changed:
		return x.changedPage(ctx, f)
	case ends:
		list, err = x.store.Ended(ctx, f.ended, fillAtOnce)
		if n := len(list); n > 0 {
			f.ended = statelark.End{At: list[n-1].Stop, Exec: list[n-1].ID}
		}
		return list, len(list) == fillAtOnce, err
	}
	if f.phase == older && f.before == (statelark.ExecID{}) {
		f.before = x.state.below
	}
	list, err = x.store.Newest(ctx, f.before, fillAtOnce)
	if more = len(list) == fillAtOnce; len(list) == 0 || f.phase == older {
		if len(list) > 0 {
			f.before = list[len(list)-1].ID
		}
		return list, more, err
	}
	f.before = list[len(list)-1].ID
	running := list[:0]
	for _, r := range list {
		if r.Start.UnixMilli() < x.state.at {
			more = false
		} else if r.Stop.IsZero() {
			running = append(running, r)
		}
	}
	return running, more, err
}

// changedPage returns the records of one segment's documents that are no longer as the document says, although they are of
// executions that run or have failed. Documents of executions that are gone are marked.
func (x *Index) changedPage(ctx context.Context, f *fill) (list []*statelark.Execution, more bool, err error) {
	s := x.segmentFrom(f.number)
	if s == nil {
		return nil, false, nil
	}
	f.number = s.number + 1
	const changing = 1<<statelark.Running | 1<<statelark.Failed | 1<<statelark.TimedOut | 1<<statelark.Aborted
	if s.statuses&changing == 0 {
		return nil, true, nil
	}
	r, err := x.readRecords(ctx, s)
	if err != nil {
		return nil, true, err
	}
	var marks []mark
	for i := range r.list {
		d := &r.list[i]
		if s.isDead(i) || changing&(1<<d.status) == 0 {
			continue
		}
		record, err := x.store.Execution(ctx, d.id)
		switch {
		case gone(err):
			marks = append(marks, mark{s.number, i, d.stop == 0})
		case err != nil:
			return nil, true, err
		case recordAge(record) > d.age():
			list = append(list, record)
		}
	}
	return list, true, x.mark(ctx, marks)
}

// mark notes that documents are dead.
func (x *Index) mark(ctx context.Context, marks []mark) error {
	if len(marks) == 0 {
		return nil
	}
	changed := x.marked(marks)
	if err := x.store.Commit(ctx, &statelark.Batch{Index: x.headers(changed)}); err != nil {
		return err
	}
	x.publish(changed, nil)
	return nil
}

// segmentFrom returns the segment of the lowest number from one on, nil when there is none.
func (x *Index) segmentFrom(number uint64) (first *segment) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.segments {
		if s.number >= number && (first == nil || s.number < first.number) {
			first = s
		}
	}
	return first
}

// fillOne reads the execution of a record.
func (x *Index) fillOne(ctx context.Context, f *fill, r *statelark.Execution) error {
	if isMapRun(r) {
		return nil
	}
	detail, err := x.source.Detail(ctx, r.ID)
	if gone(err) {
		return nil
	}
	if err == nil {
		f.docs = append(f.docs, documentOfDetail(detail, x.opts.PayloadBytes))
	}
	return err
}

// isMapRun reports whether a record is of a Map Run, which is kept as an execution is.
func isMapRun(x *statelark.Execution) bool { return strings.Contains(x.Machine, ":mapRun:") }

// fillWrite writes what was read into a segment. What the tail has as well goes there.
func (x *Index) fillWrite(ctx context.Context, f *fill) error {
	var docs []*document
	x.mu.Lock()
	for _, d := range f.docs {
		if t := x.tail[d.id]; t == nil {
			docs = append(docs, d)
		} else if t.age() < d.age() {
			x.add(d)
		}
	}
	x.mu.Unlock()
	f.docs = nil
	if len(docs) > 0 {
		if err := x.write(ctx, docs); err != nil {
			return err
		}
	}
	if f.phase != older || f.before == (statelark.ExecID{}) {
		return nil
	}
	x.state.below = f.before
	return x.saveCheckpoint(ctx)
}

// nextPhase goes on with what a fill is to read after what it has read.
func (x *Index) nextPhase(ctx context.Context, f *fill) error {
	f.before = statelark.ExecID{}
	f.phase++
	switch {
	case f.phase == older:
		// What happened before this fill began is in segments; what did since then was heard.
		x.state.at = f.began - slack
		if err := x.saveCheckpoint(ctx); err != nil || x.state.below != (statelark.ExecID{}) {
			return err
		}
	case f.phase < older:
		return nil
	}
	x.fill = nil
	x.mu.Lock()
	x.partial = false
	x.mu.Unlock()
	if x.state.below == (statelark.ExecID{}) {
		return nil
	}
	x.state.below = statelark.ExecID{}
	return x.saveCheckpoint(ctx)
}
