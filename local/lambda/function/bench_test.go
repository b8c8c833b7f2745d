package function

import (
	"testing"
	"time"
)

func benchmarkWarm(b *testing.B, add func(testing.TB, *Catalog, string), source string) {
	c := open(b, Options{})
	add(b, c, source)
	invoke(b, c, `{"a":1}`)
	for b.Loop() {
		invoke(b, c, `{"a":1}`)
	}
}

func BenchmarkWarmPython(b *testing.B) { benchmarkWarm(b, python, echo) }

// BenchmarkWarmPythonOutput has the lines of the log taken as well.
func BenchmarkWarmPythonOutput(b *testing.B) {
	c := open(b, Options{Output: func(Line) {}})
	python(b, c, echo)
	invoke(b, c, `{"a":1}`)
	for b.Loop() {
		invoke(b, c, `{"a":1}`)
	}
}
func BenchmarkWarmNode(b *testing.B) {
	benchmarkWarm(b, node, "exports.handler = async (event) => event;")
}

// benchmarkCold opens a new sandbox for each invocation.
func benchmarkCold(b *testing.B, add func(testing.TB, *Catalog, string), source string) {
	c := open(b, Options{})
	add(b, c, source)
	invoke(b, c, `{"a":1}`) // finds the interpreter
	for b.Loop() {
		b.StopTimer()
		e, _, err := c.find(Ref{Name: "f"})
		if err != nil {
			b.Fatal(err)
		}
		for s := e.latest.runner.(*pool).pop(home); s != nil; s = e.latest.runner.(*pool).pop(home) {
			s.close()
		}
		b.StartTimer()
		invoke(b, c, `{"a":1}`)
	}
}

func BenchmarkColdPython(b *testing.B) { benchmarkCold(b, python, echo) }
func BenchmarkColdNode(b *testing.B) {
	benchmarkCold(b, node, "exports.handler = async (event) => event;")
}

func BenchmarkCommand(b *testing.B) {
	c := declare(b, Function{Timeout: time.Minute, Code: Code{Command: []string{"cat"}}})
	for b.Loop() {
		invoke(b, c, `{"a":1}`)
	}
}

// BenchmarkParallelPython has as many invocations under way as there are sandboxes.
func BenchmarkParallelPython(b *testing.B) {
	c := open(b, Options{Concurrency: 4})
	python(b, c, echo)
	b.SetParallelism(2)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			invoke(b, c, `{"a":1}`)
		}
	})
}
