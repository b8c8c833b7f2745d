// Package statelark holds the nouns of Statelark (state machines, executions, activities and tags), the
// contract of a store that keeps them, and the errors that the API answers with. ARCHITECTURE.md says how the other
// packages go with it.
package statelark
