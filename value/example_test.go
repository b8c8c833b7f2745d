package value_test

import (
	"fmt"

	"github.com/statelark/statelark/value"
)

func ExampleParse() {
	v, err := value.Parse(`{"id": 1.50, "tags": ["a", "b"]}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	tags, _ := v.Get("tags")
	fmt.Println(v.Text(), v.Compact(), tags.Len())
	_, err = value.Parse(`{"id": 1.50`)
	fmt.Println(err)
	// Output:
	// {"id": 1.50, "tags": ["a", "b"]} {"id":1.50,"tags":["a","b"]} 2
	// Unexpected end-of-input: expected close marker for Object at [line: 1, column: 12]
}

func ExampleValue_With() {
	v := value.NewObject([]value.Member{{Key: "a", Value: value.FromInt(1)}})
	changed := v.With("b", value.FromString("two"))
	fmt.Println(v.Text(), changed.Text())
	// Output: {"a":1} {"a":1,"b":"two"}
}

func ExampleRefuse() {
	fmt.Println(value.Refuse(`{"a": 1,}`))
	// Output:
	// com.fasterxml.jackson.core.JsonParseException: Unexpected character ('}' (code 125)): was expecting double-quote to start field name
	//  at [Source: (String)"{"a": 1,}"; line: 1, column: 10]
}
