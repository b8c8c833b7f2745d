package asl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/statelark/statelark/asl"
)

// TestHostileDefinitions parses texts that are made to be expensive. None may take long or give an answer of
// a size out of proportion.
func TestHostileDefinitions(t *testing.T) {
	state := func(fields string) string {
		return `{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, ` + fields + `}}}`
	}
	deep := strings.Repeat(`{"aaaaaaaaaa": [`, 450) + "1" + strings.Repeat("]}", 450)
	for name, text := range map[string]string{
		"deep constant":     state(`"Parameters": ` + deep),
		"deep and computed": state(`"Parameters": ` + strings.Replace(deep, "1", `{"x.$": "$"}`, 1)),
		"many deep errors":  state(`"Parameters": ` + strings.Replace(deep, "1", `{"x.$": ""`+strings.Repeat(`, "y.$": ""`, 50_000)+"}", 1)),
		"many warnings":     state(`"Parameters": {"a": "$"` + repeat(50_000, `, "a%d": "$"`) + "}"),
		"many unknown":      state(`"x": 1` + repeat(100_000, `, "x%d": 1`)),
		"one name":          state(`"x": 1` + strings.Repeat(`, "x": 1`, 100_000)),
		"long names": `{"StartAt": "A", "States": {"` + strings.Repeat("A", 300_000) + `": {"Type": "Parallel", "End": true,
			"Branches": [{"StartAt": "B", "States": {"B0": {}` + repeat(30_000, `, "B%d": {}`) + "}}]}}}",
	} {
		m, ds := asl.Parse(text, asl.Options{})
		checkResult(t, text, m, ds)
		size := 0
		for _, d := range ds {
			size += len(d.Message) + len(d.Location)
		}
		if len(ds) > 2000 || size > 20<<20 {
			t.Errorf("%s: %d diagnostics of %d bytes", name, len(ds), size)
		}
	}
}

// TestHostileYAML parses aliases and merge keys that multiply.
func TestHostileYAML(t *testing.T) {
	for name, line := range map[string]string{
		"aliases": "a%d: &a%[1]d [*a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d]\n",
		"merges":  "a%d: &a%[1]d {<<: [*a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d]}\n",
	} {
		var text strings.Builder
		text.WriteString("a0: &a0 {x: 1}\n")
		for i := range 30 {
			fmt.Fprintf(&text, line, i+1, i)
		}
		m, _, ds := asl.ParseYAML(text.String(), asl.Options{})
		checkResult(t, text.String(), m, ds)
		if m != nil || len(ds) != 1 || ds[0].Code != asl.CodeInvalidJSONDescription {
			t.Errorf("%s: %v", name, ds)
		}
	}
}

// repeat returns format for every number below n.
func repeat(n int, format string) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, format, i)
	}
	return text.String()
}
