package statelark

import (
	"slices"
	"time"

	"github.com/statelark/statelark/arn"
)

// Alias is a name for one or two versions of a state machine, among which it shares out what is started through it.
type Alias struct {
	Machine     string // ARN of the state machine, unqualified
	Name        string // never all digits, so it is no version
	Description string
	Routes      []Route // 1 or 2, of different versions; their weights make 100
	Created     time.Time
	Updated     time.Time
}

// Route is a version and its part of what is started through an alias, in percent.
type Route struct {
	Version int64
	Weight  int64
}

// ARN returns the ARN of the alias.
func (a *Alias) ARN() string { return arn.Qualified(a.Machine, a.Name) }

// SameRequest reports whether the request to create b asks for what a is.
func (a *Alias) SameRequest(b *Alias) bool {
	return a.Name == b.Name && a.Description == b.Description && slices.Equal(a.Routes, b.Routes)
}

// Leads reports whether the alias leads to a version, be it with the weight 0.
func (a *Alias) Leads(version int64) bool {
	return slices.ContainsFunc(a.Routes, func(r Route) bool { return r.Version == version })
}

// Choose returns the version that one start leads to. draw is a number drawn at random; the same one leads to the same
// version as long as the routes are the same.
func (a *Alias) Choose(draw uint64) int64 {
	at := int64(draw % 100)
	for _, r := range a.Routes {
		if at -= r.Weight; at < 0 {
			return r.Version
		}
	}
	return a.Routes[len(a.Routes)-1].Version
}

// AliasUpdate says what UpdateStateMachineAlias changes; nil fields stay as they are.
type AliasUpdate struct {
	Description *string
	Routes      []Route
}

// Apply returns a with u in it, and whether that differs from a, which is left as it is. Updated is the caller's to set.
func (u AliasUpdate) Apply(a *Alias) (next *Alias, changed bool) {
	n := *a
	if u.Description != nil {
		n.Description = *u.Description
	}
	if u.Routes != nil {
		n.Routes = u.Routes
	}
	return &n, !n.SameRequest(a)
}
