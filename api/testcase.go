package api

import "strings"

// Mocks is the mock configuration, as starts need it.
type Mocks interface {
	// Check reports why no execution of a state machine, given by its ARN, can be started with a test case.
	Check(machine, testCase string) error
}

// cutTestCase cuts the test case off the ARN of a state machine, as Step Functions Local takes it: ARN#CASE. Where there is
// no mock configuration the ARN stays as it is, and names no state machine, as on AWS.
func (s *Server) cutTestCase(arn string) (machine, testCase string, err error) {
	machine, testCase, mocked := strings.Cut(arn, "#")
	if !mocked || s.mocks == nil {
		return arn, "", nil
	}
	if err := s.mocks.Check(machine, testCase); err != nil {
		return "", "", invalidARN(err.Error())
	}
	return machine, testCase, nil
}
