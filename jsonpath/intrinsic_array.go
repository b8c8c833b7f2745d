package jsonpath

import (
	"errors"
	"fmt"
	"math"

	"github.com/statelark/statelark/value"
)

// maxRange is how many elements States.ArrayRange may give.
const maxRange = 1000

func array(in *invocation) (value.Value, error) { return value.NewArray(in.args), nil }

func arrayContains(in *invocation) (value.Value, error) {
	elems, err := in.array(0)
	if err != nil {
		return value.Value{}, err
	}
	for _, e := range elems {
		if value.Equal(e, in.args[1]) {
			return value.True, nil
		}
	}
	return value.False, nil
}

func arrayGetItem(in *invocation) (value.Value, error) {
	elems, err := in.array(0)
	if err != nil {
		return value.Value{}, err
	}
	i, ok := in.args[1].Int()
	if !ok {
		return value.Value{}, in.mustBe(1, "an integer")
	}
	if i < 0 || i >= int64(len(elems)) {
		return value.Value{}, fmt.Errorf("the index %d is outside the array of length %d", i, len(elems))
	}
	return elems[i], nil
}

func arrayLength(in *invocation) (value.Value, error) {
	elems, err := in.array(0)
	return value.FromInt(int64(len(elems))), err
}

func arrayPartition(in *invocation) (value.Value, error) {
	elems, err := in.array(0)
	if err != nil {
		return value.Value{}, err
	}
	size, err := in.integer(1, math.Floor)
	if err != nil {
		return value.Value{}, err
	}
	if size < 1 {
		return value.Value{}, in.mustBe(1, "a positive integer")
	}
	var chunks []value.Value
	for len(elems) > 0 {
		n := int(min(size, int64(len(elems))))
		chunks = append(chunks, value.NewArray(elems[:n:n]))
		elems = elems[n:]
	}
	return value.NewArray(chunks), nil
}

func arrayRange(in *invocation) (value.Value, error) {
	var limits [3]int64
	for i := range limits {
		n, err := in.integer(i, nearest)
		if err != nil {
			return value.Value{}, err
		}
		limits[i] = n
	}
	from, to, step := limits[0], limits[1], limits[2]
	if step == 0 {
		return value.Value{}, in.mustBe(2, "other than 0")
	}
	// The difference of two int64 always fits uint64.
	span, stride := uint64(to)-uint64(from), uint64(step)
	if step < 0 {
		span, stride = uint64(from)-uint64(to), -uint64(step)
	}
	if from != to && (step > 0) != (from < to) {
		return value.EmptyArray, nil
	}
	n := span / stride
	if n >= maxRange {
		return value.Value{}, fmt.Errorf("the range must not have more than %d elements", maxRange)
	}
	elems := make([]value.Value, n+1)
	for i := range elems {
		elems[i] = value.FromInt(from + int64(i)*step)
	}
	return value.NewArray(elems), nil
}

func arrayUnique(in *invocation) (value.Value, error) {
	elems, err := in.array(0)
	if err != nil {
		return value.Value{}, err
	}
	var unique []value.Value
	seen := make(map[string][]value.Value, len(elems))
next:
	for _, e := range elems {
		bucket := likeness(e)
		for _, other := range seen[bucket] {
			if value.Equal(e, other) {
				continue next
			}
		}
		seen[bucket] = append(seen[bucket], e)
		unique = append(unique, e)
	}
	return value.NewArray(unique), nil
}

// likeness is the same for equal values, and mostly different for others.
func likeness(v value.Value) string {
	switch v.Kind() {
	case value.Number:
		return "n" + string(value.AppendFloat(nil, v.Float()))
	case value.String:
		return "s" + v.Str()
	case value.Array:
		if v.Len() > 0 {
			return fmt.Sprintf("a%d %s", v.Len(), likeness(v.Elems()[0]))
		}
	case value.Object:
		key := fmt.Sprintf("o%d", v.Len())
		least := ""
		for i, m := range v.Members() {
			if i == 0 || m.Key < least {
				least = m.Key
			}
		}
		if x, ok := v.Get(least); ok {
			key += " " + least + " " + likeness(x)
		}
		return key
	}
	return v.Compact()
}

func jsonMerge(in *invocation) (value.Value, error) {
	for i := range 2 {
		if in.args[i].Kind() != value.Object {
			return value.Value{}, in.mustBe(i, "an object")
		}
	}
	if in.args[2].Kind() != value.Bool {
		return value.Value{}, in.mustBe(2, "a boolean")
	}
	if in.args[2].Bool() {
		return value.Value{}, errors.New("deep merging is not supported; argument 3 must be false")
	}
	a, b := in.args[0], in.args[1]
	merged := make([]value.Member, 0, a.Len()+b.Len())
	for _, m := range a.Members() {
		if x, ok := b.Get(m.Key); ok {
			m.Value = x
		}
		merged = append(merged, m)
	}
	for _, m := range b.Members() {
		if _, ok := a.Get(m.Key); !ok {
			merged = append(merged, m)
		}
	}
	return value.NewObject(merged), nil
}
