package console

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/value"
)

// AWS answers operations of the Step Functions API, for a client in a place, as over the wire: awswire.Service does.
type AWS interface {
	Answer(ctx context.Context, place arn.Place, target string, header http.Header, text string, dst []byte) (status int, body []byte)
}

// operation says who may call an operation of AWS's, and what is left out for who may not see payloads.
type operation struct {
	role  Role
	write bool // it is noted in the audit log
	// hide is a member of the input with the value by which the answer has no payloads.
	hide, as string
	// payloads: without the right to see them the operation is refused, since its answer is one.
	payloads bool
}

// operations are those of the Step Functions API.
var operations = map[string]operation{
	"DescribeActivity":                 {role: Viewer},
	"DescribeExecution":                {role: Viewer, hide: "includedData", as: `"METADATA_ONLY"`},
	"DescribeMapRun":                   {role: Viewer},
	"DescribeStateMachine":             {role: Viewer},
	"DescribeStateMachineAlias":        {role: Viewer},
	"DescribeStateMachineForExecution": {role: Viewer},
	"GetExecutionHistory":              {role: Viewer, hide: "includeExecutionData", as: `false`},
	"ListActivities":                   {role: Viewer},
	"ListExecutions":                   {role: Viewer},
	"ListMapRuns":                      {role: Viewer},
	"ListStateMachineAliases":          {role: Viewer},
	"ListStateMachineVersions":         {role: Viewer},
	"ListStateMachines":                {role: Viewer},
	"ListTagsForResource":              {role: Viewer},
	"ValidateStateMachineDefinition":   {role: Viewer},

	"GetActivityTask":    {role: Operator, write: true, payloads: true},
	"RedriveExecution":   {role: Operator, write: true},
	"SendTaskFailure":    {role: Operator, write: true},
	"SendTaskHeartbeat":  {role: Operator, write: true},
	"SendTaskSuccess":    {role: Operator, write: true},
	"StartExecution":     {role: Operator, write: true},
	"StartSyncExecution": {role: Operator, write: true, hide: "includedData", as: `"METADATA_ONLY"`},
	"StopExecution":      {role: Operator, write: true},
	"TestState":          {role: Operator, write: true, payloads: true},
	"UpdateMapRun":       {role: Operator, write: true},

	"CreateActivity":             {role: Editor, write: true},
	"CreateStateMachine":         {role: Editor, write: true},
	"CreateStateMachineAlias":    {role: Editor, write: true},
	"DeleteActivity":             {role: Editor, write: true},
	"DeleteStateMachine":         {role: Editor, write: true},
	"DeleteStateMachineAlias":    {role: Editor, write: true},
	"DeleteStateMachineVersion":  {role: Editor, write: true},
	"PublishStateMachineVersion": {role: Editor, write: true},
	"TagResource":                {role: Editor, write: true},
	"UntagResource":              {role: Editor, write: true},
	"UpdateStateMachine":         {role: Editor, write: true},
	"UpdateStateMachineAlias":    {role: Editor, write: true},
}

// awsTarget stands before the name of an operation in X-Amz-Target.
const awsTarget = "AWSStepFunctions."

// serveAWS answers POST /api/aws/{operation}: the operation as over AWS's API, for the person who has signed in here.
func (s *Server) serveAWS(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("operation")
	op, ok := operations[name]
	if !ok {
		s.unknown(w, r)
		return
	}
	c := &call{Request: r, keeps: op.write && name != "TestState"}
	var err error
	if c.person, err = s.begin(r, op.role); err == nil && op.payloads && !c.person.Payloads {
		err = &statelark.Error{Code: codeDenied, Message: "You may not see payloads, and " + name + " answers with one."}
	}
	var status int
	var body []byte
	if err == nil {
		status, body, err = s.callAWS(c, name, op)
	}
	if op.write && c.person != nil {
		s.audit(r, c.person, name, c.resource, outcomeOf(status, body, err))
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.send(w, r, status, body)
}

// callAWS carries an operation out.
func (s *Server) callAWS(c *call, name string, op operation) (status int, body []byte, err error) {
	text, err := c.text()
	if err != nil {
		return 0, nil, err
	}
	in, err := value.Parse(string(text))
	if err != nil || in.Kind() != value.Object {
		in = value.EmptyObj // Answer says what is wrong with the text
	}
	c.resource = resourceOf(in)
	input := string(text)
	if op.hide != "" && !c.person.Payloads {
		input = withMember(in, op.hide, op.as).Compact()
	}
	status, body = s.opts.AWS.Answer(c.Context(), s.opts.Place, awsTarget+name, http.Header{}, input, nil)
	if !c.person.Payloads && name != validateOperation { // AWS's own way to leave data out keeps parameters, variables and causes
		if out, err := value.Parse(string(body)); err == nil {
			body = payloadless(out).AppendCompact(nil)
		}
	} else if c.person.Mask != nil {
		if out, err := value.Parse(string(body)); err == nil {
			body = masked(out, c.person.Mask).AppendCompact(nil)
		}
	}
	return status, body, nil
}

// withMember returns an object with a member set to JSON text.
func withMember(in value.Value, key, text string) value.Value {
	members := []value.Member{{Key: key, Value: value.Checked(text)}}
	for _, m := range in.Members() {
		if m.Key != key {
			members = append(members, m)
		}
	}
	return value.NewObject(members)
}

// payloadMembers are members of answers that are data of executions: JSON text, or a text that may have some in it. The last
// ones are those of a test of a state.
var payloadMembers = map[string]bool{
	"input": true, "output": true, "parameters": true, "result": true, "cause": true,
	"variables": true, "afterInputPath": true, "afterParameters": true, "afterArguments": true, "afterItemsPath": true, "afterItemsPointer": true,
	"afterItemSelector": true, "afterItemBatcher": true, "afterResultSelector": true, "afterResultPath": true, "body": true, "headers": true,
}

// variablesMember has the variables that a state has assigned: their values as JSON text, by their names.
const variablesMember = "assignedVariables"

// validateOperation has a result that is none of an execution.
const validateOperation = "ValidateStateMachineDefinition"

// payloadless returns the answer of an operation without its payloads.
func payloadless(v value.Value) value.Value {
	switch v.Kind() {
	case value.Object:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			if m.Key != variablesMember && (!payloadMembers[m.Key] || m.Value.Kind() != value.String) {
				members = append(members, value.Member{Key: m.Key, Value: payloadless(m.Value)})
			}
		}
		return value.NewObject(members)
	case value.Array:
		elems := make([]value.Value, 0, v.Len())
		for _, e := range v.Elems() {
			elems = append(elems, payloadless(e))
		}
		return value.NewArray(elems)
	}
	return v
}

// masked returns the answer of an operation with values in its payloads hidden.
func masked(v value.Value, mask func(string) string) value.Value {
	switch v.Kind() {
	case value.Object:
		members := make([]value.Member, 0, v.Len())
		for _, m := range v.Members() {
			switch {
			case payloadMembers[m.Key] && m.Value.Kind() == value.String:
				m.Value = value.FromString(mask(m.Value.Str()))
			case m.Key == variablesMember:
				if v, err := value.Parse(mask(m.Value.Compact())); err == nil {
					m.Value = v
				}
			default:
				m.Value = masked(m.Value, mask)
			}
			members = append(members, m)
		}
		return value.NewObject(members)
	case value.Array:
		elems := make([]value.Value, 0, v.Len())
		for _, e := range v.Elems() {
			elems = append(elems, masked(e, mask))
		}
		return value.NewArray(elems)
	}
	return v
}

// resourceOf is what the input of an operation is about: the first ARN in it, else a name.
func resourceOf(in value.Value) string {
	name := ""
	for _, m := range in.Members() {
		switch {
		case m.Value.Kind() != value.String:
		case strings.HasSuffix(strings.ToLower(m.Key), "arn") && m.Key != "roleArn":
			return m.Value.Str()
		case m.Key == "name":
			name = m.Value.Str()
		}
	}
	return name
}

// outcomeOf is what an AuditEntry has of an answer.
func outcomeOf(status int, body []byte, err error) string {
	if err != nil || status == http.StatusOK {
		return codeOf(err)
	}
	var refusal struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(body, &refusal) // we have written it
	_, code, _ := strings.Cut(refusal.Type, "#")
	return code
}
