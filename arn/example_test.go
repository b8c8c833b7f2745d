package arn_test

import (
	"fmt"

	"github.com/statelark/statelark/arn"
)

// The partition follows from the region, so a name that a server makes fits the place it stands for.
func ExamplePlace() {
	here := arn.Place{Region: "cn-north-1", Account: "123456789012"}
	fmt.Println(here.StateMachineARN("order"))
	// Output: arn:aws-cn:states:cn-north-1:123456789012:stateMachine:order
}

func ExampleParse() {
	a, ok := arn.Parse("arn:aws:states:us-east-1:000000000000:execution:order:first")
	kind, id := a.Cut()
	fmt.Println(ok, a.Place().Region, kind, id)
	// Output: true us-east-1 execution order:first
}
