package interp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/statelark/statelark/value"
)

// TestNumericPaths: the Path of every numeric field may lead to a number or to a text of digits, in the input or in a
// variable. Anything else is told as it is.
func TestNumericPaths(t *testing.T) {
	const mapOf = `"Type":"Map","ItemsPath":"$.items","ItemProcessor":{"ProcessorConfig":{"Mode":%q%s},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`
	inline, distributed := fmt.Sprintf(mapOf, "INLINE", ""), fmt.Sprintf(mapOf, "DISTRIBUTED", `,"ExecutionType":"STANDARD"`)
	task := strings.TrimSuffix(goldenTask, ",")
	fields := []struct{ name, state string }{
		{"MaxConcurrencyPath", inline},
		{"MaxConcurrencyPath", distributed},
		{"ToleratedFailureCountPath", distributed},
		{"ToleratedFailurePercentagePath", distributed},
		{"TimeoutSecondsPath", task},
		{"HeartbeatSecondsPath", task},
		{"SecondsPath", `"Type":"Wait"`},
	}
	for _, f := range fields {
		for _, path := range []string{"$.n", "$n"} {
			definition := fmt.Sprintf(`{"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"n.$":"$.n"},"Next":"S"},"S":{%s,%q:%q,"End":true}}}`, f.state, f.name, path)
			m := parsed(t, definition)
			run := func(n string) string {
				input, err := value.Parse(`{"items":[1,2],"n":` + n + `}`)
				if err != nil {
					t.Fatal(err)
				}
				x := NewExec(scriptIdentity, scriptHost, m, input, 1)
				d := x.Step(Event{Kind: Started, At: time.UnixMilli(1)})
				for d.More {
					d = x.Step(Event{Kind: Continue, At: time.UnixMilli(1)})
				}
				if d.End != nil && d.End.Cause != nil {
					return *d.End.Cause
				}
				return ""
			}
			for _, good := range []string{`7`, `"7"`, `"+7"`, `"007"`} {
				if cause := run(good); cause != "" {
					t.Errorf("%s of %s: %s", f.name, good, cause)
				}
			}
			bad := []string{`""`, `" 7"`, `"7 "`, `"seven"`, `"0x7"`, `"7_0"`, `"NaN"`, `true`, `null`, `[7]`, `{"n":7}`}
			if f.name != "ToleratedFailurePercentagePath" {
				bad = append(bad, `"7.5"`, `7.5`, `"7e1"`, `"99999999999999999999"`)
			}
			for _, n := range bad {
				text := strings.Trim(n, `"`)
				if cause := run(n); !strings.Contains(cause, `"`+text+`" which is not a valid`) && !strings.HasSuffix(cause, "cannot be parsed as a long value: "+path+" == "+text) {
					t.Errorf("%s of %s: %q", f.name, n, cause)
				}
			}
		}
	}
}
