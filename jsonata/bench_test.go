package jsonata_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/statelark/statelark/jsonata"
	"github.com/statelark/statelark/value"
)

// benchSmall is a document of some 240 bytes; benchBig holds 2,000 rows.
const benchSmall = `{"customer":{"name":"Ada","id":17},"total":142.5,"flags":{"vip":true},"items":[{"sku":"a1","qty":1,"price":9.5},` +
	`{"sku":"b2","qty":3,"price":21},{"sku":"c3","qty":2,"price":35}],"currency":"EUR","note":"leave at the door"}`

func benchBig() string {
	var b strings.Builder
	b.WriteString(`{"rows":[`)
	for i := range 2000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"row number %d","amount":%d.%02d,"tag":"t%d","active":%t}`, i, i, i%700, i%100, i%7, i%3 == 0)
	}
	b.WriteString(`]}`)
	return b.String()
}

// benchmarks are what testdata/bench.js runs under Node.
var benchmarks = []struct{ name, expr, input string }{
	{"Path", `customer.name`, benchSmall},
	{"Condition", `total > 100 and flags.vip`, benchSmall},
	{"Object", `{"name": $uppercase(customer.name), "n": $count(items), "sum": $sum(items.price), "cur": currency}`, benchSmall},
	{"Filter", `items[qty > 1].sku`, benchSmall},
	{"MapObjects", `items.{"s": sku, "t": qty * price}`, benchSmall},
	{"Lambda", `$join($map(items, function($i) { $i.sku & ":" & $string($i.qty) }), ",")`, benchSmall},
	{"Sum2000", `$sum(rows.amount)`, benchBig()},
	{"FilterMap2000", `rows[amount > 100 and active].{"id": id, "label": name & "/" & tag, "double": amount * 2}`, benchBig()},
}

// BenchmarkEval evaluates on a document that was opened before.
func BenchmarkEval(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			e, input := benchCase(b, c.expr, c.input)
			reportCPU(b)
			for b.Loop() {
				if _, ok, err := e.Eval(&jsonata.Env{}, input); err != nil || !ok {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

// BenchmarkAll parses the document, evaluates and prints.
func BenchmarkAll(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			e, _ := benchCase(b, c.expr, c.input)
			reportCPU(b)
			for b.Loop() {
				input, err := value.Parse(c.input)
				if err != nil {
					b.Fatal(err)
				}
				v, ok, err := e.Eval(&jsonata.Env{}, input)
				if err != nil || !ok || v.Compact() == "" {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			reportCPU(b)
			for b.Loop() {
				if _, err := jsonata.Parse(c.expr, jsonata.AWS); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchCase(b *testing.B, src, text string) (*jsonata.Expr, value.Value) {
	e, err := jsonata.Parse(src, jsonata.AWS)
	if err != nil {
		b.Fatal(err)
	}
	input, err := value.Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	return e, input
}

// reportCPU reports allocations and, beside the time on the clock, the CPU time an operation takes, which other
// work on the machine does not change.
func reportCPU(b *testing.B) {
	b.ReportAllocs()
	before := cpuTime(b)
	b.Cleanup(func() { b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op") })
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
