package console

import (
	"context"
	"regexp"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/statelark/statelark"
)

var forkRoutes = []route{
	{"POST", "execution/fork", Operator, (*Server).fork},
}

func (s *Server) fork(c *call) (any, error) {
	var in ForkRequest
	if err := c.read(&in); err != nil {
		return nil, err
	}
	c.resource = in.ARN
	start := statelark.ForkStart{From: in.ARN, State: in.State, Event: in.Event, Input: in.Input, Machine: in.Machine, Name: in.Name}
	if len(in.Variables) > 0 && string(in.Variables) != "null" {
		text := string(in.Variables)
		start.Variables = &text
	}
	switch {
	case in.Event < 0:
		return nil, &statelark.Error{Code: codeValidation, Message: "There is no such event."}
	case in.Name == "":
		start.Name, start.MadeUp = uuid.NewString(), true
	default:
		if err := checkName(in.Name); err != nil {
			return nil, err
		}
	}
	x, err := s.opts.Engine.Fork(c.Context(), start)
	if err != nil {
		return nil, err
	}
	return &Started{ExecutionARN: x.ARN(), StartDate: x.Start}, nil
}

// maxName is how many characters the name of an execution may have.
const maxName = 80

// badInName is what no name may have; AWS's StartExecution says so.
var badInName = regexp.MustCompile("[\\s<>{}\\[\\]?*\"#%\\\\^|~`$&,;:/\x00-\x1f\x7f-\u009f]")

func checkName(name string) error {
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName || badInName.MatchString(name) {
		return &statelark.Error{Code: statelark.CodeInvalidName, Message: "Invalid Name: '" + name + "'"}
	}
	return nil
}

// maxForks is how many forks of an execution are shown.
const maxForks = 20

// forks fills in what an execution was forked from, and its forks.
func (s *Server) forks(ctx context.Context, x *Execution, record *statelark.Execution) error {
	if f := record.Fork; f != nil {
		x.ForkOf = &ForkOrigin{ARN: f.ARN, State: f.State, Event: f.Event}
	}
	forks, err := s.opts.Engine.Forks(ctx, x.ARN, maxForks)
	if err != nil {
		return ignoreRefusal(err) // it is gone meanwhile
	}
	for _, f := range forks {
		x.Forks = append(x.Forks, rowOf(f))
	}
	return nil
}
