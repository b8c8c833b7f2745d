package limits

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestPresets(t *testing.T) {
	aws, free := AWS(), Free()
	if aws.PayloadBytes != 262_144 || aws.Events != 25_000 || aws.ExpressTime != 5*time.Minute || aws.Rates != nil {
		t.Errorf("AWS's limits are %+v", aws)
	}
	if free.PayloadBytes != 32<<20 || free.Events.Exceeded(1<<40) || free.OpenExecutions.Reached(1<<40) {
		t.Errorf("free's limits are %+v", free)
	}
	names := map[string]bool{}
	for _, x := range Table() {
		if names[x.Name] || x.Of == "" || x.Error == "" {
			t.Errorf("the limit %s is there twice, or says nothing of itself", x.Name)
		}
		names[x.Name] = true
		if x.AWS < x.Least || x.Most > 0 && (x.AWS > x.Most || x.Free > x.Most) {
			t.Errorf("the limit %s is outside of its own bounds", x.Name)
		}
		for _, l := range []Limits{aws, free} {
			again := AWS()
			if err := again.Set(x.Name, x.Value(&l)); err != nil || x.Value(&again) != x.Value(&l) {
				t.Errorf("%s is read as %s (%v)", x.Value(&l), x.Value(&again), err)
			}
		}
	}
	if left := free.Differing(Free()); left != nil {
		t.Errorf("free differs from itself in %v", left)
	}
}

func TestSet(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"payload-bytes", "1MiB", "1MiB"},
		{"payload-bytes", "1000000", "1MB"},
		{"payload-bytes", "300001", "300001"},
		{"events", "100_000", "100000"},
		{"events", "none", "none"},
		{"express-time", "90m", "1h30m"},
		{"express-time", "60m", "1h"},
		{"express-time", "90s", "1m30s"},
		{"retention", "30d", "30d"},
		{"retention", "none", "none"},
	} {
		l := AWS()
		if err := l.Set(test.name, test.text); err != nil {
			t.Errorf("%s=%s: %v", test.name, test.text, err)
			continue
		}
		if got := l.Differing(AWS()); len(got) != 1 || got[0] != test.name+"="+test.want {
			t.Errorf("%s=%s is shown as %v", test.name, test.text, got)
		}
	}
	for _, test := range []struct{ name, text, says string }{
		{"payload", "1", `there is no limit "payload"; the limits are request-bytes, `},
		{"payload-bytes", "none", "1KiB at least and 1GB at most"},
		{"payload-bytes", "-1", "a size such as"},
		{"payload-bytes", "10 furlongs", "a size such as"},
		{"payload-bytes", "9999999999GB", "a size such as"},
		{"events", "3000000000", "2147483647 at most, or none"},
		{"express-time", "5", "a time such as"},
		{"rates", "some", "aws or none"},
		{"rate.Nothing", "1/1", `no operation "Nothing"`},
		{"rate.StartExecution", "1300", "SIZE/REFILL"},
		{"rate.StartExecution", "NaN/1", "SIZE/REFILL"},
	} {
		l := AWS()
		if err := l.Set(test.name, test.text); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s=%s: %v, want %q", test.name, test.text, err, test.says)
		}
		if left := l.Differing(AWS()); left != nil {
			t.Errorf("%s=%s changed %v", test.name, test.text, left)
		}
	}
}

func TestRates(t *testing.T) {
	l := AWS()
	if err := l.Set("rates", "aws"); err != nil || l.Rates["StartExecution"] != (Rate{1300, 300}) {
		t.Fatalf("the rates are %v (%v)", l.Rates, err)
	}
	if err := l.Set("rate.StartExecution", "5/0.5"); err != nil || l.Rates["StartExecution"] != (Rate{5, 0.5}) || AWSRates["StartExecution"] != (Rate{1300, 300}) {
		t.Fatalf("the rates are %v (%v)", l.Rates, err)
	}
	if err := l.Set("rate.StartExecution", "none"); err != nil {
		t.Fatal(err)
	}
	if _, ok := l.Rates["StartExecution"]; ok {
		t.Error("the rate is still there")
	}
}

// TestDocumented holds the table of the documentation to that of the code.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	aws, free := AWS(), Free()
	for _, x := range Table() {
		row := fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", x.Name, x.Of, x.Value(&aws), x.Value(&free), x.Error)
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/limits.md has no line %s", row)
		}
	}
}
