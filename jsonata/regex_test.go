package jsonata

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dlclark/regexp2/v2"
	"pgregory.net/rapid"
)

// TestRegexLikeRegexp2 compares the matches of expressions that are made up with those of regexp2, from whose trees of
// the same expressions our programs are made.
func TestRegexLikeRegexp2(t *testing.T) {
	for _, c := range []struct{ source, text string }{
		{`(a*)*`, "b"}, {`(a*)+`, "b"}, {`(z)((a+)?(b+)?(c))*`, "zaacbbbcac"}, {`(?=(a+))a*b\1`, "baaabac"}, {`(.*?)a(?!(a+)b\2c)\2(.*)`, "baaabaac"},
		{`(?<=(\d+)(\d+))$`, "1053"}, {`(?<=\1(\w))d`, "ccd"}, {`(a)|b\1`, "b"}, {`(?:(a)|b)*`, "ab"}, {`\b\w+\b`, "über ähm x"}, {`^\s*$`, " \u2028\t"},
		{`(?i:straße|ß|ſ)`, "STRASSE ẞ s"}, {`[^]`, "\n"}, {`[]|x`, "x"}, {`(?<year>\d{4})-(?<m>\d\d)`, "on 2024-05-06"}, {`\k<a>(?<a>x)`, "xx"},
		{`(?:a{2,3}?){2}`, "aaaaaaa"}, {`((a)|(b)){2,}?c`, "abac"}, {`(?:)*x`, "x"}, {`(|a)+b`, "aab"}, {`(?:|a)+?b`, "aab"}, {`\ud83d`, "😀"}, {`.`, "😀"},
	} {
		compareRegex(t, c.source, "", c.text)
		compareRegex(t, c.source, "im", c.text)
	}
	rapid.Check(t, func(t *rapid.T) {
		source := regexSource(t, 4)
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "A", "1", " ", "\n", "_", "é", "ß", "K", "😀"}), 0, 12).Draw(t, "text"), "")
		compareRegex(t, source, rapid.SampledFrom([]string{"", "i", "m", "im"}).Draw(t, "flags"), text)
	})
}

// regexSource makes up an expression.
func regexSource(t *rapid.T, depth int) string {
	atoms := []string{"a", "b", "A", "1", ".", `\d`, `\w`, `\W`, `\s`, "[ab]", "[^a]", "[^1b]", "é", "k", "^", "$", `\b`, `\B`, `\1`, `\2`, "ab", ""}
	if depth == 0 {
		return rapid.SampledFrom(atoms).Draw(t, "atom")
	}
	part := func() string { return regexSource(t, depth-1) }
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0, 1, 2:
		return part() + part()
	case 3:
		return "(?:" + part() + "|" + part() + ")"
	case 4, 5:
		return "(" + part() + ")"
	case 6, 7:
		quantifier := rapid.SampledFrom([]string{"*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}"}).Draw(t, "quantifier")
		return "(?:" + part() + ")" + quantifier + rapid.SampledFrom([]string{"", "?"}).Draw(t, "lazy")
	case 8:
		return rapid.SampledFrom([]string{"(?=", "(?!", "(?<=", "(?<!"}).Draw(t, "look") + part() + ")"
	}
	return rapid.SampledFrom(atoms).Draw(t, "atom") + rapid.SampledFrom([]string{"*", "+", "?", "*?", "+?", "??", "{2,3}"}).Draw(t, "quantifier")
}

type failer interface {
	Errorf(format string, args ...any)
}

func compareRegex(t failer, source, flags, text string) {
	options := regexp2.ECMAScript
	if strings.Contains(flags, "i") {
		options |= regexp2.IgnoreCase
	}
	if strings.Contains(flags, "m") {
		options |= regexp2.Multiline
	}
	want, wantErr := regexp2.Compile(escapeUnits(source), options, regexp2.OptionMaintainCaptureOrder())
	got, gotErr := compileRegex(source, flags)
	if (wantErr == nil) != (gotErr == nil) {
		t.Errorf("/%s/%s: %v, regexp2 %v", source, flags, gotErr, wantErr)
	}
	if wantErr != nil || gotErr != nil {
		return
	}
	want.MatchTimeout = 10 * time.Second
	units := toUnits(text)
	for from := 0; from <= len(units); from++ {
		m := matching{program: got.program, ev: &evaluator{evaluation: evaluation{maxSteps: 100_000}}, text: units}
		ours, failure := m.search(from)
		if failure != nil {
			return // too much work for both
		}
		theirs, err := want.FindRunesMatchStartingAt(units, from)
		if err != nil {
			t.Errorf("/%s/%s in %q: %v", source, flags, text, err)
			return
		}
		if a, b := fmt.Sprint(ours), rangesOf(theirs); a != b {
			t.Errorf("/%s/%s in %q from %d: %s, regexp2 %s", source, flags, text, from, a, b)
			return
		}
	}
}

// rangesOf prints the groups of a match of regexp2 as ours print.
func rangesOf(m *regexp2.Match) string {
	var ranges []textRange
	if m == nil {
		return fmt.Sprint(ranges)
	}
	for _, g := range m.Groups() {
		if len(g.Captures) == 0 {
			ranges = append(ranges, noRange)
		} else {
			ranges = append(ranges, textRange{g.RuneIndex, g.RuneIndex + g.RuneLength})
		}
	}
	return fmt.Sprint(slices.Clip(ranges))
}
