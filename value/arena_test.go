package value

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// table is the text of an array of n rows of all shapes.
func table(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,{"id":%d,"tags":["a",%d,[]],"deep":{"x":[{"y":%d}]},"wide":{`, i, i, i)
		for k := range i % 40 {
			fmt.Fprintf(&b, `"k%d":%d,`, k, k)
		}
		fmt.Fprintf(&b, `"k0":"last"},"list":[%s0],"none":{}}`, strings.Repeat("1, ", i%300))
	}
	return "[" + b.String()[1:] + "]"
}

// TestOpenTogether opens one document from many goroutines, each in another order: all see what a document of its own
// shows, also when they look again.
func TestOpenTogether(t *testing.T) {
	text := table(500)
	shared := parse(t, text)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			own := Checked(text)
			rows, want := shared.Elems(), own.Elems()
			for range 2 {
				for i := range rows {
					at := (i*7 + g*61) % len(rows)
					if got := rebuilt(rows[at]); !Equal(got, want[at]) || rows[at].Text() != want[at].Text() {
						t.Errorf("row %d is %s", at, got.Compact())
						return
					}
				}
			}
		})
	}
	all.Wait()
}

// TestArenaIsNotShared changes copies of what an arena made: its neighbours stay as they are.
func TestArenaIsNotShared(t *testing.T) {
	v := parse(t, table(50))
	before := rebuilt(v).Compact()
	for _, row := range v.Elems() {
		_ = append(row.Members(), Member{"new", True})
		tags, _ := row.Get("tags")
		_ = append(tags.Elems(), True)
		_ = row.With("id", NullValue)
	}
	if after := rebuilt(v).Compact(); after != before {
		t.Errorf("%s became %s", before, after)
	}
}
