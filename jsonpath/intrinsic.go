package jsonpath

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/statelark/statelark/value"
)

// function is an intrinsic function.
type function struct {
	name        string
	least, most int // number of arguments; most is -1 when there is no limit
	run         func(*invocation) (value.Value, error)
}

// functions are the 18 that the States Language has, by name.
var functions = table([]function{
	{"States.Array", 0, -1, array},
	{"States.ArrayContains", 2, 2, arrayContains},
	{"States.ArrayGetItem", 2, 2, arrayGetItem},
	{"States.ArrayLength", 1, 1, arrayLength},
	{"States.ArrayPartition", 2, 2, arrayPartition},
	{"States.ArrayRange", 3, 3, arrayRange},
	{"States.ArrayUnique", 1, 1, arrayUnique},
	{"States.Base64Decode", 1, 1, base64Decode},
	{"States.Base64Encode", 1, 1, base64Encode},
	{"States.Format", 1, -1, format},
	{"States.Hash", 2, 2, hash},
	{"States.JsonMerge", 3, 3, jsonMerge},
	{"States.JsonToString", 1, 1, jsonToString},
	{"States.MathAdd", 2, 2, mathAdd},
	{"States.MathRandom", 2, 3, mathRandom},
	{"States.StringSplit", 2, 2, stringSplit},
	{"States.StringToJson", 1, 1, stringToJSON},
	{"States.UUID", 0, 0, newUUID},
})

func table(fs []function) map[string]*function {
	byName := make(map[string]*function, len(fs))
	for i := range fs {
		byName[fs[i].name] = &fs[i]
	}
	return byName
}

func (f *function) arity() string {
	switch {
	case f.most < 0:
		return fmt.Sprintf("at least %s", arguments(f.least))
	case f.least == f.most:
		return arguments(f.least)
	}
	return fmt.Sprintf("%d to %s", f.least, arguments(f.most))
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no arguments"
	case 1:
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// invocation is a call with its arguments evaluated.
type invocation struct {
	env   *Env
	call  *call
	args  []value.Value
	meter *meter
	own   meter // of the outermost call, for all that it holds
}

// mustBe reports that argument i is not what the function needs.
func (in *invocation) mustBe(i int, what string) error {
	return fmt.Errorf("argument %d must be %s", i+1, what)
}

func (in *invocation) str(i int) (string, error) {
	if in.args[i].Kind() != value.String {
		return "", in.mustBe(i, "a string")
	}
	if err := in.meter.spend(len(in.args[i].Text()) / bytesRead); err != nil {
		return "", err
	}
	return in.args[i].Str(), nil
}

func (in *invocation) array(i int) ([]value.Value, error) {
	if in.args[i].Kind() != value.Array {
		return nil, in.mustBe(i, "an array")
	}
	return in.args[i].Elems(), nil
}

// integer returns a number rounded to a whole one by round.
func (in *invocation) integer(i int, round func(float64) float64) (int64, error) {
	v := in.args[i]
	if v.Kind() != value.Number {
		return 0, in.mustBe(i, "a number")
	}
	if n, ok := v.Int(); ok {
		return n, nil
	}
	f := round(v.Float())
	if math.Abs(f) > 1<<53 {
		return 0, in.mustBe(i, "a number that fits a 64-bit integer")
	}
	return int64(f), nil
}

// int32 returns a number rounded to a whole one that must fit 32 bits.
func (in *invocation) int32(i int) (int64, error) {
	n, err := in.integer(i, nearest)
	if err == nil && n != int64(int32(n)) {
		err = in.mustBe(i, "between -2147483648 and 2147483647")
	}
	return n, err
}

// nearest rounds to the nearest whole number and halves upwards, as Java's Math.round does: the recorded
// States.MathAdd(-1.5, 0) is -1 and States.MathAdd(1.5, 0) is 2.
func nearest(f float64) float64 {
	whole := math.Floor(f)
	if f-whole >= 0.5 {
		whole++
	}
	return whole
}

// maxCharacters is how long a text States.Base64Encode, Base64Decode and Hash take, in characters.
const maxCharacters = 10000

func (in *invocation) atMostMaxCharacters(i int, s string) error {
	if len(s) > maxCharacters && utf8.RuneCountInString(s) > maxCharacters {
		return in.mustBe(i, fmt.Sprintf("at most %d characters long", maxCharacters))
	}
	return nil
}
