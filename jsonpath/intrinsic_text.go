package jsonpath

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/statelark/statelark/value"
)

// format fills the slots "{}" of its template in order, arrays and objects as Java prints its collections (recorded:
// {Arg1=1, Arg2=[]}). In a literal template an escaped brace is no slot.
func format(in *invocation) (value.Value, error) {
	template, err := in.str(0)
	if err != nil {
		return value.Value{}, err
	}
	literal := in.call.args[0].path == nil && in.call.args[0].call == nil
	if literal {
		template = in.call.args[0].source
	}
	var b bytes.Buffer
	filled := 0
	for i := 0; i < len(template); i++ {
		switch {
		case literal && template[i] == '\\':
			i++
			b.WriteByte(template[i])
		case strings.HasPrefix(template[i:], "{}"):
			i++
			if filled++; filled < len(in.args) {
				n := in.args[filled].SizeWithin(maxText)
				if err := cmp.Or(in.meter.holds(copies*n), in.meter.makes(b.Len()+n)); err != nil {
					return value.Value{}, err
				}
				b.Write(appendJava(b.AvailableBuffer(), in.args[filled]))
			}
		default:
			b.WriteByte(template[i])
		}
	}
	if given := len(in.args) - 1; filled != given {
		return value.Value{}, fmt.Errorf("the template has slots for %s, not for %d", arguments(filled), given)
	}
	return value.FromString(b.String()), nil
}

// copies is how many times a text is there while it grows and is made a value.
const copies = 3

// display returns the text of a string, and the JSON text of anything else.
func display(v value.Value) string {
	if v.Kind() == value.String {
		return v.Str()
	}
	return v.Compact()
}

func stringToJSON(in *invocation) (value.Value, error) {
	text, err := in.str(0)
	if err != nil {
		return value.Value{}, err
	}
	if strings.Trim(text, " \t\r\n") == "" { // recorded: no content is null
		return value.NullValue, nil
	}
	if err := in.meter.spend(2 * len(text) / bytesRead); err != nil { // it is checked and opened
		return value.Value{}, err
	}
	if err := in.meter.holds(openedBytes * len(text)); err != nil {
		return value.Value{}, err
	}
	v, err := value.Parse(text)
	if err != nil {
		return value.Value{}, fmt.Errorf("argument 1 is not valid JSON: %w", err)
	}
	return v, nil
}

func jsonToString(in *invocation) (value.Value, error) {
	if err := in.meter.prints(in.args[0]); err != nil {
		return value.Value{}, err
	}
	return value.FromString(in.args[0].Compact()), nil
}

func base64Encode(in *invocation) (value.Value, error) {
	s, err := in.str(0)
	if err != nil {
		return value.Value{}, err
	}
	if err := in.atMostMaxCharacters(0, s); err != nil {
		return value.Value{}, err
	}
	return value.FromString(base64.StdEncoding.EncodeToString([]byte(s))), nil
}

// base64Decode takes padding or its absence (measured on AWS), but no line breaks.
func base64Decode(in *invocation) (value.Value, error) {
	s, err := in.str(0)
	if err != nil {
		return value.Value{}, err
	}
	if err := in.atMostMaxCharacters(0, s); err != nil {
		return value.Value{}, err
	}
	encoding := base64.StdEncoding
	if !strings.HasSuffix(s, "=") {
		encoding = base64.RawStdEncoding
	}
	data, err := encoding.DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return value.Value{}, errors.New("argument 1 is not valid Base64")
	}
	return value.FromString(string(data)), nil
}

func hash(in *invocation) (value.Value, error) {
	algorithm, err := in.str(1)
	if err != nil {
		return value.Value{}, err
	}
	if err := in.meter.prints(in.args[0]); err != nil {
		return value.Value{}, err
	}
	text := display(in.args[0])
	if err := in.atMostMaxCharacters(0, text); err != nil {
		return value.Value{}, err
	}
	sum, ok := digest(algorithm, []byte(text))
	if !ok {
		return value.Value{}, in.mustBe(1, "one of MD5, SHA-1, SHA-256, SHA-384 and SHA-512")
	}
	return value.FromString(hex.EncodeToString(sum)), nil
}

func digest(algorithm string, data []byte) (sum []byte, ok bool) {
	switch algorithm {
	case "MD5":
		d := md5.Sum(data)
		return d[:], true
	case "SHA-1":
		d := sha1.Sum(data)
		return d[:], true
	case "SHA-256":
		d := sha256.Sum256(data)
		return d[:], true
	case "SHA-384":
		d := sha512.Sum384(data)
		return d[:], true
	case "SHA-512":
		d := sha512.Sum512(data)
		return d[:], true
	}
	return nil, false
}

// stringSplit cuts at every character of its second argument and drops empty pieces.
func stringSplit(in *invocation) (value.Value, error) {
	s, err := in.str(0)
	if err != nil {
		return value.Value{}, err
	}
	delimiters, err := in.str(1)
	if err != nil {
		return value.Value{}, err
	}
	if err := in.meter.spend(len(s) * (1 + len(delimiters)/bytesRead) / elements); err != nil {
		return value.Value{}, err
	}
	var pieces []value.Value
	for piece := range strings.FieldsFuncSeq(s, func(c rune) bool { return strings.ContainsRune(delimiters, c) }) {
		if err := in.meter.holds(foundBytes + len(piece)); err != nil {
			return value.Value{}, err
		}
		pieces = append(pieces, value.FromString(piece))
	}
	return value.NewArray(pieces), nil
}

func newUUID(in *invocation) (value.Value, error) {
	if in.env.UUID == nil {
		return value.Value{}, errors.New("there is no source of UUIDs here")
	}
	return value.FromString(in.env.UUID()), nil
}
