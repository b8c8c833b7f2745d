package statelark

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTags(t *testing.T) {
	old := []Tag{{"a", "1"}, {"b", "2"}}
	got := PutTags(old, []Tag{{"c", "3"}, {"a", ""}, {"c", "4"}})
	if want := []Tag{{"a", ""}, {"b", "2"}, {"c", "4"}}; !cmp.Equal(got, want) {
		t.Errorf("PutTags: %s", cmp.Diff(want, got))
	}
	got = DropTags(got, []string{"b", "x", "c"})
	if want := []Tag{{"a", ""}}; !cmp.Equal(got, want) {
		t.Errorf("DropTags: %s", cmp.Diff(want, got))
	}
	if want := []Tag{{"a", "1"}, {"b", "2"}}; !cmp.Equal(old, want) {
		t.Errorf("the tags given were changed: %v", old)
	}
}
