package jsonpath

import (
	"errors"
	"fmt"
	"math"

	"github.com/statelark/statelark/value"
)

// maxRange is how many elements States.ArrayRange may give, where Env does not say.
const maxRange = 1000

func array(in *invocation) (value.Value, error) { return value.NewArray(in.args), nil }

func arrayContains(in *invocation) (value.Value, error) {
	elems, err := in.array(0)
	if err != nil {
		return value.Value{}, err
	}
	wanted := in.args[1]
	kind, count := wanted.Kind(), wanted.Len()
	compared := 1 + wanted.SizeWithin(maxText)/bytesRead
	if err := in.meter.spend(len(elems) / elements); err != nil {
		return value.Value{}, err
	}
	for _, e := range elems {
		if e.Kind() != kind || e.Len() != count {
			continue
		}
		if err := in.meter.spend(compared); err != nil {
			return value.Value{}, err
		}
		if value.Equal(e, wanted) {
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
	chunk := int(min(size, int64(len(elems)+1)))
	if err := in.meter.spend(len(elems)/elements + 2*len(elems)/chunk); err != nil {
		return value.Value{}, err
	}
	count := (len(elems) + chunk - 1) / chunk
	if err := in.meter.holds(count * (valueBytes + containerBytes)); err != nil {
		return value.Value{}, err
	}
	chunks := make([]value.Value, 0, count)
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
	most := maxRange
	if in.env.MaxRange > 0 {
		most = in.env.MaxRange
	}
	if n >= uint64(most) {
		return value.Value{}, fmt.Errorf("the range must not have more than %d elements", most)
	}
	if err := in.meter.spend(int(n) + 1); err != nil {
		return value.Value{}, err
	}
	if err := in.meter.holds((int(n) + 1) * foundBytes); err != nil {
		return value.Value{}, err
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
	if err := in.meter.holds(2 * foundBytes * len(elems)); err != nil {
		return value.Value{}, err
	}
	unique := distinct{last: make(map[uint64]int, len(elems))}
	for _, e := range elems {
		steps := 2 + e.SizeWithin(maxText)/bytesRead
		if err := in.meter.spend(2 * steps); err != nil {
			return value.Value{}, err
		}
		if err := unique.add(e, steps, in.meter); err != nil {
			return value.Value{}, err
		}
	}
	return value.NewArray(unique.found), nil
}

// distinct collects values that differ.
type distinct struct {
	found  []value.Value
	before []int          // for each of found, the place of the one before it with the same fingerprint, from 1; 0: none
	last   map[uint64]int // fingerprint to the place of the last one in found, from 1
}

// add adds v unless its equal is there; steps is what it costs to compare v.
func (d *distinct) add(v value.Value, steps int, m *meter) error {
	mark := fingerprint(v)
	for at := d.last[mark]; at > 0; at = d.before[at-1] {
		if err := m.spend(steps); err != nil {
			return err
		}
		if value.Equal(v, d.found[at-1]) {
			return nil
		}
	}
	d.found, d.before = append(d.found, v), append(d.before, d.last[mark])
	d.last[mark] = len(d.found)
	return nil
}

// fingerprint is the same for values that value.Equal calls equal, and mostly different for others.
func fingerprint(v value.Value) uint64 {
	h := uint64(fnvOffset) ^ uint64(v.Kind())
	switch v.Kind() {
	case value.Bool:
		return mix(h, v.Text())
	case value.Number:
		f := v.Float()
		if f == 0 {
			f = 0 // and not -0
		}
		return (h*fnvPrime ^ math.Float64bits(f)) * fnvPrime
	case value.String:
		return mix(h, v.Str())
	case value.Array:
		for _, e := range v.Elems() {
			h = (h ^ fingerprint(e)) * fnvPrime
		}
	case value.Object:
		sum := uint64(0) // whatever the order
		for _, m := range v.Members() {
			sum += (mix(h, m.Key) ^ fingerprint(m.Value)) * fnvPrime
		}
		return h ^ sum
	}
	return h
}

// The numbers of the hash function FNV-1a.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func mix(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
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
	if err := in.meter.spend(2 * (a.Len() + b.Len())); err != nil {
		return value.Value{}, err
	}
	if err := in.meter.holds(2 * memberBytes * (a.Len() + b.Len())); err != nil {
		return value.Value{}, err
	}
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
