// Package jsonata evaluates JSONata expressions, version 2.0.6 of the language, in two dialects: as the
// reference implementation answers under Node, and as AWS Step Functions does.
//
//	expr, err := jsonata.Parse(`$sum(items.price)`, jsonata.AWS)
//	result, ok, err := expr.Eval(&jsonata.Env{}, input)
//
// An expression passes through these hands, each of them a file or a few:
//
//   - lexer.go cuts the source into tokens on demand, parser.go builds the raw tree;
//   - process.go and ancestry.go turn it into the tree that is evaluated: paths as lists of steps, predicates
//     and bindings on the step they follow, every % connected with its step; analyse.go marks what can be
//     done faster;
//   - eval.go, path.go, operators.go, group.go, sort.go, function.go and transform.go walk that tree; direct.go
//     answers for expressions that only name a place in the input;
//   - val.go, array.go and object.go are the values that they work on, slab.go and frame.go where those are kept;
//     convert.go prints them;
//   - functions_*.go are the built-in functions by family, listed in builtins.go; picture_*.go are the
//     pictures of numbers and dates; aws.go is what the AWS dialect adds.
//
// An Expr never changes and may be shared. An evaluation reads no clock and draws no random number of its
// own; both come with its Env, as do the limits on its depth, its steps and its memory. No expression and no
// input makes it panic.
package jsonata
