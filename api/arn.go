package api

import (
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/awswire"
)

func invalidARN(what string) error {
	return statelark.Errorf("InvalidArn", "Invalid Arn: '%s'", what)
}

// resource checks that text is the ARN of a resource of one of kinds, here, and takes it apart.
func (s *Server) resource(text string, kinds ...string) (statelark.ARN, error) {
	a, ok := statelark.ParseARN(text)
	if !ok || a.Partition != s.Place.Partition || a.Service != "states" {
		return a, invalidARN("Invalid ARN prefix: " + text)
	}
	if a.Region != s.Place.Region {
		return a, invalidARN("Region not valid in this context: " + a.Region)
	}
	if a.Account != s.Place.Account {
		return a, statelark.Errorf("AccessDeniedException", "Account %s is not authorized to access this resource: %s",
			s.Place.Account, text)
	}
	for _, k := range kinds {
		if a.Kind == k && a.ID != "" {
			return a, nil
		}
	}
	return a, invalidARN("Resource type not valid in this context: " + a.Kind)
}

// machineARN returns the ARN of a state machine that was sent, refusing that of a Distributed Map in one.
func (s *Server) machineARN(c *awswire.Call) (string, error) {
	text := c.Str("stateMachineArn")
	a, err := s.resource(text, "stateMachine")
	if err != nil {
		return "", err
	}
	if strings.Contains(a.ID, "/") {
		e := statelark.Errorf("ValidationException", "This API does not support labeled state machine ARNs: '%s'", text)
		e.Reason = "API_DOES_NOT_SUPPORT_LABELED_ARNS"
		return "", e
	}
	return text, nil
}

// executionARN returns the ARN of an execution of a Standard state machine that was sent.
func (s *Server) executionARN(c *awswire.Call) (string, error) {
	text := c.Str("executionArn")
	a, err := s.resource(text, "execution")
	if err != nil {
		return "", err
	}
	if machine, name, ok := strings.Cut(a.ID, ":"); !ok || machine == "" || name == "" {
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
