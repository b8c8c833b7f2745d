package console

import (
	"encoding/json"

	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// exported is GET /api/execution/export.json: an execution with its events, as AWS's API has them.
type exported struct {
	Execution *Execution        `json:"execution"`
	Events    []json.RawMessage `json:"events"`
	Partial   string            `json:"partial,omitempty"` // what is left out, and why
}

// export is GET /api/execution/export.json?arn=.
func (s *Server) export(c *call) (any, error) {
	name, err := c.arn()
	if err != nil {
		return nil, err
	}
	v, err := s.execution(c)
	if err != nil {
		return nil, err
	}
	x := v.(*Execution)
	out := &exported{Execution: x, Events: []json.RawMessage{}}
	if !c.person.Payloads {
		out.Partial = "Payloads are left out: whoever asked for this may not see them."
	}
	bytes := 0
	err = s.walk(c.Context(), name, 1, maxEvents, func(e *history.Event) {
		text := c.person.eventJSON(e, bytes > maxReport)
		if bytes += len(text); bytes > maxReport && c.person.Payloads {
			out.Partial = "Payloads of later events are left out, since the file would be too large."
		}
		out.Events = append(out.Events, text)
	})
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return nil, err
	}
	return &document{kind: "application/json", text: text, name: x.Name + ".json"}, nil
}

// eventJSON is an event as AWS shows it, as far as a person may see it. bare: without data at all.
func (p *Person) eventJSON(e *history.Event, bare bool) json.RawMessage {
	bare = bare || !p.Payloads
	shown := *e
	if bare { // AWS's own way to leave data out keeps parameters and variables
		shown.Data, shown.Assigned = "", nil
	}
	if !p.Payloads {
		shown.Cause = nil
	}
	text := history.AppendJSON(nil, &shown, history.WireOptions{WithoutData: bare})
	if p.Mask != nil {
		if v, err := value.Parse(string(text)); err == nil {
			text = masked(v, p.Mask).AppendCompact(nil)
		}
	}
	return text
}
