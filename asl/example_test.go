package asl_test

import (
	"fmt"

	"github.com/statelark/statelark/asl"
)

func ExampleParse() {
	m, found := asl.Parse(`{"StartAt": "Greet", "States": {"Greet": {"Type": "Pass", "End": true}}}`, asl.Options{})
	fmt.Println(m.StartAt, m.State("Greet").Type == asl.Pass, len(found))
	// Output: Greet true 0
}

// Every problem is found at once, each with the place that AWS names and with where it stands in the text.
func ExampleParse_diagnostics() {
	_, found := asl.Parse(`{"StartAt": "A", "States": {
	"A": {"Type": "Wait", "Seconds": -1, "Next": "B"}}}`, asl.Options{})
	for _, d := range found {
		fmt.Printf("%d:%d %s\n", d.Line, d.Column, d)
	}
	// Output:
	// 2:35 SCHEMA_VALIDATION_FAILED: Minimum value is 0 at /States/A/Seconds
	// 2:47 MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next
	// 0:0 MISSING_END_STATE: Workflow has no terminal state at null
}
