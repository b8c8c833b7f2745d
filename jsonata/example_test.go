package jsonata_test

import (
	"errors"
	"fmt"

	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/value"
)

func Example() {
	expr, err := jsonata.Parse(`{"total": $sum(items.(qty * price)), "skus": items[qty > 1].sku}`, jsonata.AWS)
	if err != nil {
		fmt.Println(err)
		return
	}
	input, err := value.Parse(`{"items":[{"sku":"a","qty":2,"price":1.5},{"sku":"b","qty":1,"price":4}]}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, ok, err := expr.Eval(&jsonata.Env{}, input)
	fmt.Println(result.Text(), ok, err)
	// Output: {"total":7,"skus":"a"} true <nil>
}

func ExampleParse_error() {
	_, err := jsonata.Parse(`items[1,2)`, jsonata.AWS)
	var e *jsonata.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code, e.Position, e.Message)
	}
	// Output: S0202 8 Expected "]", got ","
}

func ExampleExpr_Eval_bindings() {
	expr, err := jsonata.Parse(`$states.input.name & " is " & $age`, jsonata.AWS)
	if err != nil {
		fmt.Println(err)
		return
	}
	states, err := value.Parse(`{"input":{"name":"Ada"}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	env := &jsonata.Env{Bindings: map[string]value.Value{"states": states, "age": value.FromInt(36)}}
	result, _, err := expr.Eval(env, value.Value{})
	fmt.Println(result.Text(), err)
	// Output: "Ada is 36" <nil>
}

func ExampleExpr_References() {
	expr, err := jsonata.Parse(`$states.input.items[price > $limit].{"n": name} ~> $append(extra)`, jsonata.AWS)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(expr.References())
	// Output: [extra] [input] [limit]
}
