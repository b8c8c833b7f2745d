package api

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task/aws"
)

// metadataOnly is the includedData that leaves out what a key of the customer encrypts.
const metadataOnly = "METADATA_ONLY"

// maxDiagnostics is how many findings ValidateStateMachineDefinition tells at most.
const maxDiagnostics = 100

func (s *Server) createStateMachine(ctx context.Context, c *awswire.Call) error {
	m := &statelark.StateMachine{
		Name:       c.Str("name"),
		Type:       statelark.MachineType(c.Str("type")),
		Definition: c.Str("definition"),
		RoleARN:    c.Str("roleArn"),
		Tracing:    readTracing(c.Struct("tracingConfiguration")),
		Revision:   statelark.InitialRevision,
		Created:    s.now(),
	}
	m.Updated = m.Created
	if m.Type == "" {
		m.Type = statelark.Standard
	}
	if err := checkName(m.Name); err != nil {
		return err
	}
	m.ARN = c.Place.StateMachineARN(m.Name)
	var err error
	if m.Logging, err = readLogging(c.Struct("loggingConfiguration")); err != nil {
		return err
	}
	if m.Tags, err = s.readTags(c.Structs("tags"), m.ARN); err != nil {
		return err
	}
	if m.Encryption, err = readEncryption(c.Struct("encryptionConfiguration")); err != nil {
		return err
	}
	if err := s.checkRevision(c, m.Type, &m.Definition, &m.RoleARN); err != nil {
		return err
	}
	m.Version = wantedVersion(c)
	if m, err = s.engine.CreateStateMachine(ctx, m); err != nil {
		return err
	}
	c.Out.Str("stateMachineArn", m.ARN)
	c.Out.Time("creationDate", m.Created)
	writePublished(&c.Out, m)
	return nil
}

// wantedVersion returns the version that a call asks to be published, nil when it asks for none.
func wantedVersion(c *awswire.Call) *statelark.Version {
	if !c.Bool("publish", false) {
		return nil
	}
	return &statelark.Version{Description: c.Str("versionDescription")}
}

// writePublished writes the version of a state machine, if it was published.
func writePublished(w *awswire.Writer, m *statelark.StateMachine) {
	if m.Version != nil {
		w.Str("stateMachineVersionArn", m.Version.ARN())
	}
}

func (s *Server) updateStateMachine(ctx context.Context, c *awswire.Call) error {
	arn, err := s.machineARN(c)
	if err != nil {
		return err
	}
	u, err := readUpdate(c)
	if err != nil {
		return err
	}
	if !u.Changes() {
		return statelark.Errorf(statelark.CodeMissingRequiredParameter,
			"Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified")
	}
	old, err := s.engine.StateMachine(ctx, arn)
	if err != nil {
		return err
	}
	if err := s.checkRevision(c, old.Type, u.Definition, u.RoleARN); err != nil {
		return err
	}
	m, err := s.engine.UpdateStateMachine(ctx, arn, u)
	if err != nil {
		return err
	}
	c.Out.Time("updateDate", m.Updated)
	writeRevision(&c.Out, m)
	writePublished(&c.Out, m)
	return nil
}

func readUpdate(c *awswire.Call) (statelark.StateMachineUpdate, error) {
	u := statelark.StateMachineUpdate{Definition: c.StrPtr("definition"), RoleARN: c.StrPtr("roleArn"), Publish: wantedVersion(c)}
	if c.Has("loggingConfiguration") {
		l, err := readLogging(c.Struct("loggingConfiguration"))
		if err != nil {
			return u, err
		}
		u.Logging = &l
	}
	if c.Has("tracingConfiguration") {
		t := readTracing(c.Struct("tracingConfiguration"))
		u.Tracing = &t
	}
	if c.Has("encryptionConfiguration") {
		e, err := readEncryption(c.Struct("encryptionConfiguration"))
		if err != nil {
			return u, err
		}
		u.Encryption = &e
	}
	return u, nil
}

// checkRevision checks what a new revision brings: definition and role, unless nil, and how it is to be published.
func (s *Server) checkRevision(c *awswire.Call, t statelark.MachineType, definition, role *string) error {
	if role != nil && !isRoleARN(*role) {
		return statelark.Errorf(statelark.CodeInvalidArn, "Invalid Role Arn: '%s'", *role)
	}
	if c.Has("versionDescription") && !c.Bool("publish", false) {
		return statelark.Errorf(statelark.CodeValidation, "Version description can only be set when publish is true")
	}
	if definition == nil {
		return nil
	}
	m, ds := asl.Parse(*definition, asl.Options{Type: string(t), Limits: s.limits, Services: aws.Services{}})
	if m == nil {
		return statelark.Errorf(statelark.CodeInvalidDefinition, "Invalid State Machine Definition: '%s'", asl.Message(ds))
	}
	return nil
}

// isRoleARN tells whether text has the form of a role's ARN; whether there is such a role is not asked.
func isRoleARN(text string) bool {
	a, ok := arn.Parse(text)
	return ok && a.Service == "iam" && a.Region == "" && len(a.Account) == 12 &&
		strings.HasPrefix(a.Resource, "role/") && a.Resource != "role/" && !strings.Contains(a.Resource, ":")
}

func (s *Server) describeStateMachine(ctx context.Context, c *awswire.Call) error {
	arn := c.Str("stateMachineArn")
	if _, err := resource(c, arn, "stateMachine"); err != nil {
		return err
	}
	m, err := s.engine.StateMachine(ctx, arn)
	if err != nil {
		return err
	}
	status := "ACTIVE"
	if m.Deleting {
		status = "DELETING"
	}
	c.Out.Str("status", status)
	c.Out.Str("type", string(m.Type))
	created := m.Created
	if m.Version != nil {
		created = m.Version.Created
		c.Out.StrIf("description", m.Version.Description)
	}
	c.Out.Time("creationDate", created)
	writeStateMachine(c, m)
	return nil
}

func (s *Server) describeStateMachineForExecution(ctx context.Context, c *awswire.Call) error {
	x, err := s.execution(ctx, c, s.executionARN)
	if err != nil {
		return err
	}
	m, err := s.engine.StateMachineOf(ctx, &x.Execution)
	if err != nil {
		return err
	}
	c.Out.Time("updateDate", m.Updated)
	c.Out.StrIf("mapRunArn", x.MapRun)
	writeStateMachine(c, m)
	return nil
}

// writeStateMachine writes what both ways to describe a state machine show.
func writeStateMachine(c *awswire.Call, m *statelark.StateMachine) {
	w := &c.Out
	if m.Version != nil {
		w.Str("stateMachineArn", m.Version.ARN())
	} else {
		w.Str("stateMachineArn", m.ARN)
	}
	w.Str("name", m.Name)
	_, label := arn.SplitLabel(m.ARN)
	w.StrIf("label", label)
	if c.Str("includedData") == metadataOnly {
		w.Str("definition", "{}")
	} else {
		w.Str("definition", m.Definition)
		writeVariableReferences(w, m)
	}
	w.Str("roleArn", m.RoleARN)
	writeLogging(w, m.Logging)
	writeTracing(w, m.Tracing)
	writeEncryption(w, m.Encryption)
	writeRevision(w, m)
}

// variableReferences returns which variables each state reads.
func variableReferences(m *statelark.StateMachine) map[string][]string {
	if m.Variables != nil {
		return m.Variables
	}
	program, _ := asl.Parse(m.Definition, asl.Options{Type: string(m.Type)})
	if program == nil {
		return nil // of a release that took what this one refuses
	}
	return program.VariableReferences()
}

// writeVariableReferences writes which variables each state reads, unless none reads any.
func writeVariableReferences(w *awswire.Writer, m *statelark.StateMachine) {
	references := variableReferences(m)
	if len(references) == 0 {
		return
	}
	w.Open("variableReferences", '{')
	for _, state := range slices.Sorted(maps.Keys(references)) {
		w.Open(state, '[')
		for _, variable := range references[state] {
			w.StrElem(variable)
		}
		w.Close(']')
	}
	w.Close('}')
}

// writeRevision writes the revisionId, which the initial revision does not have.
func writeRevision(w *awswire.Writer, m *statelark.StateMachine) {
	if m.Revision != statelark.InitialRevision {
		w.Str("revisionId", m.Revision)
	}
}

func (s *Server) listStateMachines(ctx context.Context, c *awswire.Call) error {
	p, err := s.pageOf("ListStateMachines", c)
	if err != nil {
		return err
	}
	list, err := s.engine.StateMachines(ctx, c.Place, p.cursor, p.size+1)
	if err != nil {
		return err
	}
	last := writeItems(&c.Out, "stateMachines", list, p.size, func(w *awswire.Writer, m *statelark.StateMachine) {
		w.Str("stateMachineArn", m.ARN)
		w.Str("name", m.Name)
		w.Str("type", string(m.Type))
		w.Time("creationDate", m.Created)
	})
	if last != nil {
		s.writeNext(c, p, last.ARN)
	}
	return nil
}

func (s *Server) deleteStateMachine(ctx context.Context, c *awswire.Call) error {
	text, err := s.machineARN(c)
	if err != nil {
		return err
	}
	if _, qualifier := arn.SplitQualified(text); qualifier != "" {
		return statelark.Errorf(statelark.CodeValidation, "This API does not support qualified state machine ARNs: '%s'", text)
	}
	return s.engine.DeleteStateMachine(ctx, text)
}

func (s *Server) validateDefinition(_ context.Context, c *awswire.Call) error {
	_, found := asl.Parse(c.Str("definition"), asl.Options{Type: c.Str("type"), Limits: s.limits, Services: aws.Services{}})
	limit := int(c.Int("maxResults"))
	if limit == 0 {
		limit = maxDiagnostics
	}
	warnings := c.Str("severity") == string(asl.SeverityWarning)
	result, truncated := "OK", false
	told := 0
	c.Out.Open("diagnostics", '[')
	for _, d := range found {
		if d.Severity == asl.SeverityError {
			result = "FAIL"
		} else if !warnings {
			continue
		}
		if told++; told > limit {
			truncated = true
			continue
		}
		c.Out.Open("", '{')
		c.Out.Str("severity", string(d.Severity))
		c.Out.Str("code", d.Code)
		c.Out.Str("message", d.Message)
		c.Out.StrIf("location", d.Location)
		c.Out.Close('}')
	}
	c.Out.Close(']')
	c.Out.Str("result", result)
	c.Out.Bool("truncated", truncated)
	return nil
}
