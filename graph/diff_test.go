package graph

import (
	"reflect"
	"testing"
)

func TestDiff(t *testing.T) {
	const a = `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "P"}, "P": {"Type": "Parallel", "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Wait", "Seconds": 1, "End": true}}}], "Next": "Z"}, "Z": {"Type": "Succeed"}}}`
	for _, c := range []struct {
		name, b string
		want    Difference
	}{
		{"another order and form", `{"States": {"Z": {"Type": "Succeed"}, "P": {"Next": "Z", "Branches": [{"StartAt": "X", "States": {"X": {"Seconds": 1.0, "Type": "Wait", "End": true}}}], "Type": "Parallel"}, "A": {"Type": "Pass", "Next": "P"}}, "StartAt": "A"}`,
			Difference{Fields: []string{}, States: []Change{}}},
		{"a state of a branch", `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "P"}, "P": {"Type": "Parallel", "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Wait", "Seconds": 2, "End": true}}}], "Next": "Z"}, "Z": {"Type": "Succeed"}}}`,
			Difference{Fields: []string{}, States: []Change{{ID: "/States/P/Branches/0/States/X", Name: "X", Kind: Changed, Fields: []string{"Seconds"}}}}},
		{"one more and one less", `{"StartAt": "B", "Comment": "c", "States": {"B": {"Type": "Pass", "Next": "P"}, "P": {"Type": "Parallel", "Branches": [{"StartAt": "X", "States": {"X": {"Type": "Wait", "Seconds": 1, "End": true}}}], "Next": "Z", "Catch": []}, "Z": {"Type": "Succeed"}}}`,
			Difference{Fields: []string{"StartAt", "Comment"}, States: []Change{{ID: "/States/B", Name: "B", Kind: Added}, {ID: "/States/P", Name: "P", Kind: Changed, Fields: []string{"Catch"}}, {ID: "/States/A", Name: "A", Kind: Removed}}}},
		{"nothing in it", `{}`, Difference{Fields: []string{"StartAt"}, States: []Change{{ID: "/States/A", Name: "A", Kind: Removed}, {ID: "/States/P", Name: "P", Kind: Removed},
			{ID: "/States/P/Branches/0/States/X", Name: "X", Kind: Removed}, {ID: "/States/Z", Name: "Z", Kind: Removed}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Diff(a, c.b)
			if err != nil || !reflect.DeepEqual(*got, c.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
	if _, err := Diff(a, "{"); err == nil {
		t.Error("half a definition is compared")
	}
}
