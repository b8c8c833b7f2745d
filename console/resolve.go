package console

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/statelark/statelark/arn"
)

var resolveRoutes = []route{
	{"GET", "resolve", Viewer, (*Server).resolve},
}

// arnIn finds an ARN of Step Functions in a text, such as the address of a page of AWS's console.
var arnIn = regexp.MustCompile(`arn:aws[a-z-]*:states:[^\s"'?&#<>]+`)

// resolve answers with the page of what a text names.
func (s *Server) resolve(c *call) (any, error) {
	text := strings.TrimSpace(c.URL.Query().Get("text"))
	if plain, err := url.PathUnescape(text); err == nil {
		text = plain
	}
	if found := arnIn.FindString(text); found != "" {
		return pageOf(found), nil
	}
	if text == "" {
		return &Resolved{}, nil
	}
	machine := s.opts.Place.StateMachineARN(text)
	if _, err := s.opts.Engine.StateMachine(c.Context(), machine); err == nil {
		return &Resolved{Path: "/machines/" + url.PathEscape(machine), Kind: "machine"}, nil
	}
	return &Resolved{Path: "/executions?q=" + url.QueryEscape(text), Kind: "search"}, nil
}

// pageOf is the page of an ARN.
func pageOf(text string) *Resolved {
	a, ok := arn.Parse(text)
	if !ok {
		return &Resolved{}
	}
	kind, rest := a.Cut()
	escaped := url.PathEscape(text)
	switch kind {
	case "stateMachine":
		machine, _ := arn.SplitQualified(text)
		machine, _ = arn.SplitLabel(machine)
		return &Resolved{Path: "/machines/" + url.PathEscape(machine), Kind: "machine"}
	case "execution", "express":
		if strings.Contains(rest, ":") {
			return &Resolved{Path: "/executions/" + escaped, Kind: "execution"}
		}
	case "mapRun":
		return &Resolved{Path: "/mapruns/" + escaped, Kind: "mapRun"}
	case "activity":
		return &Resolved{Path: "/activities?arn=" + url.QueryEscape(text), Kind: "activity"}
	}
	return &Resolved{}
}
