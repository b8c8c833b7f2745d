package aws

import (
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task"
)

// NewSFN makes the target of aws-sdk:sfn from the API of Step Functions.
func NewSFN(api *awswire.Service) task.Target {
	return NewSDK(Options{Caller: api, BuiltIn: func(string) bool { return true }})
}
