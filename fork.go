package statelark

// Origin tells what an execution was forked from.
type Origin struct {
	ARN   string // of the execution
	State string // that the fork began with
	Event int64  // with which the state was entered there
	// Variables is the blob of the fork that has the variables which it began with, an object in JSON; 0: there were none.
	Variables uint32
}

// ForkStart asks for a fork: an execution that begins at a state of the top level of another one.
type ForkStart struct {
	From  string // ARN of the other one
	State string // "": the one that failed first
	// Event is the one with which the state was entered, 0: the last time that it was.
	Event int64
	// Input is what the state gets, and Variables are those that there are, an object in JSON; nil: as in that visit.
	Input, Variables *string
	// Machine is the ARN of the state machine of the other one: as it is, for its present revision, or qualified by a
	// version or an alias. "": the revision that the other one runs.
	Machine string
	Name    string // of the fork; never "": whoever was given none makes one up
	MadeUp  bool   // as in ExecutionStart
}

// ForkList names the list of the forks of an execution, by its ARN; see Execution.Lists.
func ForkList(arn string) string { return arn + "#forks" }
