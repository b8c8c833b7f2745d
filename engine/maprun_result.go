package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/items"
	"github.com/statelark/statelark/value"
)

// exports reports whether a ResultWriter writes files.
func exports(writer value.Value) bool {
	_, ok := writer.Get("Resource")
	return ok
}

// collect has the result of a run made, or written, and then ends the run. Everything of it is stored by now.
func (s *mapRuns) collect(r *mapRun) {
	r.isCollecting = true
	c := &collection{e: s.e, ctx: s.ctx, run: r, spec: r.reader.spec, whole: r.state.failure == nil && !r.state.aborted}
	s.job(func() func() {
		output, f, err := c.make()
		if err != nil {
			pause(s.ctx, time.Second)
		}
		return func() { s.collected(r, output, f, err) }
	})
}

func (s *mapRuns) collected(r *mapRun, output string, f *interp.Failure, err error) {
	r.isCollecting = false
	if r.gone.Load() {
		return
	}
	if err != nil {
		if s.ctx.Err() == nil {
			s.e.log.Warn("results of a Map Run could not be read; it is tried again", "run", r.arn, "error", err)
		}
		s.due(r)
		return
	}
	if r.state.wrote = 0; r.state.export == exportFiles && f == nil {
		r.state.wrote = r.state.indexes
	}
	if r.state.failure == nil {
		r.state.failure = f
	}
	s.finish(r, output)
}

// collection makes the result of a Map Run. It reads what the run has in the store, and looks at nothing in memory that
// changes.
type collection struct {
	e     *Engine
	ctx   context.Context
	run   *mapRun
	spec  *interp.MapRun
	whole bool // the run succeeded so far
}

// make returns the output of the state, or why it fails.
func (c *collection) make() (output string, f *interp.Failure, err error) {
	switch {
	case c.run.state.export == exportFiles:
		return c.write()
	case !c.whole:
		return "", nil, nil
	}
	return c.join()
}

// each calls f with the segments of the run, in order, from those of a row on, until it returns an error.
func (c *collection) each(from uint32, f func([]endedChild) error) error {
	rows, err := c.run.indexRows(c.ctx, c.e.store)
	if err != nil {
		return err
	}
	for _, list := range rows[min(int(from), len(rows)):] {
		for _, s := range list {
			results, err := c.run.readSegment(c.ctx, c.e.store, s)
			if err == nil {
				err = f(results)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func readSegment(ctx context.Context, store statelark.Store, run statelark.ExecID, blob uint32) ([]endedChild, error) {
	data, err := store.Blob(ctx, run, blob)
	if err != nil {
		return nil, fmt.Errorf("reading results: %w", err)
	}
	return parseSegment(data)
}

// transformation is how results are shown, by WriterConfig or by default.
func (c *collection) transformation(other items.Transformation) items.Transformation {
	config, _ := c.spec.Writer.Get("WriterConfig")
	if t := textOf(config, "Transformation"); t != "" {
		return items.Transformation(t)
	}
	return other
}

// errTooLarge: the outputs are more than a state may have.
var errTooLarge = errors.New("the result is too large")

// part is what the result shows of the child of an index.
type part struct {
	index int64
	text  string
}

// parts returns what the result shows, in the order in which the children have ended.
func (c *collection) parts() (parts []part, err error) {
	how, total := c.transformation(items.Compact), int64(2)
	err = c.each(0, func(list []endedChild) error {
		for i := range list {
			x := &list[i]
			if x.status != statelark.Succeeded && how != items.None {
				continue
			}
			record, err := c.record(x)
			if err != nil {
				return err
			}
			text := c.shown(record, how)
			if total += int64(len(text)) + 1; c.e.opts.Limits.PayloadBytes.Exceeded(total - 1) {
				return errTooLarge
			}
			parts = append(parts, part{x.index, strings.Clone(text)})
		}
		return nil
	})
	return parts, err
}

// join makes the result of the outputs, in the order of the items.
func (c *collection) join() (string, *interp.Failure, error) {
	parts, err := c.parts()
	switch {
	case errors.Is(err, errTooLarge):
		return "", c.run.reader.tooLarge(), nil
	case err != nil:
		return "", nil, err
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.index, b.index) })
	text := []byte{'['}
	for _, p := range parts {
		if p.text == "" {
			continue
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(text, p.text...)
	}
	return string(append(text, ']')), nil, nil
}

// shown is what the result shows of a child: one value or, flattened, the elements of an array.
func (c *collection) shown(r *items.Record, how items.Transformation) string {
	switch how {
	case items.None:
		return recordValue(r).Text()
	case items.Flatten:
		if r.Output.Kind() == value.Array {
			text := strings.TrimSpace(r.Output.Text())
			return strings.TrimSpace(text[1 : len(text)-1])
		}
	}
	return r.Output.Text()
}

// recordValue is the form of a child execution in results that are not exported.
func recordValue(r *items.Record) value.Value {
	members := []value.Member{
		{Key: "ExecutionArn", Value: value.FromString(r.ExecutionArn)},
		{Key: "Input", Value: value.FromString(r.Input.Text())},
		{Key: "InputDetails", Value: value.Checked(`{"Included":true}`)},
		{Key: "Name", Value: value.FromString(r.Name)},
	}
	if r.Output.Exists() {
		members = append(members, value.Member{Key: "Output", Value: value.FromString(r.Output.Text())},
			value.Member{Key: "OutputDetails", Value: value.Checked(`{"Included":true}`)})
	}
	if r.HasError {
		members = append(members, value.Member{Key: "Error", Value: value.FromString(r.Error)})
	}
	if r.HasCause {
		members = append(members, value.Member{Key: "Cause", Value: value.FromString(r.Cause)})
	}
	stamp := func(t time.Time) value.Value { return value.FromString(t.UTC().Format("2006-01-02T15:04:05.000Z")) }
	return value.NewObject(append(members,
		value.Member{Key: "StartDate", Value: stamp(r.StartDate)},
		value.Member{Key: "StateMachineArn", Value: value.FromString(r.StateMachineArn)},
		value.Member{Key: "Status", Value: value.FromString(string(r.Status))},
		value.Member{Key: "StopDate", Value: stamp(r.StopDate)}))
}

// record returns the record of a child that has ended.
func (c *collection) record(x *endedChild) (*items.Record, error) {
	d, err := c.e.childDetail(c.ctx, c.run, x)
	if err != nil {
		return nil, err
	}
	r := &items.Record{
		ExecutionArn: d.ARN(), Name: d.Name, StateMachineArn: d.Machine, Status: items.Status(d.Status.String()),
		Input: value.Checked(d.Input), StartDate: d.Start, StopDate: d.Stop, RedriveCount: int(d.Redrives), RedriveDate: d.Redriven,
	}
	if d.Status == statelark.Succeeded {
		r.Output = value.Checked(d.Output)
	}
	if d.Error != nil {
		r.Error, r.HasError = *d.Error, true
	}
	if d.Cause != nil {
		r.Cause, r.HasCause = *d.Cause, true
	}
	return r, nil
}

// childDetail returns a child that has ended.
func (e *Engine) childDetail(ctx context.Context, r *mapRun, x *endedChild) (*statelark.ExecutionDetail, error) {
	if r.state.express {
		return r.expressDetail(x), nil
	}
	machine, name := r.program.record.ARN, childName(r.name, x.index)
	ends, err := e.store.Ends(ctx, namedID(x.at, machine, name))
	if err != nil {
		return nil, fmt.Errorf("reading child %d: %w", x.index, err)
	}
	return e.detailOf(&ends)
}

// expressDetail returns an EXPRESS child that has ended.
func (r *mapRun) expressDetail(x *endedChild) *statelark.ExecutionDetail {
	d := &statelark.ExecutionDetail{Execution: *r.expressRecord(x.index, x.id, x.start), Input: x.input, Output: x.output, Error: x.err, Cause: x.cause}
	d.Status, d.Stop = x.status, x.stop
	if r.state.batched {
		d.Items = int64(x.items)
	}
	return d
}

// expressRecord returns the record of an EXPRESS child that began at a time.
func (r *mapRun) expressRecord(index int64, id statelark.ExecID, start time.Time) *statelark.Execution {
	machine, name := r.program.record.ARN, childName(r.name, index)
	return &statelark.Execution{
		ID: id, Machine: machine, Name: name, Revision: r.record.Revision, Status: statelark.Running,
		Start: start, MapRun: r.arn, TestCase: r.record.TestCase, Express: true,
	}
}

// write has the results written to files.
func (c *collection) write() (string, *interp.Failure, error) {
	if c.e.opts.Objects == nil {
		return "", failure("States.ResultWriterFailed",
			"This server has no object store to write to: the setting s3-directory names a directory that serves as one."), nil
	}
	arguments, ok := c.spec.Writer.Get("Parameters")
	if !ok {
		arguments, _ = c.spec.Writer.Get("Arguments")
	}
	config, _ := c.spec.Writer.Get("WriterConfig")
	w := items.NewWriter(c.e.opts.Objects, items.WriterSpec{
		Bucket: textOf(arguments, "Bucket"), Prefix: textOf(arguments, "Prefix"),
		Transformation: c.transformation(items.None), OutputType: items.OutputType(textOf(config, "OutputType")),
	}, items.Run{ARN: c.run.arn, Redrive: int(c.run.state.redrives)})
	w.FileBytes = c.e.opts.Limits.MapRunResultBytes.Or(math.MaxInt64)
	defer w.Abort(c.ctx)
	if err := c.writeAll(w); err != nil {
		return c.unwritten(err)
	}
	done, err := w.Finish(c.ctx)
	if err != nil {
		return c.unwritten(err)
	}
	return done.Value(c.run.arn).Text(), nil, nil
}

// unwritten tells a failure of the run from what is to be tried again.
func (c *collection) unwritten(err error) (string, *interp.Failure, error) {
	var refused *items.WriterError
	if errors.As(err, &refused) {
		return "", failure("States.ResultWriterFailed", refused.Error()), nil
	}
	return "", nil, err
}

// writeAll writes the children that have ended, and those that had been read and never began.
func (c *collection) writeAll(w *items.Writer) error {
	err := c.each(c.run.state.wrote, func(list []endedChild) error {
		for i := range list {
			record, err := c.record(&list[i])
			if err == nil {
				err = w.Add(c.ctx, record)
			}
			if i%breather == 0 {
				runtime.Gosched()
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, chunk := range c.run.chunks { // of a run that failed; nothing changes them any more
		reader := c.run.reader.beside(chunk)
		p := reader.read(c.ctx, chunk.count, 1<<40)
		reader.close()
		if p.err != nil {
			return p.err
		}
		for i := range p.inputs {
			if chunk.done.has(i) {
				continue
			}
			err := w.Add(c.ctx, &items.Record{Status: items.Pending, Input: p.inputs[i], StateMachineArn: c.run.program.record.ARN})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
