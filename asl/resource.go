package asl

// Pattern is how a Task waits for what it calls.
type Pattern uint8

// The patterns.
const (
	RequestResponse Pattern = iota + 1
	Sync                    // .sync: until the job is done
	Sync2                   // .sync:2: the same, its output as JSON
	WaitForTaskToken
)

// Resource is what the Resource field of a Task names. Of the three kinds, exactly one holds: a function or
// activity ARN (Function, Activity), or an integration (Service and Action).
type Resource struct {
	ARN       string
	Partition string
	Region    string
	Account   string
	Function  string // name with version or alias, of arn:…:lambda:…:function:…
	Activity  string // name, of arn:…:states:…:activity:…
	Service   string // "lambda", "states", "aws-sdk:dynamodb"
	Action    string // "invoke", without the suffix of the pattern
	Pattern   Pattern
}

// Type is the resourceType that history shows for an integration.
func (r Resource) Type() string { return r.Service }

// Name is the resource that history shows for an integration: the action with its pattern.
func (r Resource) Name() string {
	switch r.Pattern {
	case Sync:
		return r.Action + ".sync"
	case Sync2:
		return r.Action + ".sync:2"
	case WaitForTaskToken:
		return r.Action + ".waitForTaskToken"
	}
	return r.Action
}
