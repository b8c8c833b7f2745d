package statelark

import "strings"

// Place is where the resources of a server live: the part of their ARNs that is the same for all.
type Place struct {
	Partition string
	Region    string
	Account   string
}

// ARN returns the ARN of a Step Functions resource here.
func (p Place) ARN(kind, id string) string {
	return "arn:" + p.Partition + ":states:" + p.Region + ":" + p.Account + ":" + kind + ":" + id
}

// StateMachineARN returns the ARN of a state machine here.
func (p Place) StateMachineARN(name string) string { return p.ARN("stateMachine", name) }

// ActivityARN returns the ARN of an activity here.
func (p Place) ActivityARN(name string) string { return p.ARN("activity", name) }

// ARN is an Amazon resource name, taken apart.
type ARN struct {
	Place
	Service string
	// Kind is the type of a Step Functions resource: "stateMachine", "execution", "express", "activity", "mapRun".
	Kind string
	// ID is what follows the kind: "Name", "Name:Version", "Machine:Execution".
	ID string
}

// ParseARN takes an ARN apart, false when text is none: six parts and a kind at least, the parts up to the kind
// except region and account not empty. It does not look into the ID.
func ParseARN(text string) (ARN, bool) {
	parts := strings.SplitN(text, ":", 7)
	if len(parts) < 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return ARN{}, false
	}
	a := ARN{Place: Place{parts[1], parts[3], parts[4]}, Service: parts[2], Kind: parts[5]}
	if len(parts) == 7 {
		a.ID = parts[6]
	}
	return a, true
}

// ExecutionARN returns the ARN of an execution of a Standard state machine, given by its own ARN.
func ExecutionARN(machineARN, name string) string {
	return strings.Replace(machineARN, ":stateMachine:", ":execution:", 1) + ":" + name
}

// SplitExecutionARN is the inverse of ExecutionARN, false when arn is not of that form.
func SplitExecutionARN(arn string) (machineARN, name string, ok bool) {
	i := strings.LastIndexByte(arn, ':')
	if i < 0 || i == len(arn)-1 || !strings.Contains(arn[:i], ":execution:") {
		return "", "", false
	}
	return strings.Replace(arn[:i], ":execution:", ":stateMachine:", 1), arn[i+1:], true
}
