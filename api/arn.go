package api

import (
	"slices"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
)

func invalidARN(what string) error {
	return statelark.Errorf(statelark.CodeInvalidArn, "Invalid Arn: '%s'", what)
}

// resource checks that text is the ARN of a resource of one of kinds, here, and returns what follows the kind.
func (s *Server) resource(text string, kinds ...string) (id string, err error) {
	a, ok := arn.Parse(text)
	if !ok || a.Partition != s.place.Partition() || a.Service != "states" {
		return "", invalidARN("Invalid ARN prefix: " + text)
	}
	if a.Region != s.place.Region {
		return "", invalidARN("Region not valid in this context: " + a.Region)
	}
	if a.Account != s.place.Account {
		return "", statelark.Errorf(statelark.CodeAccessDenied, "Account %s is not authorized to access this resource: %s",
			s.place.Account, text)
	}
	kind, id := a.Cut()
	if id == "" || !slices.Contains(kinds, kind) {
		return "", invalidARN("Resource type not valid in this context: " + kind)
	}
	return id, nil
}

// machineARN returns the ARN of a state machine that was sent, refusing that of a Distributed Map in one.
func (s *Server) machineARN(c *awswire.Call) (string, error) {
	text := c.Str("stateMachineArn")
	id, err := s.resource(text, "stateMachine")
	if err != nil {
		return "", err
	}
	if strings.Contains(id, "/") {
		e := statelark.Errorf(statelark.CodeValidation, "This API does not support labeled state machine ARNs: '%s'", text)
		e.Reason = "API_DOES_NOT_SUPPORT_LABELED_ARNS"
		return "", e
	}
	return text, nil
}

// executionARN returns the ARN of an execution of a Standard state machine that was sent.
func (s *Server) executionARN(c *awswire.Call) (string, error) {
	text := c.Str("executionArn")
	id, err := s.resource(text, "execution")
	if err != nil {
		return "", err
	}
	if machine, name, ok := strings.Cut(id, ":"); !ok || machine == "" || name == "" {
		return "", invalidARN("Invalid ARN prefix: " + text)
	}
	return text, nil
}

// activityARN returns the ARN of an activity that was sent.
func (s *Server) activityARN(c *awswire.Call) (string, error) {
	text := c.Str("activityArn")
	_, err := s.resource(text, "activity")
	return text, err
}
