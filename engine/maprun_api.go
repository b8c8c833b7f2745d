package engine

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/history"
)

// MapRun returns a Map Run by its ARN.
func (e *Engine) MapRun(ctx context.Context, text string) (*statelark.MapRun, error) {
	r, err := e.runOf(ctx, text)
	if err != nil {
		return nil, err
	}
	if r.record.Status != statelark.Running {
		return r.describe(), nil
	}
	d, err := askRun(ctx, e, r.id, func(r *mapRun, answer func(*statelark.MapRun, error)) {
		if r == nil {
			answer(nil, nil)
			return
		}
		if len(r.finished) > 0 { // nobody is to know of them before they are stored
			e.mapRuns.submit(r, e.mapRuns.change(r), nil)
		}
		d := r.describe()
		e.mapRuns.settled(r, func(err error) { answer(d, err) })
	})
	if d != nil || err != nil {
		return d, err
	}
	if r, err = e.runOf(ctx, text); err != nil { // it has ended meanwhile
		return nil, err
	}
	return r.describe(), nil
}

// settled calls f when all that was decided about a run so far is durable.
func (s *mapRuns) settled(r *mapRun, f func(error)) {
	s.e.committer.submit(commit{change: &statelark.Change{Exec: r.id}, generation: r.generation, fate: &r.fate, tell: f})
}

// runOf reads what the store has of a run.
func (e *Engine) runOf(ctx context.Context, text string) (*mapRun, error) {
	machine, name, ok := arn.SplitMapRun(text)
	if !ok {
		return nil, statelark.ResourceNotFound(text)
	}
	return durably(ctx, e, func() (*mapRun, error) {
		id, err := e.store.Lookup(ctx, machine, name)
		if err == nil {
			var r *mapRun
			if r, err = e.storedRun(ctx, id); err == nil {
				return r, nil
			}
		}
		if errors.Is(err, statelark.ErrNotFound) {
			return nil, statelark.ResourceNotFound(text)
		}
		return nil, fmt.Errorf("reading Map Run %s: %w", text, err)
	})
}

// storedRun returns a run as the store has it: no more than its record and what its rows say.
func (e *Engine) storedRun(ctx context.Context, id statelark.ExecID) (*mapRun, error) {
	record, err := e.store.Execution(ctx, id)
	if err != nil {
		return nil, err
	}
	r := &mapRun{id: id, arn: record.Machine + ":" + record.Name, name: record.Name, record: record}
	return r, r.readRows(ctx, e.store)
}

func (r *mapRun) describe() *statelark.MapRun {
	s := r.state
	d := &statelark.MapRun{
		ARN: r.arn, Execution: s.origin.record().ARN(), Machine: arn.Labelled(r.record.Machine), Status: r.record.Status,
		Start: r.record.Start, Stop: r.record.Stop, Concurrency: s.concurrency, ToleratedCount: max(0, s.tolerated),
		ToleratedPercentage: max(0, s.percentage), Redrives: s.redrives, Redriven: s.redriven,
	}
	d.Items, d.Executions = r.counts()
	return d
}

// listEvents is how many events of a history one call goes through to find Map Runs.
const listEvents = 5000

// MapRuns lists the Map Runs of an execution in the order of their start, those begun after the event numbered after, about n
// at most. next is what to go on after, 0 when there are no more.
func (e *Engine) MapRuns(ctx context.Context, text string, after int64, n int) (list []*statelark.MapRun, next int64, err error) {
	for range listEvents / 1000 {
		events, err := e.History(ctx, text, after+1, 1000, false)
		if err != nil {
			return nil, 0, err
		}
		for i := range events {
			after = events[i].ID
			if events[i].Type != history.MapRunStarted {
				continue
			}
			d, err := e.MapRun(ctx, events[i].MapRun)
			if statelark.ErrorCode(err) == statelark.CodeResourceNotFound { // one of a build that kept none
				continue
			}
			if err != nil {
				return nil, 0, err
			}
			if list = append(list, d); len(list) == n {
				return list, after, nil
			}
		}
		if len(events) < 1000 {
			return list, 0, nil
		}
	}
	return list, after, nil
}

// UpdateMapRun changes a Map Run that is under way.
func (e *Engine) UpdateMapRun(ctx context.Context, text string, u statelark.MapRunUpdate) error {
	r, err := e.runOf(ctx, text)
	if err != nil {
		return err
	}
	id := r.id
	if r.record.Status == statelark.Running {
		_, err = askRun(ctx, e, id, func(r *mapRun, answer func(struct{}, error)) {
			if r == nil && e.shards.epoch(id.Shard()) == 0 {
				answer(struct{}{}, errNotOwned)
				return
			}
			if r == nil || r.state.phase != mapping {
				answer(struct{}{}, errCompleted(text))
				return
			}
			e.mapRuns.update(r, &u)
			e.mapRuns.submit(r, e.mapRuns.change(r), nil)
			e.mapRuns.settled(r, func(err error) { answer(struct{}{}, err) })
		})
		return err
	}
	return errCompleted(text)
}

func errCompleted(text string) error {
	e := statelark.Errorf(statelark.CodeValidation, "Map Run is completed and cannot be updated: '%s'", text)
	e.Reason = "CANNOT_UPDATE_COMPLETED_MAP_RUN"
	return e
}

func (s *mapRuns) update(r *mapRun, u *statelark.MapRunUpdate) {
	if u.Concurrency != nil {
		r.state.concurrency = *u.Concurrency
	}
	if u.ToleratedCount != nil {
		r.state.tolerated = *u.ToleratedCount
	}
	if u.ToleratedPercentage != nil {
		r.state.percentage = *u.ToleratedPercentage
	}
	r.dirty = true
	r.judge(s.e.opts.Limits)
}

// MapRunExecutions lists the children of a Map Run, of a status or (0) of any: about n at most, those after the one that a
// call before returned as next. next is "" when there are no more.
func (e *Engine) MapRunExecutions(ctx context.Context, text string, status statelark.Status, after string, n int) (list []*statelark.Execution, next string, err error) {
	r, err := e.runOf(ctx, text)
	if err != nil {
		return nil, "", err
	}
	if r.state.express {
		return e.expressChildren(ctx, r, status, after, n)
	}
	q := statelark.ExecutionQuery{Machine: text, Status: status, Limit: n + 1}
	if status == statelark.PendingRedrive { // the store has them by how they ended
		q.Status = 0
	}
	copy(q.Before[:], after)
	for range listPages {
		page, err := durably(ctx, e, func() ([]*statelark.Execution, error) { return e.store.Executions(ctx, q) })
		if err != nil {
			return nil, "", fmt.Errorf("listing the children of %s: %w", text, err)
		}
		for _, x := range page {
			if len(list) == n {
				return list, next, nil
			}
			next, q.Before = string(x.ID[:]), x.ID
			if x = r.shownChild(x); status == 0 || x.Status == status {
				list = append(list, x)
			}
		}
		if len(page) <= n {
			return list, "", nil
		}
	}
	return list, next, nil
}

// listPages is how many pages of the store one call goes through.
const listPages = 10

// EXPRESS children are listed in this order: those that run, by falling index; then those that have ended, by where they are
// stored, the last first. A place in that list is a byte, 0 or 1, and the index, or the numbers of the row of segments and
// of the segment, and how many children of that are still to come.
type childPlace struct {
	stored        bool
	index         int64 // of one that runs; the next one has a smaller index
	row, at, item int   // of one that is stored
}

func (p childPlace) text() string {
	if !p.stored {
		return string(binary.BigEndian.AppendUint64([]byte{0}, uint64(p.index)))
	}
	b := []byte{1}
	for _, n := range []int{p.row, p.at, p.item} {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return string(b)
}

func parsePlace(text string) childPlace {
	switch {
	case len(text) == 9 && text[0] == 0:
		return childPlace{index: int64(binary.BigEndian.Uint64([]byte(text[1:])))}
	case len(text) == 13 && text[0] == 1:
		n := func(i int) int { return int(binary.BigEndian.Uint32([]byte(text[1+4*i:]))) }
		return childPlace{stored: true, row: n(0), at: n(1), item: n(2)}
	}
	return childPlace{index: 1 << 62}
}

// listSegments is how many segments one call reads.
const listSegments = 20

func (e *Engine) expressChildren(ctx context.Context, r *mapRun, status statelark.Status, after string, n int) (list []*statelark.Execution, next string, err error) {
	place := parsePlace(after)
	if err := r.readProgram(ctx, e); err != nil {
		return nil, "", err
	}
	if !place.stored && r.record.Status == statelark.Running && (status == 0 || status == statelark.Running) {
		list, err = e.runningChildren(ctx, r.id, place.index, n)
		if err != nil {
			return nil, "", err
		}
		if len(list) == n {
			index, _ := childIndex(r.name, list[n-1].Name)
			return list, childPlace{index: index}.text(), nil
		}
	}
	if status == statelark.Running {
		return list, "", nil
	}
	if !place.stored {
		place = childPlace{stored: true, row: 1 << 30}
	}
	return e.storedChildren(ctx, r, status, place, n, list)
}

// runningChildren lists those that run and have an index below one, by falling index.
func (e *Engine) runningChildren(ctx context.Context, id statelark.ExecID, below int64, n int) ([]*statelark.Execution, error) {
	return askRun(ctx, e, id, func(r *mapRun, answer func([]*statelark.Execution, error)) {
		var list []*statelark.Execution
		if r != nil {
			list = r.runningExpress(below, n)
		}
		answer(list, nil)
	})
}

func (r *mapRun) runningExpress(below int64, n int) (list []*statelark.Execution) {
	var run []place
	for c := range r.underWay() {
		for i, x := range c.express {
			if x != nil && c.index(i) < below {
				run = append(run, place{c, i})
			}
		}
	}
	slices.SortFunc(run, func(a, b place) int { return cmp.Compare(b.c.index(b.i), a.c.index(a.i)) })
	for _, p := range run[:min(n, len(run))] {
		record := *p.c.express[p.i].record
		list = append(list, &record)
	}
	return list
}

// storedChildren adds to list those that have ended, from a place on.
func (e *Engine) storedChildren(ctx context.Context, r *mapRun, status statelark.Status, from childPlace, n int, list []*statelark.Execution) ([]*statelark.Execution, string, error) {
	running, err := e.goAgainNow(ctx, r)
	if err != nil {
		return nil, "", err
	}
	rows, err := r.indexRows(ctx, e.store)
	if err != nil {
		return nil, "", err
	}
	read := 0
	for at, s := range r.segmentsWith(rows, status, from) {
		if read++; read > listSegments {
			return list, at.text(), nil
		}
		children, err := readSegment(ctx, e.store, r.id, s.blob)
		if err != nil {
			return nil, "", err
		}
		for at.item = min(at.item, len(children)); at.item > 0; at.item-- {
			k := at.item - 1
			x := &children[k]
			if r.hasGone(s, k) || running[x.index] {
				continue
			}
			if r.pendsRedrive(at.row, x.status) {
				x.status = statelark.PendingRedrive
			}
			if status != 0 && x.status != status {
				continue
			}
			if len(list) == n {
				return list, at.text(), nil
			}
			list = append(list, &r.expressDetail(x).Execution)
		}
	}
	return list, "", nil
}

// segmentsWith yields the segments that may have children of a status (0: of any), from a place on, each with the place
// of what is listed first of it.
func (r *mapRun) segmentsWith(rows [][]segment, status statelark.Status, from childPlace) iter.Seq2[childPlace, segment] {
	return func(yield func(childPlace, segment) bool) {
		for i, segments := range slices.Backward(rows) {
			for j, s := range slices.Backward(segments) {
				at := childPlace{stored: true, row: i, at: j, item: int(s.count)}
				switch {
				case i > from.row, i == from.row && j > from.at, // listed before
					status != 0 && s.well != (status == statelark.Succeeded),
					s.again && r.chunkWith(s.blob) == nil: // all of it have gone again
					continue
				case i == from.row && j == from.at:
					at.item = min(at.item, from.item)
				}
				if !yield(at, s) {
					return
				}
			}
		}
	}
}

// indexRows reads the rows of segments, in order.
func (r *mapRun) indexRows(ctx context.Context, store statelark.Store) (list [][]segment, err error) {
	rows, err := store.Threads(ctx, r.id)
	if err != nil {
		return nil, err
	}
	for _, stored := range rows {
		if stored.Thread < segmentRow {
			continue
		}
		segments, err := parseIndex(stored.Data)
		if err != nil {
			return nil, err
		}
		list = append(list, segments)
	}
	return list, nil
}

// readProgram gives a run that was read from the store the program of its children.
func (r *mapRun) readProgram(ctx context.Context, e *Engine) (err error) {
	r.program, err = e.machines.revision(ctx, arn.Labelled(r.record.Machine), r.record.Revision)
	return err
}

// expressChild returns an EXPRESS child of a Map Run by its ARN; ok tells whether it is the ARN of one.
func (e *Engine) expressChild(ctx context.Context, text string) (d *statelark.ExecutionDetail, ok bool, err error) {
	machine, name, id, ok := arn.SplitExpress(text)
	if !ok || !strings.Contains(machine, "/") {
		return nil, false, nil
	}
	r, index, err := e.runOfChild(ctx, machine, name, id)
	if err == nil && r == nil {
		err = missing(text)
	}
	if err != nil {
		return nil, true, err
	}
	if d, err = e.childAt(ctx, r, index); err == nil && (d == nil || d.ARN() != text) {
		err = missing(text)
	}
	return d, true, err
}

// maxRunsOfChild is how many Map Runs are looked at for the one that a child is of. They are those of one state that
// began last before it.
const maxRunsOfChild = 2000

// runOfChild returns the run that a name is of a child of, nil when there is none.
func (e *Engine) runOfChild(ctx context.Context, machine, name, id string) (*mapRun, int64, error) {
	q := statelark.ExecutionQuery{
		Machine: strings.Replace(machine, ":stateMachine:", ":mapRun:", 1), Limit: 100,
	}
	milli, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(milli) != 16 {
		return nil, 0, nil
	}
	began := time.UnixMilli(int64(binary.BigEndian.Uint64(milli) >> 16))
	q.Before = statelark.NewExecID(began.Add(time.Millisecond), 0, 0)
	for range maxRunsOfChild / q.Limit {
		runs, err := e.store.Executions(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		for _, record := range runs {
			if index, is := childIndex(record.Name, name); is {
				r, err := e.storedRun(ctx, record.ID)
				if err == nil {
					err = r.readProgram(ctx, e)
				}
				return r, index, err
			}
			q.Before = record.ID
		}
		if len(runs) < q.Limit {
			break
		}
	}
	return nil, 0, nil
}

// childAt returns the EXPRESS child of an index, nil when it never ran.
func (e *Engine) childAt(ctx context.Context, r *mapRun, index int64) (*statelark.ExecutionDetail, error) {
	if r.record.Status == statelark.Running {
		d, err := askRun(ctx, e, r.id, func(r *mapRun, answer func(*statelark.ExecutionDetail, error)) {
			if r == nil {
				answer(nil, nil)
				return
			}
			answer(r.expressAt(index), nil)
		})
		if d != nil || err != nil {
			return d, err
		}
	}
	rows, err := r.indexRows(ctx, e.store)
	if err != nil {
		return nil, err
	}
	for row, segments := range slices.Backward(rows) {
		for _, s := range slices.Backward(segments) {
			if index < s.first || index > s.last {
				continue
			}
			results, err := readSegment(ctx, e.store, r.id, s.blob)
			if err != nil {
				return nil, err
			}
			for i := range results {
				if results[i].index == index {
					if r.pendsRedrive(row, results[i].status) {
						results[i].status = statelark.PendingRedrive
					}
					return r.expressDetail(&results[i]), nil
				}
			}
		}
	}
	return nil, nil
}

// expressAt returns the EXPRESS child of an index if it is in memory.
func (r *mapRun) expressAt(index int64) *statelark.ExecutionDetail {
	for i := range r.finished {
		if r.finished[i].index == index {
			return r.expressDetail(&r.finished[i])
		}
	}
	for c := range r.underWay() {
		for i, x := range c.express {
			if x != nil && c.index(i) == index {
				return &statelark.ExecutionDetail{Execution: *x.record, Input: x.input.Text()}
			}
		}
	}
	return nil
}
