package jsonpath

import (
	"errors"
	"math/bits"

	"github.com/statelark/statelark/value"
)

func mathAdd(in *invocation) (value.Value, error) {
	a, err := in.int32(0)
	if err != nil {
		return value.Value{}, err
	}
	b, err := in.int32(1)
	if err != nil {
		return value.Value{}, err
	}
	return value.FromInt(a + b), nil
}

// mathRandom picks a whole number from its first argument up to below its second. With a seed it is the first
// number of java.util.Random with that seed, as $random is in AWS's JSONata.
func mathRandom(in *invocation) (value.Value, error) {
	from, err := in.int32(0)
	if err != nil {
		return value.Value{}, err
	}
	to, err := in.int32(1)
	if err != nil {
		return value.Value{}, err
	}
	if from >= to {
		return value.Value{}, errors.New("argument 1 must be less than argument 2")
	}
	if len(in.args) == 3 {
		seed, err := in.integer(2, nearest)
		if err != nil {
			return value.Value{}, err
		}
		return value.FromInt(from + newJavaRandom(seed).below(to-from)), nil
	}
	if in.env.Random == nil {
		return value.Value{}, errors.New("there is no source of random numbers here")
	}
	offset, _ := bits.Mul64(in.env.Random(), uint64(to-from))
	return value.FromInt(from + int64(offset)), nil
}

// javaRandom is the generator that the documentation of java.util.Random defines: 48 bits, linear congruential.
type javaRandom struct{ state uint64 }

const (
	javaMultiplier = 0x5DEECE66D
	javaIncrement  = 0xB
	javaMask       = 1<<48 - 1
)

func newJavaRandom(seed int64) *javaRandom {
	return &javaRandom{state: (uint64(seed) ^ javaMultiplier) & javaMask}
}

// next returns the given number of random bits as Java's signed int.
func (r *javaRandom) next(bits int) int32 {
	r.state = (r.state*javaMultiplier + javaIncrement) & javaMask
	return int32(r.state >> (48 - bits))
}

// below returns nextInt(n); past the range of Java's int it takes 62 bits modulo n instead.
func (r *javaRandom) below(n int64) int64 {
	if n > 1<<31-1 {
		return (int64(r.next(31))<<31 | int64(r.next(31))) % n
	}
	bound := int32(n)
	if bound&-bound == bound {
		return int64(bound) * int64(r.next(31)) >> 31
	}
	for {
		drawn := r.next(31)
		rest := drawn % bound
		if drawn-rest+(bound-1) >= 0 { // int32 overflow marks the incomplete last run of numbers
			return int64(rest)
		}
	}
}
