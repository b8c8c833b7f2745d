package console

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/search"
	"github.com/statelark/statelark/search/query"
)

var searchRoutes = []route{
	{"GET", "executions", Viewer, (*Server).executions},
	{"POST", "bulk", Operator, (*Server).bulk},
}

// Bounds of a page of executions.
const (
	executionsPage    = 50
	maxExecutionsPage = 1000
)

// executions answers GET /api/executions.
func (s *Server) executions(c *call) (any, error) {
	began := time.Now()
	form := c.URL.Query()
	r, err := s.request(c.person, form.Get("q"))
	if err != nil {
		return nil, err
	}
	r.Limit = executionsPage
	if text := form.Get("n"); text != "" {
		if r.Limit, err = strconv.Atoi(text); err != nil || r.Limit < 1 || r.Limit > maxExecutionsPage {
			return nil, invalid("n is %q; it has to be a number from 1 to %d.", text, maxExecutionsPage)
		}
	}
	if text := form.Get("cursor"); text != "" {
		if n, err := hex.Decode(r.Before[:], []byte(text)); err != nil || n != len(r.Before) {
			return nil, invalid("cursor is %q, which is none of this server's.", text)
		}
	}
	answer, err := s.page(c.Context(), r, form.Get("count") == "1")
	if err != nil {
		return nil, err
	}
	answer.Took = float64(time.Since(began)) / float64(time.Millisecond)
	return answer, nil
}

// page returns what was found, and with count how many there are.
func (s *Server) page(ctx context.Context, r search.Request, count bool) (*Executions, error) {
	page, err := s.opts.Search.Search(ctx, r)
	if err != nil {
		return nil, err
	}
	answer := &Executions{Partial: page.Partial, Executions: []ExecutionRow{}}
	for _, f := range page.Found {
		row := rowOf(f.Execution)
		row.Error = f.Error
		answer.Executions = append(answer.Executions, row)
	}
	if page.Next != (statelark.ExecID{}) {
		answer.Next = page.Next.String()
	}
	if count {
		all, err := s.opts.Search.Count(ctx, r)
		if err != nil {
			return nil, err
		}
		answer.Count, answer.Partial = &all.N, answer.Partial || all.Partial
	}
	return answer, nil
}

// request returns what a text asks for, of what a person may know of. Who may not see payloads cannot find out what is in
// them either, nor what is in fields that are masked.
func (s *Server) request(p *Person, text string) (r search.Request, err error) {
	if s.opts.Search == nil {
		return r, &statelark.Error{Code: codeNotFound, Message: "This server does not search."}
	}
	q, err := query.Parse(text)
	if err != nil {
		return r, err
	}
	if first := q.Payload(); first != nil && !p.Payloads {
		return r, &statelark.Error{Code: codeDenied, Message: "You may not see payloads, and " + text[first.Start:first.End] + " asks for one."}
	}
	if mask := NewMask(p.Masked); mask != nil {
		var refused *query.Cond
		q.Walk(func(c *query.Cond, _ bool) {
			for _, step := range c.Path {
				if mask.hides(step.Key) {
					refused = c
				}
			}
		})
		if refused != nil {
			return r, &statelark.Error{Code: codeDenied, Message: "What " + text[refused.Start:refused.End] + " asks for is masked."}
		}
	}
	return search.Request{Query: q, Machines: s.opts.Place.StateMachineARN(""), Blind: !p.Payloads}, nil
}

func invalid(format string, args ...any) error {
	return &statelark.Error{Code: codeValidation, Message: fmt.Sprintf(format, args...)}
}

// failQuery answers a query that does not parse, false when err is of something else.
func (s *Server) failQuery(w http.ResponseWriter, r *http.Request, err error) bool {
	var f *query.Failure
	if !errors.As(err, &f) {
		return false
	}
	s.write(w, r, http.StatusBadRequest, QueryFailure{Failure: Failure{Code: codeValidation, Message: f.Message}, Start: f.Start, End: f.End})
	return true
}
