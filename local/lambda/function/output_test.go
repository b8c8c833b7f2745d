package function

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestOutput has what functions print told with Lambda's own lines about it, in order.
func TestOutput(t *testing.T) {
	var mu sync.Mutex
	var lines []Line
	o := Options{Output: func(l Line) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, l)
	}}
	told := func() string {
		mu.Lock()
		defer mu.Unlock()
		var all strings.Builder
		for _, l := range lines {
			if l.Group != "/aws/lambda/f" || l.Place != home {
				t.Errorf("a line is of %s in %v", l.Group, l.Place)
			}
			if !regexp.MustCompile(`^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`).MatchString(l.Stream) || l.Stream != lines[0].Stream {
				t.Errorf("a line is in the stream %s", l.Stream)
			}
			all.WriteString(l.Text)
		}
		lines = nil
		return all.String()
	}
	c := open(t, o)
	python(t, c, "def handler(event, context):\n  print('a')\n  print(len(context.log_stream_name))\n")
	invoke(t, c, `{}`)
	want := regexp.MustCompile(`^START RequestId: req-1 Version: \$LATEST\na\n52\nEND RequestId: req-1\nREPORT RequestId: req-1\tDuration: [0-9.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\n$`)
	for range 2 {
		if got := told(); !want.MatchString(got) {
			t.Errorf("told was\n%s", got)
		}
		invoke(t, c, `{}`)
	}
	d := open(t, o)
	told()
	if err := d.Declare(Function{Name: "f", Timeout: time.Second, Code: Code{Command: []string{"sh", "-c", "echo hm >&2; exec sleep 60"}}}); err != nil {
		t.Fatal(err)
	}
	invoke(t, d, `{}`)
	if got := told(); !strings.Contains(got, "hm\nRequestId: req-1 Error: Task timed out after 1.00 seconds\nEND") {
		t.Errorf("told was\n%s", got)
	}
}
