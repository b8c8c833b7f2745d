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

// resource checks that text is the ARN of a resource of one of kinds, in the place of the caller, and returns what follows
// the kind.
func resource(c *awswire.Call, text string, kinds ...string) (id string, err error) {
	a, ok := arn.Parse(text)
	if !ok || a.Partition != c.Place.Partition() || a.Service != "states" {
		return "", invalidARN("Invalid ARN prefix: " + text)
	}
	if a.Region != c.Place.Region {
		return "", invalidARN("Region not valid in this context: " + a.Region)
	}
	if a.Account != c.Place.Account {
		return "", statelark.Errorf(statelark.CodeAccessDenied, "Account %s is not authorized to access this resource: %s",
			c.Place.Account, text)
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
	id, err := resource(c, text, "stateMachine")
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
	id, err := resource(c, text, "execution")
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
	_, err := resource(c, text, "activity")
	return text, err
}

// versionARN takes the ARN of a version apart that was sent as a member.
func (s *Server) versionARN(c *awswire.Call, member string) (machine string, number int64, err error) {
	text := c.Str(member)
	if _, err := resource(c, text, "stateMachine"); err != nil {
		return "", 0, err
	}
	machine, qualifier := arn.SplitQualified(text)
	number, ok := statelark.VersionNumber(qualifier)
	if !ok {
		return "", 0, statelark.Errorf(statelark.CodeValidation, "The ARN does not refer to a state machine version: '%s'", text)
	}
	return machine, number, nil
}

// aliasARN takes the ARN of an alias apart that was sent.
func (s *Server) aliasARN(c *awswire.Call) (machine, name string, err error) {
	text := c.Str("stateMachineAliasArn")
	if _, err := resource(c, text, "stateMachine"); err != nil {
		return "", "", err
	}
	machine, name = arn.SplitQualified(text)
	if !isAliasName(name) {
		return "", "", invalidARN("Resource type not valid in this context: stateMachine")
	}
	return machine, name, nil
}

// isAliasName tells whether text may name an alias. What is all digits names a version.
func isAliasName(text string) bool {
	digits := true
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_', r == '-', r == '.':
			digits = false
		default:
			return false
		}
	}
	return !digits
}
