package jsonata

import (
	"crypto/md5"  //nolint:gosec // $hash offers it
	"crypto/sha1" //nolint:gosec // $hash offers it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"math"
	"strings"

	"github.com/statelark/statelark/value"
)

// The limits of the AWS service, as measured on it.
const (
	awsDepth  = 100
	awsMemory = 6990256
	awsHeld   = 64 << 20 // bytes that one evaluation holds at a time: not measured on AWS
	// awsRange is the longest array that $range makes.
	awsRange = 360145
)

// awsTable lists the functions that AWS Step Functions adds or replaces.
var awsTable = []builtin{
	{"partition", "<xn?:a>", partition, 2},
	{"range", "<nnn?:a>", numberRange, 3},
	{"hash", "<ss?:s>", hash, 2},
	{"random", "<n?:n>", awsRandom, 1},
	{"uuid", "<:s>", uuid, 0},
	{"parse", "<s?:x>", parse, 1},
	{"base64encode", "<s-:s>", base64encodeUTF8, 1},
	{"base64decode", "<s-:s>", base64decodeUTF8, 1},
}

// failMessage is the error of a function that words it itself.
func failMessage(message string) *Error { return failText("D3137", stringVal(message), "") }

// partition cuts an array into arrays of the given size.
func partition(c *call) (val, *Error) {
	arr := c.arg(0)
	if !arr.defined() {
		return undefined, nil
	}
	if arr.tag == tagNull {
		e := failValue("T0412", arr)
		e.Index = 1
		return undefined, e
	}
	l := arr.items(c.ev.dialect)
	size := l.len()
	if s := c.arg(1); s.defined() {
		size = truncInt(s.num)
	}
	if size < 0 {
		return undefined, failMessage("Second argument must be zero or greater")
	}
	if size == 0 || l.len() == 0 {
		return undefined, nil
	}
	if err := c.ev.spend(l.len() / compared); err != nil {
		return undefined, err
	}
	out := &array{}
	for from := 0; from < l.len(); from += size {
		chunk := &array{}
		for i := from; i < min(from+size, l.len()); i++ {
			chunk.push(l.at(i))
		}
		out.push(arrayVal(chunk))
	}
	return arrayVal(out), nil
}

// numberRange counts from the first argument in steps of the third; the second is included when it is hit.
func numberRange(c *call) (val, *Error) {
	if !c.arg(0).defined() || !c.arg(1).defined() || !c.arg(2).defined() {
		return undefined, nil
	}
	from, to, step := math.Trunc(c.arg(0).num), math.Trunc(c.arg(1).num), math.Trunc(c.arg(2).num)
	if step == 0 || (to-from)*step < 0 || math.IsNaN((to-from)/step) {
		return undefined, nil
	}
	if (to-from)/step >= awsRange {
		return undefined, c.ev.failMemory()
	}
	n := int((to-from)/step) + 1
	if err := c.ev.spend(n / elements); err != nil {
		return undefined, err
	}
	out := newSequence()
	for i := range n {
		out.push(numberVal(from + float64(i)*step))
	}
	return arrayVal(out), nil
}

func hash(c *call) (val, *Error) {
	s, algorithm := c.arg(0), c.arg(1)
	if !s.defined() || !algorithm.defined() {
		return undefined, nil
	}
	var digest []byte
	switch data := []byte(s.text()); algorithm.text() {
	case "MD5":
		d := md5.Sum(data) //nolint:gosec // asked for by name
		digest = d[:]
	case "SHA-1":
		d := sha1.Sum(data) //nolint:gosec // asked for by name
		digest = d[:]
	case "SHA-256":
		d := sha256.Sum256(data)
		digest = d[:]
	case "SHA-384":
		d := sha512.Sum384(data)
		digest = d[:]
	case "SHA-512":
		d := sha512.Sum512(data)
		digest = d[:]
	default:
		return undefined, failMessage("Invalid hashing algorithm: " + algorithm.text())
	}
	return stringVal(hex.EncodeToString(digest)), nil
}

// awsRandom returns a number in [0, 1): with a seed, the first one that java.util.Random gives for it.
func awsRandom(c *call) (val, *Error) {
	seed := c.arg(0)
	if !seed.defined() {
		return random(c)
	}
	state := javaSeed(truncLong(seed.num))
	high := state.next(26)
	low := state.next(27)
	return numberVal(float64(high<<27|low) / (1 << 53)), nil
}

// truncLong rounds towards zero to a long, clamping what does not fit.
func truncLong(f float64) int64 {
	switch {
	case math.IsNaN(f):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// javaRandom is the state of java.util.Random, a linear congruential generator of 48 bits.
type javaRandom int64

const javaMultiplier, javaIncrement, javaMask = 0x5DEECE66D, 0xB, 1<<48 - 1

func javaSeed(seed int64) javaRandom { return javaRandom((seed ^ javaMultiplier) & javaMask) }

// next returns the next bits of the sequence.
func (r *javaRandom) next(bits uint) int64 {
	*r = (*r*javaMultiplier + javaIncrement) & javaMask
	return int64(*r) >> (48 - bits)
}

func uuid(c *call) (val, *Error) {
	if c.ev.env.UUID == nil {
		return stringVal("00000000-0000-0000-0000-000000000000"), nil
	}
	return stringVal(c.ev.env.UUID()), nil
}

// parse reads JSON text strictly: one value, no key twice, every number finite.
func parse(c *call) (val, *Error) {
	s := c.arg(0)
	if !s.defined() {
		return undefined, nil
	}
	v, failure := value.Parse(s.text())
	if failure != nil {
		return undefined, failMessage("Invalid JSON")
	}
	strict, err := c.isStrict(v)
	if err == nil && !strict {
		err = failMessage("Invalid JSON")
	}
	if err != nil {
		return undefined, err
	}
	return fromCopy(v, c.ev.dialect), nil
}

// base64encodeUTF8 encodes the UTF-8 form of a string.
func base64encodeUTF8(c *call) (val, *Error) {
	return c.mapString(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })
}

// base64decodeUTF8 decodes strictly, padding optional. Bad input is an error that the service does not explain.
func base64decodeUTF8(c *call) (val, *Error) {
	s := c.arg(0)
	if !s.defined() {
		return undefined, nil
	}
	text := s.text()
	if len(text)%4 == 0 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	raw, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return undefined, &Error{Message: "Illegal base64", Internal: true}
	}
	return stringVal(strings.ToValidUTF8(string(raw), "\uFFFD")), nil
}

// isStrict reports whether no object in v names a key twice and every number is finite. A doubled key is
// found by counting: opening an object drops all but one of its members of a name.
func (c *call) isStrict(v value.Value) (bool, *Error) {
	if err := c.ev.spend(1 + len(v.Text())/bytesRead); err != nil {
		return false, err
	}
	switch v.Kind() {
	case value.Number:
		return !math.IsInf(v.Float(), 0), nil
	case value.Array:
		for _, e := range v.Elems() {
			if strict, err := c.isStrict(e); err != nil || !strict {
				return false, err
			}
		}
	case value.Object:
		if memberCount(v.Compact()) != v.Len() {
			return false, nil
		}
		for _, m := range v.Members() {
			if strict, err := c.isStrict(m.Value); err != nil || !strict {
				return false, err
			}
		}
	}
	return true, nil
}

// memberCount counts the members of the object that is written in text, without those inside its members.
func memberCount(text string) int {
	n, depth := 0, 0
	for i := 0; i < len(text); {
		switch text[i] {
		case '"':
			i = stringEnd(text, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ':':
			if depth == 1 {
				n++
			}
		}
		i++
	}
	return n
}
