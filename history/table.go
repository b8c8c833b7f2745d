package history

// What an event shows is told by one table: a row for each type with the fields it has, in the order in
// which they are printed and packed. The wire form (wire.go) and the packed form (packed.go) both go by it;
// neither knows a type by name. Changing the fields of a row changes the packed form: see packedVersion.

// field is a member of the details of an event. Several share one slot of Event.
type field uint8

const (
	fieldName field = iota
	fieldWorker
	fieldState
	fieldInput
	fieldOutput
	fieldParameters
	fieldAssigned
	fieldError
	fieldCause
	fieldResource
	fieldResourceType
	fieldRegion
	fieldTimeout
	fieldHeartbeat
	fieldRole
	fieldCredentials
	fieldVersion
	fieldAlias
	fieldMapRun
	fieldLocation
	fieldIndex
	fieldLength
	fieldRedriveCount
)

// form is how a field is kept in an Event and printed.
type form uint8

const (
	formText     form = iota // string, always printed
	formMaybe                // string, left out when empty
	formOptional             // *string, left out when nil
	formNumber               // int64, always printed
	formCount                // int64, left out when 0
	formPayload              // string with a truncation record beside it, left out when empty
	formAssigned             // variables, left out when there are none
	formRole                 // string, printed as the roleArn of an object, left out when empty
)

// fields gives each field its name in the API and its form.
var fields = [...]struct {
	name string
	form form
}{
	fieldName:         {"name", formText},
	fieldWorker:       {"workerName", formMaybe},
	fieldState:        {"state", formText},
	fieldInput:        {"input", formPayload},
	fieldOutput:       {"output", formPayload},
	fieldParameters:   {"parameters", formText},
	fieldAssigned:     {"assignedVariables", formAssigned},
	fieldError:        {"error", formOptional},
	fieldCause:        {"cause", formOptional},
	fieldResource:     {"resource", formText},
	fieldResourceType: {"resourceType", formText},
	fieldRegion:       {"region", formText},
	fieldTimeout:      {"timeoutInSeconds", formCount},
	fieldHeartbeat:    {"heartbeatInSeconds", formCount},
	fieldRole:         {"roleArn", formMaybe},
	fieldCredentials:  {"taskCredentials", formRole},
	fieldVersion:      {"stateMachineVersionArn", formMaybe},
	fieldAlias:        {"stateMachineAliasArn", formMaybe},
	fieldMapRun:       {"mapRunArn", formMaybe},
	fieldLocation:     {"location", formMaybe},
	fieldIndex:        {"index", formNumber},
	fieldLength:       {"length", formNumber},
	fieldRedriveCount: {"redriveCount", formNumber},
}

// text returns the slot of a field of a string form.
func (e *Event) text(f field) *string {
	switch f {
	case fieldName, fieldWorker, fieldState:
		return &e.Name
	case fieldInput, fieldOutput, fieldParameters:
		return &e.Data
	case fieldResource:
		return &e.Resource
	case fieldResourceType:
		return &e.ResourceType
	case fieldRegion:
		return &e.Region
	case fieldRole, fieldCredentials:
		return &e.RoleARN
	case fieldVersion:
		return &e.Version
	case fieldAlias:
		return &e.Alias
	case fieldMapRun:
		return &e.MapRun
	default:
		return &e.Location
	}
}

// optional returns the slot of a field of formOptional.
func (e *Event) optional(f field) **string {
	if f == fieldError {
		return &e.Error
	}
	return &e.Cause
}

// number returns the slot of a field of a number form.
func (e *Event) number(f field) *int64 {
	switch f {
	case fieldTimeout:
		return &e.Timeout
	case fieldHeartbeat:
		return &e.Heartbeat
	case fieldIndex:
		return &e.Index
	case fieldLength:
		return &e.Length
	default:
		return &e.RedriveCount
	}
}

// The field lists that more than one type has.
var (
	entered     = []field{fieldName, fieldInput}
	exited      = []field{fieldName, fieldOutput, fieldAssigned}
	failure     = []field{fieldError, fieldCause}
	output      = []field{fieldOutput}
	iteration   = []field{fieldName, fieldIndex}
	taskFailure = []field{fieldResourceType, fieldResource, fieldError, fieldCause}
	taskOutput  = []field{fieldResourceType, fieldResource, fieldOutput}
)

// types is the table. A type without a details member has no fields.
var types = [...]struct {
	name    string
	details string
	fields  []field
}{
	ActivityFailed:               {"ActivityFailed", "activityFailedEventDetails", failure},
	ActivityScheduleFailed:       {"ActivityScheduleFailed", "activityScheduleFailedEventDetails", failure},
	ActivityScheduled:            {"ActivityScheduled", "activityScheduledEventDetails", []field{fieldResource, fieldInput, fieldTimeout, fieldHeartbeat}},
	ActivityStarted:              {"ActivityStarted", "activityStartedEventDetails", []field{fieldWorker}},
	ActivitySucceeded:            {"ActivitySucceeded", "activitySucceededEventDetails", output},
	ActivityTimedOut:             {"ActivityTimedOut", "activityTimedOutEventDetails", failure},
	ChoiceStateEntered:           {"ChoiceStateEntered", "stateEnteredEventDetails", entered},
	ChoiceStateExited:            {"ChoiceStateExited", "stateExitedEventDetails", exited},
	EvaluationFailed:             {"EvaluationFailed", "evaluationFailedEventDetails", []field{fieldError, fieldCause, fieldLocation, fieldState}},
	ExecutionAborted:             {"ExecutionAborted", "executionAbortedEventDetails", failure},
	ExecutionFailed:              {"ExecutionFailed", "executionFailedEventDetails", failure},
	ExecutionRedriven:            {"ExecutionRedriven", "executionRedrivenEventDetails", []field{fieldRedriveCount}},
	ExecutionStarted:             {"ExecutionStarted", "executionStartedEventDetails", []field{fieldInput, fieldRole, fieldAlias, fieldVersion}},
	ExecutionSucceeded:           {"ExecutionSucceeded", "executionSucceededEventDetails", output},
	ExecutionTimedOut:            {"ExecutionTimedOut", "executionTimedOutEventDetails", failure},
	FailStateEntered:             {"FailStateEntered", "stateEnteredEventDetails", entered},
	LambdaFunctionFailed:         {"LambdaFunctionFailed", "lambdaFunctionFailedEventDetails", failure},
	LambdaFunctionScheduleFailed: {"LambdaFunctionScheduleFailed", "lambdaFunctionScheduleFailedEventDetails", failure},
	LambdaFunctionScheduled:      {"LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails", []field{fieldResource, fieldInput, fieldTimeout, fieldCredentials}},
	LambdaFunctionStartFailed:    {"LambdaFunctionStartFailed", "lambdaFunctionStartFailedEventDetails", failure},
	LambdaFunctionStarted:        {"LambdaFunctionStarted", "", nil},
	LambdaFunctionSucceeded:      {"LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails", output},
	LambdaFunctionTimedOut:       {"LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails", failure},
	MapIterationAborted:          {"MapIterationAborted", "mapIterationAbortedEventDetails", iteration},
	MapIterationFailed:           {"MapIterationFailed", "mapIterationFailedEventDetails", iteration},
	MapIterationStarted:          {"MapIterationStarted", "mapIterationStartedEventDetails", iteration},
	MapIterationSucceeded:        {"MapIterationSucceeded", "mapIterationSucceededEventDetails", iteration},
	MapRunAborted:                {"MapRunAborted", "", nil},
	MapRunFailed:                 {"MapRunFailed", "mapRunFailedEventDetails", failure},
	MapRunRedriven:               {"MapRunRedriven", "mapRunRedrivenEventDetails", []field{fieldMapRun, fieldRedriveCount}},
	MapRunStarted:                {"MapRunStarted", "mapRunStartedEventDetails", []field{fieldMapRun}},
	MapRunSucceeded:              {"MapRunSucceeded", "", nil},
	MapStateAborted:              {"MapStateAborted", "", nil},
	MapStateEntered:              {"MapStateEntered", "stateEnteredEventDetails", entered},
	MapStateExited:               {"MapStateExited", "stateExitedEventDetails", exited},
	MapStateFailed:               {"MapStateFailed", "", nil},
	MapStateStarted:              {"MapStateStarted", "mapStateStartedEventDetails", []field{fieldLength}},
	MapStateSucceeded:            {"MapStateSucceeded", "", nil},
	ParallelStateAborted:         {"ParallelStateAborted", "", nil},
	ParallelStateEntered:         {"ParallelStateEntered", "stateEnteredEventDetails", entered},
	ParallelStateExited:          {"ParallelStateExited", "stateExitedEventDetails", exited},
	ParallelStateFailed:          {"ParallelStateFailed", "", nil},
	ParallelStateStarted:         {"ParallelStateStarted", "", nil},
	ParallelStateSucceeded:       {"ParallelStateSucceeded", "", nil},
	PassStateEntered:             {"PassStateEntered", "stateEnteredEventDetails", entered},
	PassStateExited:              {"PassStateExited", "stateExitedEventDetails", exited},
	SucceedStateEntered:          {"SucceedStateEntered", "stateEnteredEventDetails", entered},
	SucceedStateExited:           {"SucceedStateExited", "stateExitedEventDetails", exited},
	TaskFailed:                   {"TaskFailed", "taskFailedEventDetails", taskFailure},
	TaskScheduled:                {"TaskScheduled", "taskScheduledEventDetails", []field{fieldResourceType, fieldResource, fieldRegion, fieldParameters, fieldTimeout, fieldHeartbeat, fieldCredentials}},
	TaskStartFailed:              {"TaskStartFailed", "taskStartFailedEventDetails", taskFailure},
	TaskStarted:                  {"TaskStarted", "taskStartedEventDetails", []field{fieldResourceType, fieldResource}},
	TaskStateAborted:             {"TaskStateAborted", "", nil},
	TaskStateEntered:             {"TaskStateEntered", "stateEnteredEventDetails", entered},
	TaskStateExited:              {"TaskStateExited", "stateExitedEventDetails", exited},
	TaskSubmitFailed:             {"TaskSubmitFailed", "taskSubmitFailedEventDetails", taskFailure},
	TaskSubmitted:                {"TaskSubmitted", "taskSubmittedEventDetails", taskOutput},
	TaskSucceeded:                {"TaskSucceeded", "taskSucceededEventDetails", taskOutput},
	TaskTimedOut:                 {"TaskTimedOut", "taskTimedOutEventDetails", taskFailure},
	WaitStateAborted:             {"WaitStateAborted", "", nil},
	WaitStateEntered:             {"WaitStateEntered", "stateEnteredEventDetails", entered},
	WaitStateExited:              {"WaitStateExited", "stateExitedEventDetails", exited},
}

// valid reports whether t is one of the types.
func (t Type) valid() bool { return t > 0 && int(t) < len(types) }

// String returns the API's name of the type, "" when it is none.
func (t Type) String() string {
	if !t.valid() {
		return ""
	}
	return types[t].name
}

var typesByName = func() map[string]Type {
	byName := make(map[string]Type, len(types))
	for t, row := range types {
		byName[row.name] = Type(t)
	}
	delete(byName, "")
	return byName
}()

// ParseType returns the type of the API's name, false when there is none such.
func ParseType(name string) (Type, bool) {
	t, ok := typesByName[name]
	return t, ok
}
