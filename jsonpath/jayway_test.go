package jsonpath

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// jaywayFloor is the least share of the cases that must come out as in Jayway 2.0.0, in percent.
const jaywayFloor = 95.0

// jaywayDifferences are the cases in which this package differs from Jayway 2.0.0, and why.
var jaywayDifferences = map[string]string{
	"bracket_notation_with_number_-1": "AWS counts a negative index from the end",
	"aws_neg":                         "AWS counts a negative index from the end",
	"aws_union_oob":                   "on AWS an element that is not there is null ($.rows[*][0] of an empty row, $.items[5])",
	"array_slice_with_negative_start_and_positive_end_and_range_of_-1": "on AWS a path with a slice that finds nothing gives []",
	"array_slice_with_negative_start_and_positive_end_and_range_of_0":  "on AWS a path with a slice that finds nothing gives []",
	"dot_notation_after_bracket_notation_after_recursive_descent":      "AWS skips missing members of a path with several matches (measured for wildcards)",
	"aws_filter_name":                   "AWS skips missing members of a path with several matches (measured for wildcards)",
	"dot_notation_without_root":         "on AWS a path starts with '$'",
	"dot_notation_without_root_and_dot": "on AWS a path starts with '$'",
	"dot_notation_with_single_quotes":   "Jayway reads .'key' as two empty names; here quotes have no meaning after a dot, as .\"key\" shows",
	"union_with_wildcard_and_number":    "Jayway drops the wildcard of [*,1]; here the path is refused",
}

// TestJayway compares with the recorded answers of Jayway 2.0.0. Every error counts as the same answer: for a
// path that it did not accept, for one that led nowhere, and for one that it could not apply.
func TestJayway(t *testing.T) {
	data, err := os.ReadFile(shared(t, "jsonpath", "jayway.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	total, same := 0, 0
	unseen := make(map[string]bool)
	for id := range jaywayDifferences {
		unseen[id] = true
	}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var c struct {
			ID, Path, Document string
			Jayway             struct{ Result *string } `json:"jayway_2_0_0"`
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		total++
		want := "error"
		if c.Jayway.Result != nil {
			want = *c.Jayway.Result
		}
		got := jaywayAnswer(t, c.Path, c.Document)
		reason, known := jaywayDifferences[c.ID]
		delete(unseen, c.ID)
		switch {
		case sameAnswer(t, got, want):
			same++
			if known {
				t.Errorf("%s: %s agrees with Jayway, but is listed as a difference: %s", c.ID, c.Path, reason)
			}
		case !known:
			t.Errorf("%s: %s on %s\n got %s\nwant %s", c.ID, c.Path, c.Document, got, want)
		}
	}
	for id := range unseen {
		t.Errorf("%s is listed as a difference and is not among the cases", id)
	}
	rate := 100 * float64(same) / float64(total)
	t.Logf("%d of %d cases as in Jayway 2.0.0 (%.1f %%), %d explained differences", same, total, rate, len(jaywayDifferences))
	if rate < jaywayFloor {
		t.Errorf("%.1f %% of the cases are as in Jayway, want at least %.1f %%", rate, jaywayFloor)
	}
}

func jaywayAnswer(t *testing.T, path, document string) string {
	t.Helper()
	doc, err := value.Parse(document)
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	p, err := Parse(path)
	if err != nil {
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: the error is a %T", path, err)
		}
		return "error"
	}
	v, err := p.Eval(&Env{Input: doc})
	if err != nil {
		var miss *NotFoundError
		if !errors.As(err, &miss) {
			t.Errorf("%s: the error is a %T", path, err)
		}
		return "error"
	}
	return v.Compact()
}

func sameAnswer(t *testing.T, got, want string) bool {
	t.Helper()
	if got == "error" || want == "error" {
		return got == want
	}
	a, err := value.Parse(got)
	if err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	b, err := value.Parse(want)
	if err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	return value.Equal(a, b)
}
