package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/value"
)

// Children of a Map Run are named by UUIDs that hold which of the run's children they are: so a child that is begun again
// after a crash has the name that it had, and the run knows it by its name.

// childName is the name of a child: 82 bits of a hash over the run's own name and the index, and the index under a
// mask made of those.
func childName(run string, index int64) string {
	b := childHash(run, index)
	mask := childMask(run, b)
	for i := range 5 {
		b[11+i] = mask[i] ^ byte(index>>(8*(4-i)))
	}
	return formatUUID(b)
}

// childIndex is the inverse of childName, false when no child of the run has the name.
func childIndex(run, name string) (index int64, ok bool) {
	b, ok := parseUUID(name)
	if !ok {
		return 0, false
	}
	mask := childMask(run, b)
	for i := range 5 {
		index = index<<8 | int64(b[11+i]^mask[i])
	}
	return index, childName(run, index) == name
}

func childHash(run string, index int64) (b [16]byte) {
	h := sha256.New()
	_, _ = h.Write([]byte(run))
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(index)))
	var sum [sha256.Size]byte
	copy(b[:], h.Sum(sum[:0]))
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return b
}

func childMask(run string, b [16]byte) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(run+"/"), b[:11]...))
}

func formatUUID(b [16]byte) string {
	text := make([]byte, 0, 36)
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text)
}

func parseUUID(text string) (b [16]byte, ok bool) {
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return b, false
	}
	_, err := hex.Decode(b[:], []byte(text[:8]+text[9:13]+text[14:18]+text[19:23]+text[24:]))
	return b, err == nil
}

// namedID is the id of what its name alone tells apart from others that began at a time: a Map Run, a child of one. So
// whoever knows the name need not ask the store.
func namedID(start time.Time, machine, name string) statelark.ExecID {
	sum := sha256.Sum256([]byte(machine + "\x00" + name))
	return statelark.NewExecID(start, statelark.ShardOf(machine, name), binary.BigEndian.Uint64(sum[:]))
}

// mapRunID is the id of a Map Run of an execution.
func mapRunID(start time.Time, run string) statelark.ExecID {
	machine, id, _ := arn.SplitMapRun(run)
	return namedID(start, machine, id)
}

// Messages between an execution, its Map Run and the run's children. Their kinds stand in one row with those of
// nested executions, and stay what they are; what follows the kind is as in package row.

// beginRunMessage tells a Map Run to begin.
func beginRunMessage(l *live, start *interp.StartMapRun) statelark.Message {
	b := runBeginning{
		parent: l.record.ID, seq: start.Seq, arn: start.Run.ARN, origin: originOf(l.record), spec: string(start.Run.AppendRow(nil, nil)),
	}
	return statelark.Message{MessageKey: statelark.MessageKey{To: mapRunID(l.record.Start, b.arn)}, Data: b.append([]byte{messageBeginRun})}
}

// redriveRunMessage tells a Map Run to go on with what has not succeeded.
func redriveRunMessage(l *live, start *interp.StartMapRun) statelark.Message {
	return statelark.Message{
		MessageKey: statelark.MessageKey{To: mapRunID(l.record.Start, start.Redrive), Seq: redriveBits | start.Seq},
		Data:       append([]byte{messageRedriveRun}, l.record.ID[:]...),
	}
}

// runBeginning is what beginRunMessage says.
type runBeginning struct {
	parent statelark.ExecID
	seq    uint64 // of the wait
	arn    string
	origin origin
	spec   string // see interp.MapRun.AppendRow
}

func (b *runBeginning) append(dst []byte) []byte {
	w := row.NewWriter(dst, nil)
	w.Text(string(b.parent[:]))
	w.Uint(b.seq)
	w.Text(b.arn)
	b.origin.write(&w)
	w.Raw(b.spec)
	return w.Row()
}

func parseRunBeginning(data []byte) (*runBeginning, error) {
	r := row.NewReader(data, nil)
	b := new(runBeginning)
	b.parent, b.seq, b.arn, b.origin = readID(&r), r.Uint(), r.Text(), readOrigin(&r)
	b.spec = r.Raw(uint64(r.Len()))
	return b, r.Done()
}

func readID(r *row.Reader) (id statelark.ExecID) {
	if text := r.Text(); len(text) == len(id) {
		return statelark.ExecID([]byte(text))
	}
	r.Fail(row.ErrShort)
	return id
}

// stopRunMessage tells a Map Run that its execution, whose wait has that Seq, gives it up.
func stopRunMessage(run, parent statelark.ExecID, seq uint64) statelark.Message {
	data := append([]byte{messageStopRun}, parent[:]...)
	return statelark.Message{MessageKey: statelark.MessageKey{To: run, Seq: stopBits | seq}, Data: data}
}

// beginChildMessage tells a child to begin.
func beginChildMessage(r *mapRun, c *chunk, i int) statelark.Message {
	name := r.childName(c, i)
	w := row.NewWriter([]byte{messageBeginChild}, nil)
	if r.record.TestCase != "" {
		w = row.NewWriter([]byte{messageBeginTest}, nil)
		w.Text(r.record.TestCase)
	}
	w.Text(string(r.id[:]))
	w.Int(int64(r.attempt(c.index(i))))
	w.Text(r.arn)
	w.Text(r.program.record.ARN)
	w.Text(r.record.Revision)
	w.Text(name)
	items := int64(0)
	if r.state.batched {
		items = c.itemsOf(i)
	}
	w.Int(items)
	w.Raw(c.inputs[i].Text())
	return statelark.Message{MessageKey: statelark.MessageKey{To: r.childID(c, i)}, Data: w.Row()}
}

// parseBeginTest reads the test case of a beginChildMessage that has one, and what follows it.
func parseBeginTest(data []byte) (testCase string, rest []byte) {
	r := row.NewReader(data, nil)
	testCase = r.Text()
	return testCase, []byte(r.Raw(uint64(r.Len())))
}

// parseBeginChild reads what beginChildMessage says, but for the program.
func parseBeginChild(id statelark.ExecID, data []byte) (b *beginning, revision string, err error) {
	r := row.NewReader(data, nil)
	parent := &parentWait{exec: readID(&r), seq: uint64(r.Int()), tells: tellsRun}
	b = &beginning{parent: parent, id: id, mapRun: r.Text()}
	b.start.Machine, revision, b.start.Name, b.items = r.Text(), r.Text(), r.Text(), r.Int()
	b.start.Input = r.Raw(uint64(r.Len()))
	return b, revision, r.Done()
}

// stopChildMessage tells a child that its Map Run gives it up.
func stopChildMessage(r *mapRun, child statelark.ExecID) statelark.Message {
	return statelark.Message{
		MessageKey: statelark.MessageKey{To: child, Seq: stopBits | uint64(r.state.redrives)}, Data: []byte{messageStopChild},
	}
}

// childEndedMessage tells a Map Run how a child ended.
func childEndedMessage(w parentWait, child *statelark.Execution, f *interp.End) statelark.Message {
	m := row.NewWriter([]byte{messageChildEnded, byte(child.Status)}, nil)
	m.Uint(uint64(f.Output.Size()))
	m.Bool(child.Status != statelark.Succeeded && !child.Kept)
	return statelark.Message{MessageKey: statelark.MessageKey{To: w.exec, Seq: w.seq + 1}, Data: m.Row()}
}

// childEnd is what childEndedMessage says.
type childEnd struct {
	index   int64
	redrive int64 // the redrive of the run that it is of
	status  statelark.Status
	output  int64 // bytes
	fixed   bool  // it cannot be redriven
}

func parseChildEnd(m *statelark.Message) (childEnd, error) {
	r := row.NewReader(m.Data[1:], nil)
	c := childEnd{status: statelark.Status(r.Byte()), output: int64(r.Uint()), fixed: r.Bool()}
	c.redrive, c.index = splitAttempt(m.Seq - 1)
	if r.Err() == nil && (c.status <= statelark.Running || c.status >= statelark.PendingRedrive) {
		r.Fail(fmt.Errorf("status %d is none of a child that has ended", c.status))
	}
	return c, r.Done()
}

// runEndedMessage tells an execution how its Map Run ended.
func runEndedMessage(r *statelark.Execution, output string, f *interp.Failure) statelark.Message {
	w := row.NewWriter([]byte{messageRunEnded}, nil)
	writeFailure(&w, f)
	w.Raw(output)
	return statelark.Message{MessageKey: statelark.MessageKey{To: r.Parent, Seq: r.ParentWait<<1 | 1}, Data: w.Row()}
}

// runEnded makes the message one about the end of the Map Run that the execution waits for.
func (m *message) runEnded(seq uint64, data []byte) error {
	r := row.NewReader(data, nil)
	f := readFailure(&r)
	output := r.Raw(uint64(r.Len()))
	if err := r.Done(); err != nil {
		return err
	}
	m.event = interp.Event{Kind: interp.MapRunSucceeded, Seq: seq, Output: value.Checked(output)}
	if f != nil {
		m.event = interp.Event{Kind: interp.MapRunFailed, Seq: seq, Error: f.Error, Cause: f.Cause, Fatal: f.Fatal}
	}
	return nil
}

// receiveChild makes the message one that begins a child of a Map Run.
func (e *Engine) receiveChild(m *message, testCase string, data []byte) error {
	b, revision, err := parseBeginChild(m.exec, data)
	if err != nil {
		return err
	}
	if b.machine, err = e.machines.revision(context.Background(), b.start.Machine, revision); err != nil {
		return err
	}
	b.start.TestCase = testCase
	b.seed = rand.Uint64()
	b.answer = func(*statelark.Execution, error) { e.mapRuns.began() }
	m.begin = b
	return nil
}
