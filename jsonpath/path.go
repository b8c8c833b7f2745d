// Package jsonpath is the path language of the States Language as AWS speaks it: the Jayway dialect, reference
// paths that can be written through, and the 18 intrinsic functions.
package jsonpath

import "github.com/statelark/statelark/value"

// Env is what an expression can see. The caller keeps it for one evaluation; nothing in it is changed but the
// state behind Random and UUID.
type Env struct {
	Input   value.Value                           // $
	Context value.Value                           // $$
	Var     func(name string) (value.Value, bool) // $name; nil: there are none
	Random  func() uint64                         // 64 random bits, for States.MathRandom without a seed
	UUID    func() string                         // a version 4 UUID, for States.UUID
}
