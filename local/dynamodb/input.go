package dynamodb

import (
	"math"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/value"
)

// input reads the members of a document. A member that is null is not there.
type input struct{ doc value.Value }

func (in input) get(name string) value.Value {
	v, _ := in.doc.Get(name)
	if v.IsNull() {
		return value.Value{}
	}
	return v
}

func (in input) has(name string) bool { return in.get(name).Exists() }

func (in input) text(name string) string { return in.get(name).Str() }

func (in input) truth(name string) bool { return in.get(name).Bool() }

// number returns a whole number, and whether there is one.
func (in input) number(name string) (int64, bool) {
	v := in.get(name)
	if n, ok := v.Int(); ok {
		return n, true
	}
	if v.Kind() != value.Number {
		return 0, false
	}
	f := math.Trunc(v.Float())
	if math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// texts are the elements of a list of texts.
func (in input) texts(name string) []string {
	elems := in.get(name).Elems()
	out := make([]string, len(elems))
	for i, e := range elems {
		out[i] = e.Str()
	}
	return out
}

// item reads a member that is a map of values, and has to be there.
func (in input) item(name, path string) (attribute.Item, error) {
	v := in.get(name)
	if !v.Exists() {
		return nil, missing(path)
	}
	item, err := attribute.ParseItem(v)
	return item, refusal(err)
}

// missing is the error of a member that has to be there.
func missing(path string) *awswire.Error {
	return validation("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", path)
}

// oneOf refuses a text that is none of those.
func oneOf(text, path string, allowed ...string) error {
	list := ""
	for i, a := range allowed {
		if text == a {
			return nil
		}
		if i > 0 {
			list += ", "
		}
		list += a
	}
	return validation("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]", text, path, list)
}
