package aws

import (
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task"
)

// NewSFN makes the target of aws-sdk:sfn from the API of Step Functions.
func NewSFN(api *awswire.Service) task.Target { return &sdkTarget{&sfn, api} }

var sfn = sdkService{
	name:   "Sfn",
	opaque: []string{"variableReferences", "assignedVariables"},
	isTime: func(member string) bool { return strings.HasSuffix(member, "Date") || member == "timestamp" },
}
