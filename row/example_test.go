package row_test

import (
	"fmt"

	"github.com/statelark/statelark/row"
)

// A row is read in the order in which it was written. A Reader keeps its first error: what is read after it is
// nothing, and one look at the end is enough.
func Example() {
	w := row.NewWriter(nil, nil)
	w.Byte(1) // the version of the form
	w.Text("order")
	w.Int(-3)

	r := row.NewReader(w.Row(), nil)
	fmt.Println(r.Byte(), r.Text(), r.Int(), r.Done())

	r = row.NewReader(w.Row()[:4], nil)
	fmt.Printf("%d %q %d %v\n", r.Byte(), r.Text(), r.Int(), r.Done() != nil)
	// Output:
	// 1 order -3 <nil>
	// 1 "" 0 true
}
