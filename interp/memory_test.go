package interp

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/value"
)

// fields is a JSON object of n fields with the same value.
func fields(n int, suffix, text string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"f%d%s":%q`, i, suffix, text)
	}
	return "{" + strings.Join(all, ",") + "}"
}

// zeros is the object whose member l is an array of n numbers.
func zeros(n int) value.Value {
	return value.Checked(`{"l":[` + strings.Repeat("0,", n-1) + `0]}`)
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestMemoryOfAState: what the fields of a state make is refused before it is together.
func TestMemoryOfAState(t *testing.T) {
	const inner = `{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}`
	partitions := fields(1000, ".$", "States.ArrayPartition($.l,1)")
	whole := fields(4, ".$", "$.l")
	nested := `States.Array(` + strings.Repeat("States.ArrayPartition($.l,1),", 200) + `1)`
	for name, c := range map[string]struct{ language, state string }{
		"Parameters":          {"JSONPath", `"Type":"Pass","Parameters":` + partitions},
		"an inner object":     {"JSONPath", `"Type":"Pass","Parameters":{"a":[` + partitions + `]}`},
		"Assign":              {"JSONPath", `"Type":"Pass","Assign":` + partitions},
		"one expression":      {"JSONPath", `"Type":"Pass","Parameters":{"a.$":"` + nested + `"}`},
		"a path":              {"JSONPath", `"Type":"Pass","InputPath":"$..*..*..*..*"`},
		"ItemSelector":        {"JSONPath", `"Type":"Map","ItemsPath":"$.l","ItemSelector":` + partitions + `,"ItemProcessor":` + inner},
		"a large item":        {"JSONPath", `"Type":"Map","ItemsPath":"$.l","ItemSelector":` + whole + `,"ItemProcessor":` + inner},
		"input of branches":   {"JSONPath", `"Type":"Parallel","Parameters":` + whole + `,"Branches":[` + inner + `]`},
		"input of a Task":     {"JSONPath", goldenTask + `,"Parameters":` + partitions},
		"Output":              {"JSONata", `"Type":"Pass","Output":` + fields(1000, "", "{% [1..100000] %}")},
		"Output, one in each": {"JSONata", `"Type":"Pass","Output":` + fields(1000, "", "{% $states.input.l %}")},
	} {
		t.Run(name, func(t *testing.T) {
			m, found := asl.Parse(`{"QueryLanguage":"`+c.language+`","StartAt":"A","States":{"A":{`+c.state+`,"End":true}}}`, asl.Options{})
			if m == nil {
				t.Fatal(asl.Message(found))
			}
			input := zeros(50_000)
			if name == "a path" {
				input = value.Checked(`{"l":[` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + strings.Repeat(",[[[[]]]]", 5000) + `]}`)
			}
			x := NewExec(scriptIdentity, scriptHost, m, input, 1)
			var d Decision
			bytes := allocated(func() {
				d = x.Step(Event{Kind: Started, At: time.UnixMilli(1)})
				for d.More {
					d = x.Step(Event{Kind: Continue, At: time.UnixMilli(1)})
				}
			})
			if d.End == nil || d.End.Error == nil || *d.End.Error != "States.DataLimitExceeded" {
				t.Errorf("it ended with %+v", d.End)
			}
			if bytes > 200<<20 {
				t.Errorf("%d MB were allocated", bytes>>20)
			}
		})
	}
}

// TestMadeAndReduced: what is made and not kept may be many times a payload.
func TestMadeAndReduced(t *testing.T) {
	m, found := asl.Parse(`{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":`+fields(50, ".$", "$.l")+`,"OutputPath":"$.f7[0]","End":true}}}`, asl.Options{})
	if m == nil {
		t.Fatal(asl.Message(found))
	}
	x := NewExec(scriptIdentity, scriptHost, m, zeros(100_000), 1)
	if d := x.Step(Event{Kind: Started, At: time.UnixMilli(1)}); d.End == nil || d.End.Output.Text() != "0" {
		t.Errorf("it ended with %+v", d.End)
	}
}
