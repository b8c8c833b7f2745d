package s3

import (
	"math"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// input is a structure of a request. A member that is not there reads as the zero of its type.
type input struct{ doc value.Value }

func (in input) get(name string) value.Value {
	v, _ := in.doc.Get(name)
	if v.IsNull() {
		return value.Value{}
	}
	return v
}

func (in input) has(name string) bool { return in.get(name).Exists() }

func (in input) str(name string) string {
	if v := in.get(name); v.Kind() == value.String {
		return v.Str()
	}
	return ""
}

func (in input) int(name string) int64 {
	n, _ := in.get(name).Int()
	return n
}

func (in input) flag(name string) bool { return in.get(name).Bool() }

func (in input) sub(name string) input { return input{in.get(name)} }

func (in input) list(name string) []value.Value { return in.get(name).Elems() }

func (in input) strings(name string) []string {
	var all []string
	for _, e := range in.list(name) {
		all = append(all, e.Str())
	}
	return all
}

// time reads a time, given as seconds.
func (in input) time(name string) (time.Time, bool) {
	v := in.get(name)
	if v.Kind() != value.Number {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Round(v.Float() * 1000))).UTC(), true
}

// output is a structure of an answer.
type output struct{ members []value.Member }

func (o *output) add(name string, v value.Value) {
	o.members = append(o.members, value.Member{Key: name, Value: v})
}

// text adds a string, even an empty one.
func (o *output) text(name, v string) { o.add(name, value.FromString(v)) }

// str adds a string unless it is empty.
func (o *output) str(name, v string) {
	if v != "" {
		o.text(name, v)
	}
}

func (o *output) int(name string, v int64) { o.add(name, value.FromInt(v)) }

func (o *output) flag(name string, v bool) { o.add(name, value.FromBool(v)) }

// list adds a list unless it is empty.
func (o *output) list(name string, all []value.Value) {
	if len(all) > 0 {
		o.add(name, value.NewArray(all))
	}
}

// when adds a time in whole seconds, which is all that S3 tells of most times.
func (o *output) when(name string, ms int64) { o.int(name, ms/1000) }

func (o *output) value() value.Value { return value.NewObject(o.members) }

func (o *output) reply() *awswire.Reply { return &awswire.Reply{Output: o.value()} }

func texts(all ...string) value.Value {
	elems := make([]value.Value, len(all))
	for i, s := range all {
		elems[i] = value.FromString(s)
	}
	return value.NewArray(elems)
}
