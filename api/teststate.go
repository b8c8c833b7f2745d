package api

import (
	"context"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task/aws"
	"github.com/statelark/statelark/value"
)

// testShapes returns the shapes of a mock and of a configuration of a state.
func testShapes(payloadShape *awswire.Shape) (mock, configuration *awswire.Shape) {
	mock = awswire.Struct("MockInput",
		awswire.Opt("result", payloadShape),
		awswire.Opt("errorOutput", awswire.Struct("MockErrorOutput",
			awswire.Opt("error", errorNameShape), awswire.Opt("cause", causeShape))),
		awswire.Opt("fieldValidationMode", awswire.Words("STRICT", validatePresent, validateNone)))
	configuration = awswire.Struct("TestStateConfiguration",
		awswire.Opt("retrierRetryCount", awswire.Range(0, 0)),
		awswire.Opt("errorCausedByState", awswire.Secret(1, 80)),
		awswire.Opt("mapIterationFailureCount", awswire.Range(0, 0)),
		awswire.Opt("mapItemReaderData", payloadShape))
	return mock, configuration
}

// How a mocked result is held against the model of the service; anything else is STRICT.
const (
	validatePresent = "PRESENT"
	validateNone    = "NONE"
)

// The levels of inspection above INFO.
const (
	inspectDebug = "DEBUG"
	inspectTrace = "TRACE"
)

// invalidTest is the answer to a test that cannot be made.
func invalidTest(format string, a ...any) error {
	return statelark.Errorf(statelark.CodeValidation, format, a...)
}

func (s *Server) testState(ctx context.Context, c *awswire.Call) error {
	t, err := s.readTest(c)
	if err != nil {
		return err
	}
	r, err := s.engine.TestState(ctx, t)
	if err != nil {
		return err
	}
	if r.Output != nil {
		c.Out.Str("output", *r.Output)
	}
	c.Out.StrPtr("error", r.Error)
	c.Out.StrPtr("cause", r.Cause)
	c.Out.StrIf("nextState", r.Next)
	c.Out.Str("status", string(r.Status))
	switch level := c.Str("inspectionLevel"); level {
	case inspectDebug, inspectTrace:
		c.Out.Open("inspectionData", '{')
		writeInspection(&c.Out, &r.Inspection)
		if level == inspectTrace {
			writeExchange(&c.Out, &r.Inspection)
		}
		c.Out.Close('}')
	}
	return nil
}

// readTest reads and checks what is to be tested.
func (s *Server) readTest(c *awswire.Call) (*statelark.StateTest, error) {
	configuration := c.Struct("stateConfiguration")
	t := &statelark.StateTest{
		Place: c.Place, Definition: c.Str("definition"), StateName: c.Str("stateName"), RoleARN: c.Str("roleArn"),
		Input: "{}", Variables: c.Str("variables"), Context: c.Str("context"),
		Retries: configuration.Int("retrierRetryCount"), Failed: configuration.Int("mapIterationFailureCount"),
		ReaderData: configuration.StrPtr("mapItemReaderData"), RevealSecrets: c.Bool("revealSecrets", false),
	}
	if t.RoleARN != "" && !isRoleARN(t.RoleARN) {
		return nil, statelark.Errorf(statelark.CodeInvalidArn, "Invalid Role Arn: '%s'", t.RoleARN)
	}
	m, found := asl.ParseTested(t.Definition, t.StateName)
	switch {
	case m != nil:
	case asl.Message(found) == "":
		return nil, invalidTest("State not found in definition")
	default:
		return nil, statelark.Errorf(statelark.CodeInvalidDefinition, "Invalid State Machine Definition: '%s'", asl.Message(found))
	}
	if c.Has("input") {
		t.Input = c.Str("input")
		if r := value.Refuse(t.Input); r != nil {
			return nil, statelark.Errorf(statelark.CodeInvalidExecutionInput, "Invalid State Machine Execution Input: '%s'", r.Why)
		}
	}
	if err := readMock(c, t, m.State); err != nil {
		return nil, err
	}
	if err := checkContext(c, m.State); err != nil {
		return nil, err
	}
	return t, checkVariables(t.Variables)
}

// checkVariables checks the variables that were sent, "": none.
func checkVariables(text string) error {
	if text == "" {
		return nil
	}
	v, err := value.Parse(text)
	if err != nil || v.Kind() != value.Object {
		return invalidTest("Variables must be a valid JSON object.")
	}
	for _, m := range v.Members() {
		if _, why := asl.RefuseVariable(m.Key); why != "" {
			return invalidTest("%s", why)
		}
	}
	return nil
}

// readMock reads the mock of state, and checks that it has one when it needs one.
func readMock(c *awswire.Call, t *statelark.StateTest, state *asl.State) error {
	if !c.Has("mock") {
		return checkReal(c, t, state)
	}
	mock := c.Struct("mock")
	switch failure := mock.Struct("errorOutput"); {
	case state.Task == nil && state.Map == nil && state.Parallel == nil:
		return invalidTest("State type '%s' is not supported when a mock is specified", state.Type)
	case mock.Has("result") == mock.Has("errorOutput"):
		return invalidTest("A test mock should have only one of the following fields: [result, errorOutput].")
	case t.RevealSecrets:
		return invalidTest("TestState does not support RevealSecrets when a mock is specified.")
	case mock.Has("errorOutput") && !failure.Has("error"):
		return invalidTest("The error field is required in the errorOutput of a test mock.")
	default:
		t.Mock = &statelark.StateMock{Result: mock.StrPtr("result"), Error: failure.StrPtr("error"), Cause: failure.StrPtr("cause")}
	}
	if t.Mock.Result == nil {
		return nil
	}
	result, err := value.Parse(*t.Mock.Result)
	if err != nil {
		return invalidTest("Mocked result must be valid JSON")
	}
	return checkResult(result, t, state, mock.Str("fieldValidationMode"))
}

// checkReal checks that state can be tested as it is.
func checkReal(c *awswire.Call, t *statelark.StateTest, state *asl.State) error {
	switch {
	case state.Map != nil || state.Parallel != nil:
		return statelark.Errorf(statelark.CodeInvalidDefinition,
			"TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]")
	case state.Task != nil && (state.Task.Resource.Activity != "" || state.Task.Resource.Waits()):
		return statelark.Errorf(statelark.CodeInvalidDefinition,
			"TestState API supports Activity tasks and the '.sync' and '.waitForTaskToken' service integration patterns only when a mock is specified")
	case c.Has("context"):
		return invalidTest("Context can only be specified when a mock is specified.")
	case c.Struct("stateConfiguration").Has("mapIterationFailureCount"):
		return invalidTest("mapIterationFailureCount can only be specified when a mock is specified.")
	case state.Task != nil && t.RoleARN == "":
		return invalidTest("RoleArn must be specified when testing a Task state")
	}
	return nil
}

// checkResult holds a mocked result against what state may get.
func checkResult(result value.Value, t *statelark.StateTest, state *asl.State, mode string) error {
	switch {
	case state.Map != nil && state.Map.ResultWriter != nil:
		if result.Kind() != value.Object {
			return invalidTest("Mocked result must be a JSON object.")
		}
	case state.Map != nil || state.Parallel != nil:
		if result.Kind() != value.Array {
			return invalidTest("Mocked result must be an array.")
		}
		if state.Parallel != nil && result.Len() != len(state.Parallel.Branches) {
			return invalidTest("Mocked result must contain the same number of items as number of Parallel branches.")
		}
		if state.Map != nil && t.Failed > int64(result.Len()) {
			return invalidTest("mapIterationFailureCount must not exceed the number of items of the mocked result.")
		}
	case state.Task != nil && mode != validateNone:
		return checkTaskResult(result, &state.Task.Resource, mode)
	}
	return nil
}

func checkTaskResult(result value.Value, r *asl.Resource, mode string) error {
	shape := aws.ResultShape(r)
	if shape == nil {
		return nil
	}
	if result.Kind() != value.Object {
		return invalidTest("Mocked result must be a JSON object.")
	}
	if wrong := (schema{required: mode != validatePresent}).mismatch("", result, shape); wrong != "" {
		return invalidTest("Mock result schema validation error: %s", wrong)
	}
	return nil
}

// contextShape is the context object. Input and the value of an item may be anything.
var contextShape = func() *awswire.Shape {
	anything, text, number := &awswire.Shape{}, awswire.Length(0, 0), &awswire.Shape{Kind: awswire.Float}
	opt := awswire.Opt
	return awswire.Struct("",
		opt("Execution", awswire.Struct("", opt("Id", text), opt("Input", anything), opt("Name", text), opt("RoleArn", text),
			opt("StartTime", text), opt("RedriveCount", number), opt("RedriveTime", text))),
		opt("State", awswire.Struct("", opt("EnteredTime", text), opt("Name", text), opt("RetryCount", number))),
		opt("StateMachine", awswire.Struct("", opt("Id", text), opt("Name", text))),
		opt("Task", awswire.Struct("", opt("Token", text))),
		opt("Map", awswire.Struct("", opt("Item", awswire.Struct("", opt("Index", number), opt("Value", anything),
			opt("Key", text), opt("Source", text))))))
}()

// checkContext checks the context object that was sent.
func checkContext(c *awswire.Call, state *asl.State) error {
	if !c.Has("context") {
		return nil
	}
	invalid := func(why string) error { return invalidTest("Invalid Context object provided: %s", why) }
	v, err := value.Parse(c.Str("context"))
	switch {
	case err != nil || v.Kind() != value.Object:
		return invalid("Context object must be a valid JSON object")
	default:
		if wrong := (schema{closed: true}).mismatch("", v, contextShape); wrong != "" {
			return invalid(wrong)
		}
	}
	if _, has := v.Get("Map"); has && state.Map != nil {
		return invalid("'Map' field is not supported when mocking a Map state")
	}
	if _, has := v.Get("Task"); has && (state.Task == nil || !state.Task.Resource.Waits()) {
		return invalid("Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern")
	}
	return nil
}

func writeInspection(w *awswire.Writer, in *statelark.StateInspection) {
	for _, step := range in.Steps {
		w.Str(step.Name, step.Value)
	}
	for _, n := range []struct {
		name  string
		value *int64
	}{{"maxConcurrency", in.MaxConcurrency}, {"toleratedFailureCount", in.ToleratedFailureCount}} {
		if n.value != nil {
			w.Int(n.name, *n.value)
		}
	}
	if p := in.ToleratedFailurePercentage; p != nil {
		w.Key("toleratedFailurePercentage")
		w.Raw(func(dst []byte) []byte { return value.AppendFloat(dst, *p) })
	}
	if in.CatchIndex == nil && in.RetryIndex == nil {
		return
	}
	w.Open("errorDetails", '{')
	if in.CatchIndex != nil {
		w.Int("catchIndex", int64(*in.CatchIndex))
	}
	if in.RetryIndex != nil {
		w.Int("retryIndex", int64(*in.RetryIndex))
		w.Int("retryBackoffIntervalSeconds", in.RetryBackoff)
	}
	w.Close('}')
}

// writeExchange writes what an HTTP Task sent and got.
func writeExchange(w *awswire.Writer, in *statelark.StateInspection) {
	if r := in.Request; r != nil {
		w.Open("request", '{')
		w.StrIf("protocol", r.Protocol)
		w.StrIf("method", r.Method)
		w.StrIf("url", r.URL)
		w.StrIf("headers", r.Headers)
		w.StrIf("body", r.Body)
		w.Close('}')
	}
	if r := in.Response; r != nil {
		w.Open("response", '{')
		w.StrIf("protocol", r.Protocol)
		w.StrIf("statusCode", r.StatusCode)
		w.StrIf("statusMessage", r.StatusMessage)
		w.StrIf("headers", r.Headers)
		w.StrIf("body", r.Body)
		w.Close('}')
	}
}
