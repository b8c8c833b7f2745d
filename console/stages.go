package console

import (
	"encoding/json"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/value"
)

var stageRoutes = []route{
	{"GET", "execution/stages", Viewer, (*Server).stages},
}

func (s *Server) stages(c *call) (any, error) {
	name, err := c.arn()
	if err != nil {
		return nil, err
	}
	event := c.number("event", 0)
	if event == 0 {
		return nil, &statelark.Error{Code: codeValidation, Message: "The parameter event is missing, or is no number."}
	}
	st, err := s.opts.Engine.Stages(c.Context(), name, event)
	if err != nil {
		return nil, err
	}
	show := func(text *string) *string {
		if text == nil {
			return nil
		}
		return c.person.payload(*text)
	}
	return &Stages{
		State: st.State, QueryLanguage: string(st.Language), Input: show(st.Input), AfterInput: show(st.AfterInput), Arguments: show(st.Arguments),
		Result: show(st.Result), AfterSelector: show(st.AfterSelector), AfterResult: show(st.AfterResult), Output: show(st.Output),
		Before: c.person.variables(st.Before), Assigned: c.person.variables(st.Assigned),
		Error: c.person.text(textOf(st.Error)), Cause: c.person.cause(textOf(st.Cause)), Note: st.Note,
	}, nil
}

// variables are some as the person may see them, none when there are none or not at all.
func (p *Person) variables(vars []value.Member) json.RawMessage {
	if len(vars) == 0 {
		return nil
	}
	text := p.payload(value.NewObject(vars).Text())
	if text == nil {
		return nil
	}
	return json.RawMessage(*text)
}
