// Package search is the index of executions: those of all state machines, found by what query understands.
package search

import (
	"context"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/search/query"
)

// Finder finds executions. *Index is one.
type Finder interface {
	// Search returns a page of those that a query matches, newest start first.
	Search(ctx context.Context, r Request) (Page, error)
	// Count returns how many there are, whatever r.Before and r.Limit are.
	Count(ctx context.Context, r Request) (Count, error)
}

// Request asks for a page.
type Request struct {
	Query *query.Query
	// Machines is what the ARN of the state machine has to begin with: those of a place; "": any.
	Machines string
	// Blind leaves the payloads unseen, for who may not know of them.
	Blind  bool
	Before statelark.ExecID // only ids below this one: Page.Next; the zero id: no bound
	Limit  int
}

// matches holds a document against what is asked for.
func (r *Request) matches(d *query.Document, now time.Time) bool {
	if r.Blind {
		d.Payloads = nil
	}
	return strings.HasPrefix(d.Machine, r.Machines) && r.Query.Matches(d, now)
}

// Page is a part of what was found.
type Page struct {
	Found   []Found
	Next    statelark.ExecID // for the next page; the zero id when there is none
	Partial bool             // the index does not have everything yet
}

// Found is an execution that was found, as it is now.
type Found struct {
	*statelark.Execution // nobody writes to it

	Error string // why it ended, "" when it has none
}

// Count is how many were found.
type Count struct {
	N       int
	Partial bool // the index does not have everything yet
}
