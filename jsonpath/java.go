package jsonpath

import "github.com/statelark/statelark/value"

// appendJava appends v as Java prints its collections: strings bare at any depth, an array as [1, 2], an object as
// {a=1, b=[]}. Numbers keep their spelling.
func appendJava(dst []byte, v value.Value) []byte {
	switch v.Kind() {
	case value.String:
		return append(dst, v.Str()...)
	case value.Array:
		dst = append(dst, '[')
		for i, e := range v.Elems() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendJava(dst, e)
		}
		return append(dst, ']')
	case value.Object:
		dst = append(dst, '{')
		for i, m := range v.Members() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(append(dst, m.Key...), '=')
			dst = appendJava(dst, m.Value)
		}
		return append(dst, '}')
	}
	return append(dst, v.Text()...)
}
