package interp

import (
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// FuzzStep runs a random machine through random events; see TestLives.
func FuzzStep(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { oneLife(t, seed) })
}

// fuzzMachine has a place for every kind of thread.
const fuzzMachine = `{"TimeoutSeconds":60,"StartAt":"P","States":{"P":{"Type":"Parallel","Retry":[{"ErrorEquals":["States.ALL"]}],"Branches":[
	{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","ItemProcessor":{"StartAt":"T","States":{
		"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a","HeartbeatSeconds":5,"TimeoutSeconds":9,"Retry":[{"ErrorEquals":["E"]}],"End":true}}},"End":true}}},
	{"StartAt":"D","States":{"D":{"Type":"Map","ItemsPath":"$.items","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
		"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3,"Next":"X"},"X":{"Type":"Pass","End":true}}},"End":true}}}],"End":true}}}`

// noPayloads is what is left when the blobs are gone.
type noPayloads struct{}

func (noPayloads) Put(string) uint32 { return 1 }

func (noPayloads) Known(string) (uint32, bool) { return 1, true }

func (noPayloads) Get(uint32) (string, error) { return "", errors.New("no such payload") }

// joinRows writes rows one after the other, each with its thread's number and its length; splitRows reads them.
func joinRows(rows map[uint32][]byte) []byte {
	var data []byte
	for id := range uint32(200) {
		if row, ok := rows[id]; ok {
			data = binary.AppendUvarint(append(data, byte(id)), uint64(len(row)))
			data = append(data, row...)
		}
	}
	return data
}

func splitRows(data []byte) []Row {
	var rows []Row
	for len(data) > 1 {
		id := uint32(data[0])
		n, size := binary.Uvarint(data[1:])
		if size <= 0 {
			break
		}
		data = data[1+size:]
		n = min(n, uint64(len(data)))
		rows = append(rows, Row{id, slices.Clone(data[:n])})
		data = data[n:]
	}
	return rows
}

// hasJSON reports whether all texts that were read are JSON, which Load takes for granted.
func hasJSON(x *Exec) bool {
	all := []value.Value{x.input}
	for _, t := range x.threads {
		all = append(all, t.input)
		for _, v := range t.vars {
			all = append(all, v.Value)
		}
		if t.join != nil {
			all = append(all, t.join.items, t.join.args)
		}
	}
	return !slices.ContainsFunc(all, func(v value.Value) bool {
		_, err := value.Parse(v.Text())
		return v.Exists() && err != nil
	})
}

// FuzzLoadMapRun reads rows of Map Runs that nobody wrote.
func FuzzLoadMapRun(f *testing.F) {
	m, found := asl.Parse(fuzzMachine, asl.Options{})
	if m == nil {
		f.Fatal(asl.Message(found))
	}
	var state *asl.State
	for s := range m.All() {
		if s.Map != nil && s.Map.Distributed {
			state = s
		}
	}
	x := NewExec(scriptIdentity, scriptHost, m, value.Checked(`{"items":[1]}`), 1)
	run := &MapRun{ARN: "a", Label: "l", State: state, Items: value.Checked(`{"k":[1]}`), Tolerated: -1, x: x, in: x.input,
		t: &Thread{input: x.input, state: state, vars: []value.Member{{Key: "v", Value: value.True}}}}
	f.Add(run.AppendRow(nil, noPayloads{}))
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := LoadMapRun(scriptIdentity, scriptHost, m, data, noPayloads{})
		if err != nil {
			return
		}
		for _, v := range []value.Value{run.x.input, run.t.input, run.in} {
			if _, err := value.Parse(v.Text()); err != nil {
				return
			}
		}
		for i := range min(run.Len(), 3) {
			if _, _, err := run.Child(run.Item(i)); err != nil {
				t.Error(err)
			}
		}
	})
}

// FuzzLoad reads rows that nobody wrote: they are refused, or they give an execution that can be stepped without a
// panic. Either way they cost little.
func FuzzLoad(f *testing.F) {
	m, found := asl.Parse(fuzzMachine, asl.Options{})
	if m == nil {
		f.Fatal(asl.Message(found))
	}
	seeds := newScript(nil, m)
	seeds.x = NewExec(scriptIdentity, scriptHost, m, value.Checked(`{"items":[1,{"a":2},"3"]}`), 1)
	for _, ev := range []Event{{Kind: Started}, {Kind: TaskPickedUp, Seq: 2}, {Kind: TaskFailed, Seq: 3, Error: &errTimeout}, {Kind: TimerFired, Seq: 5}} {
		seeds.now = seeds.now.Add(time.Second)
		ev.At = seeds.now
		d := seeds.x.Step(ev)
		seeds.keep(&d)
		f.Add(joinRows(seeds.rows))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		x, err := Load(scriptIdentity, scriptHost, m, splitRows(data), noPayloads{})
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20+uint64(100*len(data)) {
			t.Errorf("%d bytes were allocated for %d", spent, len(data))
		}
		if err != nil || !hasJSON(x) {
			return
		}
		at := time.UnixMilli(1_700_000_100_000)
		for seq := range uint64(12) {
			x.Step(Event{Kind: TaskSucceeded, Seq: seq, At: at, Output: value.True})
			x.Step(Event{Kind: TimerFired, Seq: seq, At: at})
		}
		x.Step(Event{Kind: Continue, At: at})
		x.Step(Event{Kind: Stopped, At: at})
	})
}

// FuzzTestedState tests any state with any input, context object and mock: it comes to an end, or is refused.
func FuzzTestedState(f *testing.F) {
	for _, state := range []string{
		`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName.$":"$$.Execution.Name"},"Retry":[{"ErrorEquals":["E"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"N"}],"End":true}`,
		`{"Type":"Map","ItemSelector":{"v.$":"$$.Map.Item.Value"},"MaxConcurrencyPath":"$[0]","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"ResultPath":"$.r","End":true}`,
		`{"QueryLanguage":"JSONata","Type":"Parallel","Arguments":"{% $v %}","Branches":[{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}],"Output":"{% $states %}","Assign":{"w":"{% $states.context %}"},"End":true}`,
		`{"Type":"Wait","SecondsPath":"$.n","Next":"N"}`, `{"Type":"Fail","CausePath":"$$.State.Name"}`,
	} {
		f.Add(state, `[1]`, `{"State":{"Name":1}}`, `[{"a":1}]`, 1)
		f.Add(state, `{"n":3}`, ``, `E`, 2)
	}
	f.Fuzz(func(t *testing.T, state, input, context, mock string, retries int) {
		m, _ := asl.ParseTested(state, "")
		in, err := value.Parse(input)
		if m == nil || err != nil {
			return
		}
		spec := Test{Mock: &Mock{Error: &mock}, Retries: max(retries, 0), Failed: max(retries, 0), Variables: []value.Member{{Key: "v", Value: in}}}
		if v, err := value.Parse(mock); err == nil {
			spec.Mock = &Mock{Result: v}
		}
		if v, err := value.Parse(context); err == nil {
			spec.Context = v
		}
		oneTest(t, m.Machine, in.Text(), spec, Event{}, 1)
	})
}
