package interp

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// Scripts are the tests of what a machine means. A file in testdata holds a definition, a line "---", and verbs,
// each with all that follows from it below, indented:
//
//	start INPUT                 the execution starts
//	succeed STATE[#N] OUTPUT    the task of the state (the Nth that is open, from 1) has a result
//	fail STATE[#N] ERROR CAUSE  it failed; - stands for none
//	fail-start, fail-submit, fail-schedule: the same, before it ran
//	submit, pick, beat          it was submitted (OUTPUT), taken by a worker (NAME), heard of
//	at +DURATION                so much time passes, and the timers that fall due fire
//	skip +DURATION              so much time passes, and no timer fires yet
//	stop ERROR CAUSE            StopExecution
//	redrive                     RedriveExecution
//	children STATE              the inputs of the children of the state's Map Run are made
//	succeed-run STATE OUTPUT    the Map Run of the state has a result
//	fail-run, fail-run-fatally STATE ERROR CAUSE
//
// After each verb the memory is written to rows and read back, and the script goes on with what was read: a crash
// at any barrier leaves no trace. With -rewrite the files get what came out; commit that only if you understand it.
var rewrite = flag.Bool("rewrite", false, "write what came out into the scripts")

func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runScript(t, file) })
	}
}

func runScript(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	definition, body, ok := strings.Cut(string(text), "\n---\n")
	if !ok {
		t.Fatal("no line --- after the definition")
	}
	m, found := asl.Parse(definition, asl.Options{})
	if m == nil {
		t.Fatalf("definition: %s", asl.Message(found))
	}
	s := newScript(t, m)
	var out strings.Builder
	out.WriteString(definition + "\n---\n")
	for _, line := range strings.Split(strings.TrimRight(body, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "  "):
		case line == "" || strings.HasPrefix(line, "#"):
			out.WriteString(line + "\n")
		default:
			out.WriteString(line + "\n" + s.verb(line))
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.TrimRight(string(text), "\n"), strings.TrimRight(out.String(), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// script is a run of one, and the host of its execution: rows, payloads and timers are what a store would hold.
type script struct {
	t        *testing.T
	m        *asl.Machine
	x        *Exec
	now      time.Time
	rows     map[uint32][]byte
	payloads map[uint32]string
	timers   map[uint64]int64
	runs     map[uint64][]byte // rows of Map Runs, by the Seq of their wait
	events   []history.Event
	whole    bool // never reload
	redrives int64
}

func newScript(t *testing.T, m *asl.Machine) *script {
	return &script{
		t: t, m: m, now: time.UnixMilli(1_700_000_000_000).UTC(),
		rows: map[uint32][]byte{}, payloads: map[uint32]string{}, timers: map[uint64]int64{}, runs: map[uint64][]byte{},
	}
}

func (s *script) Known(text string) (uint32, bool) {
	for id, p := range s.payloads {
		if p == text {
			return id, true
		}
	}
	return 0, false
}

func (s *script) Put(text string) uint32 {
	id, known := s.Known(text)
	if !known {
		id = uint32(len(s.payloads) + 1)
		s.payloads[id] = text
	}
	return id
}

func (s *script) Get(id uint32) (string, error) { return s.payloads[id], nil }

var scriptIdentity = Identity{
	ARN: "arn:aws:states:us-east-1:000000000000:execution:M:e", Name: "e", RoleARN: "arn:aws:iam::000000000000:role/r",
	MachineARN: "arn:aws:states:us-east-1:000000000000:stateMachine:M", MachineName: "M", Region: "us-east-1",
	StartedAt: time.UnixMilli(1_700_000_000_000).UTC(),
}

// scriptHost knows every activity but the one called gone.
var scriptHost = Host{
	Token:       func(seq uint64) string { return fmt.Sprintf("token-%d", seq) },
	HasActivity: func(arn string) bool { return !strings.HasSuffix(arn, ":activity:gone") },
}

func (s *script) verb(line string) string {
	word, rest, _ := strings.Cut(line, " ")
	ev := Event{At: s.now}
	switch word {
	case "start":
		s.reset()
		s.x = NewExec(scriptIdentity, scriptHost, s.m, s.parse(rest), 1)
		ev.Kind = Started
	case "at", "skip":
		d, err := time.ParseDuration(strings.TrimPrefix(rest, "+"))
		if err != nil {
			s.t.Fatal(err)
		}
		s.now = s.now.Add(d)
		if word == "skip" {
			return ""
		}
		return s.fire()
	case "stop":
		ev.Kind = Stopped
		ev.Error, ev.Cause = words(rest)
	case "redrive":
		s.redrives++
		s.load()
		ev.Kind = Redriven
	case "children":
		return s.children(rest)
	default:
		return s.taskVerb(word, rest, ev)
	}
	return s.step(ev)
}

// children prints what a Map Run makes of the items, with what its row says of it.
func (s *script) children(state string) string {
	run, err := LoadMapRun(scriptIdentity, scriptHost, s.m, s.runs[s.seq(state)], s)
	if err != nil {
		s.t.Fatal(err)
	}
	var out strings.Builder
	for i := range run.Len() {
		input, fail, err := run.Child(run.Item(i))
		switch {
		case err != nil:
			s.t.Fatal(err)
		case fail != nil:
			fmt.Fprintf(&out, "  child %d fails fatal=%v%s%s\n", i, fail.Fatal, optional(" error=", fail.Error), optional(" cause=", fail.Cause))
		default:
			fmt.Fprintf(&out, "  child %d %s\n", i, short(input.Text()))
		}
	}
	return out.String()
}

func (s *script) taskVerb(word, rest string, ev Event) string {
	state, rest, _ := strings.Cut(rest, " ")
	ev.Seq = s.seq(state)
	switch word {
	case "succeed":
		ev.Kind, ev.Output = TaskSucceeded, s.parse(rest)
	case "fail", "fail-start", "fail-submit", "fail-schedule":
		ev.Kind, ev.Phase = TaskFailed, map[string]Phase{"fail-start": Start, "fail-submit": Submit, "fail-schedule": Schedule}[word]
		ev.Error, ev.Cause = words(rest)
	case "succeed-run":
		ev.Kind, ev.Output = MapRunSucceeded, s.parse(rest)
	case "fail-run", "fail-run-fatally":
		ev.Kind, ev.Fatal = MapRunFailed, word == "fail-run-fatally"
		ev.Error, ev.Cause = words(rest)
	case "fail-execution":
		ev.Kind, ev.Fatal = TaskFailed, true
		ev.Error, ev.Cause = words(rest)
	case "submit":
		ev.Kind, ev.Output, ev.Handle = TaskSubmitted, s.parse(rest), "handle"
	case "pick":
		ev.Kind, ev.Worker = TaskPickedUp, rest
	case "beat":
		ev.Kind = TaskHeartbeat
	default:
		s.t.Fatalf("no verb %q", word)
	}
	return s.step(ev)
}

// words reads an error and a cause; "-" and nothing stand for none.
func words(text string) (first, second *string) {
	a, b, _ := strings.Cut(text, " ")
	for _, p := range []struct {
		word string
		into **string
	}{{a, &first}, {b, &second}} {
		if p.word != "" && p.word != "-" {
			*p.into = &p.word
		}
	}
	return first, second
}

func (s *script) parse(text string) value.Value {
	v, err := value.Parse(text)
	if err != nil {
		s.t.Fatalf("%s: %v", text, err)
	}
	return v
}

// openWaits returns the waits for tasks and Map Runs, the oldest first.
func openWaits(x *Exec) []uint64 {
	var seqs []uint64
	for seq, t := range x.waits {
		if t.wait.kind == waitTask || t.wait.kind == waitRun {
			seqs = append(seqs, seq)
		}
	}
	slices.Sort(seqs)
	return seqs
}

// seq finds the wait of STATE or STATE#N.
func (s *script) seq(name string) uint64 {
	name, nth, numbered := strings.Cut(name, "#")
	n := 1
	if numbered {
		n, _ = strconv.Atoi(nth)
	}
	var seqs []uint64
	for _, seq := range openWaits(s.x) {
		if strings.ReplaceAll(s.x.waits[seq].state.Name, " ", "_") == name {
			seqs = append(seqs, seq)
		}
	}
	if n > len(seqs) {
		return 0 // an event that answers nothing
	}
	return seqs[n-1]
}

// fire delivers the timers that are due, in order, one step each.
func (s *script) fire() string {
	var out strings.Builder
	for {
		due, first := int64(0), uint64(0)
		for seq, at := range s.timers {
			if at <= s.now.UnixMilli() && (first == 0 || at < due || at == due && seq < first) {
				due, first = at, seq
			}
		}
		if first == 0 {
			return out.String()
		}
		delete(s.timers, first)
		out.WriteString(s.step(Event{Kind: TimerFired, Seq: first, At: s.now}))
	}
}

func (s *script) step(ev Event) string {
	var out strings.Builder
	for {
		d := s.x.Step(ev)
		s.check(&d)
		s.print(&out, &d)
		s.keep(&d)
		if d.End != nil {
			clear(s.timers)
			return out.String()
		}
		if s.x.Status() == Running && !s.whole {
			s.reload()
		}
		if !d.More {
			return out.String()
		}
		ev = Event{Kind: Continue, At: s.now}
	}
}

// check holds a decision against what every one must keep to.
func (s *script) check(d *Decision) {
	for _, ev := range d.History {
		n := len(s.events)
		if ev.ID != int64(n+1) {
			s.t.Errorf("event has id %d, want %d", ev.ID, n+1)
		}
		if ev.Previous >= ev.ID {
			s.t.Errorf("event %d follows from %d", ev.ID, ev.Previous)
		}
		if n > 0 && isTerminal(s.events[n-1].Type) && ev.Type != history.ExecutionRedriven {
			s.t.Errorf("event %d is after the end", ev.ID)
		}
		s.events = append(s.events, ev)
	}
}

func (s *script) keep(d *Decision) {
	for _, t := range d.Disarm {
		delete(s.timers, t.Seq)
	}
	for _, t := range d.Arm {
		s.timers[t.Seq] = t.Due
	}
	for _, t := range d.Dirty {
		s.rows[t.ID()] = t.AppendRow(nil, s)
	}
	for _, id := range d.Removed {
		delete(s.rows, id)
	}
	for _, r := range d.MapRuns {
		if r.Run != nil {
			s.runs[r.Seq] = r.Run.AppendRow(nil, s)
		}
	}
	if s.x.Status() != Succeeded {
		s.rows[0] = s.x.AppendHeader(nil, s)
	}
}

// reload goes on with what the rows hold, which must be what the memory held.
func (s *script) reload() {
	was := s.x
	s.load()
	if got, want := len(s.x.threads), len(was.threads); got != want {
		s.t.Errorf("%d threads were read back, there were %d", got, want)
	}
	if got, want := s.x.totals(), was.totals(); got != want {
		s.t.Errorf("after reading the totals are %+v, before they were %+v", got, want)
	}
	for id, t := range was.threads {
		if again := s.x.threads[id]; again == nil || string(again.AppendRow(nil, s)) != string(t.AppendRow(nil, s)) {
			s.t.Errorf("thread %d is not what it was before", id)
		}
	}
}

// totals are the sums that an execution keeps up to date.
type totals struct{ held, vars, results, due, waits, pending, paused int }

func (x *Exec) totals() totals {
	t := totals{held: x.held, vars: x.vars, due: len(x.due), waits: len(x.waits), pending: len(x.turns.pending), paused: len(x.turns.paused)}
	for _, thread := range x.threads {
		if thread.join != nil {
			t.results += thread.join.bytes
		}
	}
	return t
}

func (s *script) identity() Identity {
	id := scriptIdentity
	if id.Redrives = s.redrives; s.redrives > 0 {
		id.Redriven = s.now
	}
	return id
}

// load reads the memory from the rows.
func (s *script) load() {
	var rows []Row
	for id, data := range s.rows {
		rows = append(rows, Row{id, data})
	}
	var err error
	if s.x, err = Load(s.identity(), scriptHost, s.m, rows, s); err != nil {
		s.t.Fatalf("reading the memory back: %v", err)
	}
}

func (s *script) print(out *strings.Builder, d *Decision) {
	for i := range d.History {
		fmt.Fprintf(out, "  %s%s\n", eventLine(&d.History[i]), s.ago(d.History[i].At))
	}
	for _, r := range d.Run {
		fmt.Fprintf(out, "  run %d %s %s%s", r.Seq, r.Resource.ARN, short(r.Input.Text()), s.until(r.Deadline))
		if r.Role != "" {
			fmt.Fprintf(out, " as %s", r.Role)
		}
		out.WriteString("\n")
	}
	for _, m := range d.MapRuns {
		if m.Redrive != "" {
			fmt.Fprintf(out, "  redrive run %d %s\n", m.Seq, m.Redrive)
			continue
		}
		s.printRun(out, m)
	}
	for _, c := range d.Cancel {
		fmt.Fprintf(out, "  cancel %d %s\n", c.Seq, c.Handle)
	}
	for _, a := range d.Disarm {
		fmt.Fprintf(out, "  disarm %d\n", a.Seq)
	}
	for _, a := range d.Arm {
		fmt.Fprintf(out, "  arm %d%s\n", a.Seq, s.until(a.Due))
	}
	if f := d.End; f != nil {
		fmt.Fprintf(out, "  end %s %s%s%s\n", [...]string{"", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}[f.Status],
			short(f.Output.Text()), optional(" error=", f.Error), optional(" cause=", f.Cause))
	}
	if d.Empty() && !d.More {
		out.WriteString("  nothing\n")
	}
}

func (s *script) printRun(out *strings.Builder, m StartMapRun) {
	r := m.Run
	fmt.Fprintf(out, "  map run %d %s concurrency=%d tolerated=%d percentage=%g", m.Seq, r.ARN, r.Concurrency, r.Tolerated, r.Percentage)
	for _, part := range []struct {
		name string
		v    value.Value
	}{{"items", r.Items}, {"reader", r.Reader}, {"batcher", r.Batcher}, {"writer", r.Writer}} {
		if part.v.Exists() {
			fmt.Fprintf(out, " %s=%s", part.name, short(part.v.Compact()))
		}
	}
	out.WriteString("\n")
}

func (s *script) until(ms int64) string {
	if ms == 0 {
		return ""
	}
	return " +" + time.UnixMilli(ms).Sub(s.now).String()
}

// ago prints how long an event lies back; nothing when it is of now.
func (s *script) ago(ms int64) string {
	if ms == s.now.UnixMilli() {
		return ""
	}
	return " " + s.now.Sub(time.UnixMilli(ms)).String() + " ago"
}

func optional(label string, text *string) string {
	if text == nil {
		return ""
	}
	return label + *text
}

// short leaves out the middle of a long text.
func short(text string) string {
	if len(text) <= 500 {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:20], len(text))
}

// eventLine prints an event: id<previous, type, and what its type has.
func eventLine(ev *history.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d<%d %s", ev.ID, ev.Previous, ev.Type)
	if ev.Name != "" {
		fmt.Fprintf(&b, " %s", ev.Name)
	}
	switch ev.Type {
	case history.ExecutionRedriven, history.MapRunRedriven:
		fmt.Fprintf(&b, " count=%d", ev.RedriveCount)
	case history.MapStateStarted:
		fmt.Fprintf(&b, " length=%d", ev.Length)
	case history.MapIterationStarted, history.MapIterationSucceeded, history.MapIterationFailed, history.MapIterationAborted:
		fmt.Fprintf(&b, " index=%d", ev.Index)
	}
	if ev.Data != "" {
		fmt.Fprintf(&b, " %s", short(ev.Data))
	}
	for _, a := range ev.Assigned {
		fmt.Fprintf(&b, " $%s=%s", a.Key, short(a.Value.Compact()))
	}
	if ev.Timeout != 0 {
		fmt.Fprintf(&b, " timeout=%d", ev.Timeout)
	}
	if ev.Heartbeat != 0 {
		fmt.Fprintf(&b, " heartbeat=%d", ev.Heartbeat)
	}
	if ev.Location != "" {
		fmt.Fprintf(&b, " at=%s", ev.Location)
	}
	b.WriteString(optional(" error=", ev.Error))
	b.WriteString(optional(" cause=", ev.Cause))
	return b.String()
}

// reset forgets an execution that came before.
func (s *script) reset() {
	clear(s.rows)
	clear(s.payloads)
	clear(s.timers)
	clear(s.runs)
	s.events, s.redrives = nil, 0
}
