package jsonpath

import (
	"fmt"
	"strings"
	"testing"

	"github.com/statelark/statelark/value"
)

// order is a document of about 1 KiB.
func order() string {
	var items []string
	for i := range 8 {
		items = append(items, fmt.Sprintf(`{"sku":"item-%d","price":%d.95,"quantity":%d,"tags":["a","b"],"note":"left at the door"}`, i, i, i+1))
	}
	return `{"id":"o-1","customer":{"name":"Ann","address":{"city":"Oslo","zip":"0150"},"vip":true},"items":[` +
		strings.Join(items, ",") + `],"total":99.5,"currency":"NOK"}`
}

func BenchmarkParse(b *testing.B) {
	for _, text := range []string{"$.customer.name", "$.items[?(@.price > 3 && @.quantity == 5)].sku"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEval evaluates on a document that was looked into before; "fresh" opens it from its text each time,
// as a state does with its input.
func BenchmarkEval(b *testing.B) {
	text := order()
	doc := parse(b, text)
	for _, expression := range []string{
		"$",
		"$.customer.name",
		"$.customer.address.city",
		"$.items[3].sku",
		"$.items[*].sku",
		"$.items[2:5].price",
		"$.items[?(@.price > 3)].sku",
		"$..price",
		"States.Format('{} of {}', $.id, $.customer.name)",
		"States.MathAdd($.items[0].quantity, 1)",
		"States.ArrayGetItem(States.StringSplit($.items[0].note, ' '), 0)",
		"States.Hash($.customer.name, 'SHA-256')",
	} {
		e, err := ParseExpr(expression)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(expression, func(b *testing.B) {
			b.ReportAllocs()
			env := &Env{Input: doc}
			for b.Loop() {
				if _, err := e.Eval(env); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(expression+"/fresh", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				env := &Env{Input: value.Checked(text)}
				if _, err := e.Eval(env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSet(b *testing.B) {
	text := order()
	p, err := Parse("$.customer.result")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Set(value.Checked(text), value.True); err != nil {
			b.Fatal(err)
		}
	}
}
