package jsonpath_test

import (
	"errors"
	"fmt"

	"github.com/statelark/statelark/jsonpath"
	"github.com/statelark/statelark/value"
)

// order is what the examples look into.
var order = value.Checked(`{"id":7,"items":[{"sku":"a","qty":2},{"sku":"b","qty":1}]}`)

func ExampleParse() {
	_, err := jsonpath.Parse("$.items[0")
	fmt.Println(err)
	p, err := jsonpath.Parse("$.items[0].sku")
	fmt.Println(p, p.Root(), p.Definite(), err)
	// Output:
	// expected ']' at character 10 of "$.items[0"
	// $.items[0].sku $ true <nil>
}

func ExamplePath_Eval() {
	for _, text := range []string{"$.items[1].sku", "$.items[?(@.qty > 1)].sku", "$..qty", "$.customer.name"} {
		p, err := jsonpath.Parse(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		v, err := p.Eval(&jsonpath.Env{Input: order})
		fmt.Println(v.Text(), err)
	}
	// Output:
	// "b" <nil>
	// ["a"] <nil>
	// [2,1] <nil>
	//  Invalid path '$.customer.name' : Missing property in path $['customer']
}

func ExamplePath_Set() {
	p, err := jsonpath.Parse("$.result.code")
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := p.Set(order, value.FromInt(3))
	fmt.Println(v.Text(), err)
	// Output: {"id":7,"items":[{"sku":"a","qty":2},{"sku":"b","qty":1}],"result":{"code":3}} <nil>
}

func ExampleExpr_Eval() {
	e, err := jsonpath.ParseExpr("States.Format('{} of order {}', $.items[0], $.id)")
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := e.Eval(&jsonpath.Env{Input: order})
	fmt.Println(v.Text(), err)
	// Output: "{sku=a, qty=2} of order 7" <nil>
}

// An evaluation tells of the work that it has done, and ends when it may do no more.
func ExampleEnv_work() {
	e, err := jsonpath.ParseExpr("States.ArrayRange(1, 1000, 1)")
	if err != nil {
		fmt.Println(err)
		return
	}
	units := 0
	_, err = e.Eval(&jsonpath.Env{Work: func() bool { units++; return false }})
	fmt.Println(units, errors.Is(err, jsonpath.ErrWork))
	// Output: 1 true
}
