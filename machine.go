package statelark

import (
	"slices"
	"time"
)

// MachineType is the type of a state machine. It never changes.
type MachineType string

// The types of state machine.
const (
	Standard MachineType = "STANDARD"
	Express  MachineType = "EXPRESS"
)

// InitialRevision names the revision that CreateStateMachine makes. The API shows no revisionId for it.
const InitialRevision = "INITIAL"

// StateMachine is the record of a state machine as of one revision.
type StateMachine struct {
	ARN  string // unqualified
	Name string
	Type MachineType
	// Deleting is set by DeleteStateMachine and stays until the last execution has ended.
	Deleting   bool
	Definition string // as sent, to the byte
	RoleARN    string
	Logging    LoggingConfiguration
	Tracing    TracingConfiguration
	Encryption EncryptionConfiguration
	// Revision is InitialRevision or a UUID that the update of the revision made.
	Revision string
	Created  time.Time
	Updated  time.Time // when the revision was made
	// Tags belong to the state machine and not to a revision.
	Tags []Tag
	// Version is the version that the revision is asked to be published as, or was; nil when it is not about one.
	Version *Version
	// Variables are those that the states read, by state, of a state machine of the children of a distributed Map: its
	// Definition, an ItemProcessor, does not compile by itself. Else nil.
	Variables map[string][]string
}

// SameRequest reports whether the request to create b asks for what a is. Role and tags do not count: AWS
// ignores a difference in them and does not apply it.
func (a *StateMachine) SameRequest(b *StateMachine) bool {
	return a.Name == b.Name && a.Type == b.Type && a.Definition == b.Definition &&
		a.Logging.equal(b.Logging) && a.Tracing == b.Tracing && a.Encryption == b.Encryption
}

// StateMachineUpdate says what UpdateStateMachine changes; nil fields stay as they are.
type StateMachineUpdate struct {
	Definition *string
	RoleARN    *string
	Logging    *LoggingConfiguration
	Tracing    *TracingConfiguration
	Encryption *EncryptionConfiguration
	// Publish asks for a version of what it leads to; only the Description is given.
	Publish *Version
}

// Changes reports whether u says anything about the revision itself.
func (u StateMachineUpdate) Changes() bool {
	u.Publish = nil
	return u != (StateMachineUpdate{})
}

// Apply returns m with u in it, and whether that differs from m, which is left as it is. Revision and Updated
// are the caller's to set.
func (u StateMachineUpdate) Apply(m *StateMachine) (next *StateMachine, changed bool) {
	n := *m
	n.Version = nil
	if u.Definition != nil {
		n.Definition = *u.Definition
	}
	if u.RoleARN != nil {
		n.RoleARN = *u.RoleARN
	}
	if u.Logging != nil {
		n.Logging = *u.Logging
	}
	if u.Tracing != nil {
		n.Tracing = *u.Tracing
	}
	if u.Encryption != nil {
		n.Encryption = *u.Encryption
	}
	return &n, n.RoleARN != m.RoleARN || !n.SameRequest(m)
}

// LogLevel tells which events of a history are logged.
type LogLevel string

// The log levels.
const (
	LogAll   LogLevel = "ALL"
	LogError LogLevel = "ERROR"
	LogFatal LogLevel = "FATAL"
	LogOff   LogLevel = "OFF"
)

// LoggingConfiguration says what a state machine logs, and where.
type LoggingConfiguration struct {
	Level                LogLevel // never ""
	IncludeExecutionData bool
	// LogGroups are the ARNs of the CloudWatch log groups to log to, at most one. nil: destinations were not
	// given, which the API tells from a list of none.
	LogGroups []string
}

func (a LoggingConfiguration) equal(b LoggingConfiguration) bool {
	return a.Level == b.Level && a.IncludeExecutionData == b.IncludeExecutionData && slices.Equal(a.LogGroups, b.LogGroups)
}

// TracingConfiguration switches X-Ray tracing.
type TracingConfiguration struct {
	Enabled bool
}

// EncryptionConfiguration names the key that encrypts a resource; the zero value is a key that AWS owns. It is
// kept and shown, no more: what is on disk is the operator's to encrypt.
type EncryptionConfiguration struct {
	KeyID       string // of a customer-managed key
	ReusePeriod int64  // seconds that a data key of it is used for
}
