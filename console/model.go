// Package console is what a browser sees of a server: the pages, which are built from ../web and embedded, and the
// JSON that they read under /api.
//
// Read models are of this package alone: what they show is read from the engine, the search index and the services, and
// nothing is kept but what is bounded. The only way to change something is an operation: one of AWS's API, under
// /api/aws, or one of the few of our own (fork, bulk, samples).
package console

import (
	"encoding/json"
	"time"
)

// The shapes of /api. ../web/src/api/model.ts is made of them by console/types, so a field has one name in both
// languages. Times are RFC 3339 with milliseconds, durations are milliseconds, payloads are JSON text as it was stored.
// A field that is not there is not known, or is none.

// Session is GET /api/session: who looks, and what the server is.
type Session struct {
	User     string     `json:"user,omitempty"` // "" when nobody has to sign in
	Role     Role       `json:"role"`
	Payloads bool       `json:"payloads"` // may see inputs, outputs and data of events
	Auth     string     `json:"auth"`     // none, token, oidc or proxy
	Masked   []string   `json:"masked"`   // names of fields whose values are hidden
	Server   ServerInfo `json:"server"`
}

// Role is what somebody may do. Each may do all that the one before it may.
type Role string

// The roles. An operator starts, stops, redrives, forks and answers tasks; an editor changes state machines; an admin
// sees settings and the audit log.
const (
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Editor   Role = "editor"
	Admin    Role = "admin"
)

// ServerInfo is what clients need to know of the server.
type ServerInfo struct {
	Version  string    `json:"version"`
	Endpoint string    `json:"endpoint"` // URL for AWS clients
	Region   string    `json:"region"`
	Account  string    `json:"account"`
	Durable  bool      `json:"durable"` // false: all is gone when it ends
	Started  time.Time `json:"started"`
	Search   bool      `json:"search"`   // the index is on
	Services []string  `json:"services"` // that are built in, by the names of the AWS CLI
}

// Failure is the body of an answer other than 200.
type Failure struct {
	Code    string `json:"code"` // AWS's where there is one: AccessDeniedException, ValidationException …
	Message string `json:"message"`
}

// Overview is GET /api/overview.
type Overview struct {
	Now      time.Time      `json:"now"`
	Machines int            `json:"machines"`
	Statuses map[string]int `json:"statuses"` // executions of the last 24 hours by status, and all that run
	Minutes  []Minute       `json:"minutes"`  // the last 60, oldest first
	Running  []ExecutionRow `json:"running"`  // newest first, ten at most, as the next
	Failures []ExecutionRow `json:"failures"`
}

// Minute counts what happened in one.
type Minute struct {
	At        time.Time `json:"at"`
	Started   int       `json:"started"`
	Succeeded int       `json:"succeeded"`
	Failed    int       `json:"failed"` // failed, timed out or aborted
}

// Machines is GET /api/machines.
type Machines struct {
	Machines []MachineRow `json:"machines"`       // by name, 1,000 at most
	More     bool         `json:"more,omitempty"` // there are others
}

// MachineRow is a state machine in a list. Figures are of its last executions, 100 at most.
type MachineRow struct {
	ARN      string            `json:"arn"`
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Created  time.Time         `json:"created"`
	Updated  time.Time         `json:"updated"`
	States   int               `json:"states"`
	Comment  string            `json:"comment,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	Deleting bool              `json:"deleting,omitempty"`
	Running  int               `json:"running"` // 1,000 stands for as many or more
	Recent   []ExecutionRow    `json:"recent"`  // the last 20, newest first
	P50      float64           `json:"p50,omitempty"`
	P95      float64           `json:"p95,omitempty"`
	Failures float64           `json:"failures"` // share of those that ended, 0 to 1
}

// ExecutionRow is an execution in a list.
type ExecutionRow struct {
	ARN         string     `json:"arn"`
	Machine     string     `json:"machine"` // ARN, unqualified
	MachineName string     `json:"machineName"`
	Name        string     `json:"name"`
	Type        string     `json:"type"` // STANDARD or EXPRESS
	Status      string     `json:"status"`
	Start       time.Time  `json:"start"`
	Stop        *time.Time `json:"stop,omitempty"`
	Version     string     `json:"version,omitempty"` // ARN, as the next two
	Alias       string     `json:"alias,omitempty"`
	MapRun      string     `json:"mapRun,omitempty"`
	Error       string     `json:"error,omitempty"`
	Redrives    int64      `json:"redrives,omitempty"`
	Items       int64      `json:"items,omitempty"`  // of a child of a Map Run with batches
	Events      int64      `json:"events,omitempty"` // once it has ended
}

// Executions is GET /api/executions?q=&cursor=&n=&count=: executions of all machines, newest start first. q is in the
// language of package search.
type Executions struct {
	Executions []ExecutionRow `json:"executions"`
	Next       string         `json:"next,omitempty"`    // cursor
	Count      *int           `json:"count,omitempty"`   // with count=1: all that match
	Partial    bool           `json:"partial,omitempty"` // the index does not have everything yet
	Took       float64        `json:"took"`              // milliseconds
}

// QueryFailure is the 400 of a q that does not parse.
type QueryFailure struct {
	Failure
	Start int `json:"start"` // bytes of q
	End   int `json:"end"`
}

// BulkRequest is POST /api/bulk. Dry only counts.
type BulkRequest struct {
	Action string `json:"action"` // stop or redrive
	Query  string `json:"query"`
	Dry    bool   `json:"dry"`
	Expect int    `json:"expect"` // what the dry run counted: refused when many more match now
	Error  string `json:"error,omitempty"`
	Cause  string `json:"cause,omitempty"`
}

// BulkResult is the answer. Without Dry it comes when all is done.
type BulkResult struct {
	Matched  int           `json:"matched"`
	Eligible int           `json:"eligible"` // of those, the ones that the action is for: running, or redrivable
	Done     int           `json:"done"`
	Failed   []BulkFailure `json:"failed,omitempty"` // 100 at most
}

// BulkFailure is one execution that the action failed for.
type BulkFailure struct {
	ARN     string `json:"arn"`
	Message string `json:"message"`
}

// Execution is GET /api/execution?arn=.
type Execution struct {
	ExecutionRow
	Definition    string         `json:"definition"` // that it runs, as it was sent
	Revision      string         `json:"revision"`
	Changed       bool           `json:"changed"` // the machine has another definition now
	Input         *string        `json:"input"`   // null: the payload is hidden, or not known
	Output        *string        `json:"output"`  // null, too, until it succeeded
	Cause         string         `json:"cause,omitempty"`
	RedriveStatus string         `json:"redriveStatus,omitempty"`
	RedriveReason string         `json:"redriveReason,omitempty"`
	Redriven      *time.Time     `json:"redriven,omitempty"`
	TraceHeader   string         `json:"traceHeader,omitempty"`
	Parent        string         `json:"parent,omitempty"` // ARN of the execution whose Task started it, or of whose Map Run it is
	ForkOf        *ForkOrigin    `json:"forkOf,omitempty"`
	Forks         []ExecutionRow `json:"forks,omitempty"` // of it, newest first
	MapRuns       []MapRunRow    `json:"mapRuns,omitempty"`
	LastEvent     int64          `json:"lastEvent"`
}

// ForkOrigin is what an execution was forked from.
type ForkOrigin struct {
	ARN   string `json:"arn"`
	State string `json:"state"`
	Event int64  `json:"event,omitempty"` // with which the state was entered there
}

// MapRunRow is a Map Run of an execution.
type MapRunRow struct {
	ARN    string     `json:"arn"`
	State  string     `json:"state"`
	Event  int64      `json:"event"` // MapRunStarted
	Status string     `json:"status"`
	Start  time.Time  `json:"start"`
	Stop   *time.Time `json:"stop,omitempty"`
	Items  Counts     `json:"items"`
}

// Counts are those of items or of executions of a Map Run.
type Counts struct {
	Total     int64 `json:"total"`
	Pending   int64 `json:"pending"`
	Running   int64 `json:"running"`
	Succeeded int64 `json:"succeeded"`
	Failed    int64 `json:"failed"`
	TimedOut  int64 `json:"timedOut"`
	Aborted   int64 `json:"aborted"`
}

// Events is GET /api/execution/events?arn=&after=&n=: events without their payloads, in order, n (default 5,000) at most.
type Events struct {
	Events []Event `json:"events"`
	Last   int64   `json:"last"` // id of the last event that there is
	Ended  bool    `json:"ended"`
}

// Event is an event of a history without its payload. What a type does not have is not there. Names are short since
// there may be 25,000.
type Event struct {
	ID        int64   `json:"id"`
	Prev      int64   `json:"prev"`
	Type      string  `json:"type"`               // as AWS names it
	At        float64 `json:"at"`                 // milliseconds since 1970
	Name      string  `json:"name,omitempty"`     // of the state, or of the Map of an iteration
	Resource  string  `json:"resource,omitempty"` // of a task: ARN, or type and resource: lambda:invoke
	Index     *int64  `json:"index,omitempty"`    // of an iteration
	Length    *int64  `json:"length,omitempty"`   // of a Map
	Error     string  `json:"error,omitempty"`
	Cause     string  `json:"cause,omitempty"` // the first 1,000 characters
	MapRun    string  `json:"mapRun,omitempty"`
	Child     string  `json:"child,omitempty"`     // ARN of the execution that the Task has begun
	Timeout   int64   `json:"timeout,omitempty"`   // seconds
	Heartbeat int64   `json:"heartbeat,omitempty"` // seconds
	Worker    string  `json:"worker,omitempty"`
	Bytes     int     `json:"bytes,omitempty"`    // of the payload: input, output or parameters
	Assigned  bool    `json:"assigned,omitempty"` // it has variables
}

// EventDetail is GET /api/execution/event?arn=&id=: the whole event as GetExecutionHistory shows it.
type EventDetail struct {
	Event json.RawMessage `json:"event"`
}

// Stages is GET /api/execution/stages?arn=&event=: what became of the data in one visit of a state, which was entered
// with that event. Values are JSON text, null when there is no such stage. What the history does not have is computed
// again from what it has, by the same interpreter.
type Stages struct {
	State         string          `json:"state"`
	QueryLanguage string          `json:"queryLanguage"` // JSONPath or JSONata
	Input         *string         `json:"input"`
	AfterInput    *string         `json:"afterInput"`    // InputPath
	Arguments     *string         `json:"arguments"`     // Parameters or Arguments: what was sent
	Result        *string         `json:"result"`        // what came back
	AfterSelector *string         `json:"afterSelector"` // ResultSelector
	AfterResult   *string         `json:"afterResult"`   // ResultPath
	Output        *string         `json:"output"`
	Before        json.RawMessage `json:"before,omitempty"`   // variables that the state could see
	Assigned      json.RawMessage `json:"assigned,omitempty"` // variables that it assigned
	Error         string          `json:"error,omitempty"`
	Cause         string          `json:"cause,omitempty"`
	Note          string          `json:"note,omitempty"` // why something is missing
}

// ForkRequest is POST /api/execution/fork: a new execution that begins at a state of the top level of another one.
type ForkRequest struct {
	ARN       string          `json:"arn"`
	State     string          `json:"state"`
	Event     int64           `json:"event,omitempty"`     // with which the state was entered; 0: the last time that it was
	Input     *string         `json:"input,omitempty"`     // null: that of the visit
	Variables json.RawMessage `json:"variables,omitempty"` // an object; none: those of the visit
	Machine   string          `json:"machine,omitempty"`   // ARN with or without version or alias; "": the revision of the other one
	Name      string          `json:"name,omitempty"`
}

// Started is an execution that was begun.
type Started struct {
	ExecutionARN string    `json:"executionArn"`
	StartDate    time.Time `json:"startDate"`
}

// Tasks is GET /api/tasks?n=&after=&machine=&resource=: Tasks that wait for a token or an activity worker, those of earlier
// executions first.
type Tasks struct {
	Tasks []OpenTask `json:"tasks"`
	Total int        `json:"total"`          // that match, on all pages
	More  bool       `json:"more"`           // there are others after these
	Next  string     `json:"next,omitempty"` // for after
}

// OpenTask is one of them.
type OpenTask struct {
	Token       string     `json:"token,omitempty"` // "" when the looker may not answer, or no worker has the task yet
	Kind        string     `json:"kind"`            // token or activity
	Execution   string     `json:"execution"`       // ARN
	MachineName string     `json:"machineName"`
	Name        string     `json:"name"` // of the execution
	State       string     `json:"state"`
	Resource    string     `json:"resource"`
	Since       time.Time  `json:"since"`
	TimesOut    *time.Time `json:"timesOut,omitempty"`
	Heartbeat   *time.Time `json:"heartbeat,omitempty"` // by when the next one has to come
	Input       *string    `json:"input"`               // what was sent
	Cut         bool       `json:"cut,omitempty"`       // the input is longer than what is shown
	Worker      string     `json:"worker,omitempty"`
}

// Activities is GET /api/activities.
type Activities struct {
	Activities []ActivityRow `json:"activities"`
}

// ActivityRow is an activity, with its queue.
type ActivityRow struct {
	ARN     string    `json:"arn"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Waiting int       `json:"waiting"` // tasks that no worker has yet
	Running int       `json:"running"` // tasks that workers have
	Workers int       `json:"workers"` // that ask for a task now
}

// Grid is GET /api/machine/grid?arn=&n=: the last executions of a machine by state.
type Grid struct {
	States []string  `json:"states"` // of the top level, in the order of the graph
	Runs   []GridRun `json:"runs"`   // newest first
}

// GridRun is a column.
type GridRun struct {
	Execution ExecutionRow `json:"execution"`
	Cells     []GridCell   `json:"cells"` // one a state
}

// GridCell is what became of a state. Status is "" when it was not entered.
type GridCell struct {
	Status   string  `json:"status,omitempty"` // RUNNING, SUCCEEDED, FAILED, CAUGHT …
	Visits   int     `json:"visits,omitempty"`
	Duration float64 `json:"duration,omitempty"`
}

// ValidateRequest is POST /api/validate. The text may be JSON or YAML.
type ValidateRequest struct {
	Text string `json:"text"`
	Type string `json:"type,omitempty"` // of the machine; "": STANDARD
}

// Validation is what the server's own validator says of a definition.
type Validation struct {
	Valid       bool         `json:"valid"`                // it can be saved
	Format      string       `json:"format"`               // json or yaml
	Definition  string       `json:"definition,omitempty"` // as JSON; "" when the text is not even that
	Diagnostics []Diagnostic `json:"diagnostics"`
}

// Diagnostic is a finding.
type Diagnostic struct {
	Severity string `json:"severity"` // ERROR or WARNING
	Code     string `json:"code"`
	Message  string `json:"message"`
	Pointer  string `json:"pointer"` // JSON pointer: /States/Pay/Next
	State    string `json:"state,omitempty"`
	Start    int    `json:"start"` // of the text, in UTF-16 units, as the next
	End      int    `json:"end"`
	Line     int    `json:"line"` // from 1
}

// ConvertRequest is POST /api/convert: text from one format to the other.
type ConvertRequest struct {
	Text string `json:"text"`
	To   string `json:"to"` // json or yaml
}

// Converted is the answer.
type Converted struct {
	Text string `json:"text"`
}

// LayoutRequest is POST /api/layout.
type LayoutRequest struct {
	Definition string   `json:"definition"`       // JSON or YAML; it need not be valid
	Closed     []string `json:"closed,omitempty"` // containers, by the ids of their nodes, that are drawn without what is in them
}

// The answer to it is a graph.Layout.

// MachineDiff is GET /api/machine/diff?a=&b=: what two definitions differ in, each named by the ARN of a state machine, of a
// version or of an execution that ran it. How they are written is none of it.
type MachineDiff struct {
	A      DiffSide    `json:"a"`
	B      DiffSide    `json:"b"`
	Fields []string    `json:"fields"` // of the definition itself: StartAt, Comment, TimeoutSeconds …
	States []DiffState `json:"states"` // in the order of b, those that are gone after it
}

// DiffSide is one of the two.
type DiffSide struct {
	ARN        string `json:"arn"`
	Name       string `json:"name"` // of the state machine
	Definition string `json:"definition"`
}

// DiffState is a state that was added, removed or changed.
type DiffState struct {
	ID     string   `json:"id"` // of its node in the layout of either definition
	Name   string   `json:"name"`
	Kind   string   `json:"kind"`             // added, removed or changed
	Fields []string `json:"fields,omitempty"` // that changed; what is in a container counts for the states there
}

// EvalRequest is POST /api/eval.
type EvalRequest struct {
	Language   string `json:"language"` // jsonata, jsonpath or template (a Parameters template with intrinsics)
	Expression string `json:"expression"`
	Input      string `json:"input"`            // JSON
	Result     string `json:"result,omitempty"` // JSON: what JSONata sees as $states.result; "" for none
	Context    string `json:"context"`          // JSON object, "" for an example
	Variables  string `json:"variables"`        // JSON object, "" for none
}

// EvalResult is the answer.
type EvalResult struct {
	Result  *string `json:"result"` // JSON text; null: there is none (see Error), or it is undefined
	Error   string  `json:"error,omitempty"`
	Message string  `json:"message,omitempty"`
	Start   *int    `json:"start,omitempty"` // where in the expression
	Took    float64 `json:"took"`
}

// Samples is GET /api/samples.
type Samples struct {
	Samples []SampleRow `json:"samples"`
}

// SampleRow is a sample.
type SampleRow struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Text     string   `json:"text"` // its README, Markdown
	Type     string   `json:"type"`
	Services []string `json:"services"`
	Needs    []string `json:"needs,omitempty"` // what the machine lacks to run it
	Input    string   `json:"input"`
	Workflow string   `json:"workflow"` // the definition's text
}

// SampleRequest is POST /api/samples/run.
type SampleRequest struct {
	Name  string  `json:"name"`
	Input *string `json:"input,omitempty"`
}

// SampleRun is the answer.
type SampleRun struct {
	Started
	MachineARN string    `json:"machineArn"`
	Created    []Created `json:"created"`
}

// Created is something that was made for a sample.
type Created struct {
	Kind string `json:"kind"` // state machine, table, queue, topic, function …
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`  // of its page: the path within the console
	Kept bool   `json:"kept,omitempty"` // it was there before
}

// Contents is GET /api/services: the built-in services and how much each has.
type Contents struct {
	Services []ServiceRow `json:"services"`
}

// ServiceRow is a service.
type ServiceRow struct {
	Name  string `json:"name"`  // of the AWS CLI
	Title string `json:"title"` // Amazon DynamoDB
	Kind  string `json:"kind"`  // table, queue, topic, bucket, log group …
	Count int    `json:"count"`
	Where string `json:"where"` // embedded, aws or a URL
}

// Resources is GET /api/services/resources?service=&after=.
type Resources struct {
	Resources []Resource `json:"resources"`
	Next      string     `json:"next,omitempty"`
}

// Resource is a table, a queue and so on.
type Resource struct {
	Name    string            `json:"name"`
	ID      string            `json:"id"` // for the next call: ARN, URL or name
	Created *time.Time        `json:"created,omitempty"`
	Facts   map[string]string `json:"facts"` // in a few words each: items, bytes, messages …
}

// Items is GET /api/services/items?service=&id=&after=: what is in a resource. Looking changes nothing: a message of a
// queue stays as visible as it was.
type Items struct {
	Columns []string            `json:"columns"`
	Items   []map[string]string `json:"items"`             // by column; "" for what an item does not have
	Details []string            `json:"details,omitempty"` // the whole of each, JSON
	Next    string              `json:"next,omitempty"`
}

// Settings is GET /api/settings, for admins. No value is a secret.
type Settings struct {
	Sections []SettingSection `json:"sections"`
}

// SettingSection is a group of settings.
type SettingSection struct {
	Title    string    `json:"title"`
	Settings []Setting `json:"settings"`
}

// Setting is one, as it is in force.
type Setting struct {
	Name  string `json:"name"` // as the configuration file spells it
	Value string `json:"value"`
	From  string `json:"from"` // default, flag, environment or file
}

// Audit is GET /api/audit?before=&n=, for admins: the newest first.
type Audit struct {
	Entries []AuditEntry `json:"entries"`
	Failing string       `json:"failing,omitempty"` // why the last entry could not be written
}

// AuditEntry is one write.
type AuditEntry struct {
	ID        int64     `json:"id"`
	At        time.Time `json:"at"`
	User      string    `json:"user"`
	Role      Role      `json:"role"`
	Address   string    `json:"address"`
	Operation string    `json:"operation"`
	Resource  string    `json:"resource,omitempty"`
	Outcome   string    `json:"outcome"` // ok, or the code of the error
}

// Resolved is GET /api/resolve?text=: the page of an ARN, of a URL of AWS's console, or of a name.
type Resolved struct {
	Path string `json:"path"` // within the console; "" when there is none
	Kind string `json:"kind"`
}

// What GET /api/stream?topics=a,b&after=&new= sends: server-sent events. Topics are overview, list, and x:ARN for an execution. An
// event's name is its topic's first word (overview, list, x, resync), its id a number that grows, its data one of those below. The
// first event, hello, has nothing but an id. after is the id to go on after; new names the topics that the browser did not
// look at by then.

// StreamOverview is sent once a second while something changes.
type StreamOverview struct {
	Statuses map[string]int `json:"statuses"`
	Minute   Minute         `json:"minute"` // the one under way
}

// StreamList tells of executions that began, ended or were redriven.
type StreamList struct {
	Executions []ExecutionRow `json:"executions"`
}

// StreamExecution tells of new events of one execution.
type StreamExecution struct {
	Execution ExecutionRow `json:"execution"`
	Events    []Event      `json:"events"`
}

// Resync says that what was missed is too much: read again what is shown. It is of all topics.
type Resync struct {
	Reason string `json:"reason"`
}

// Integrations is GET /api/integrations: what a Task can call, for the palette.
type Integrations struct {
	Optimised []Integration `json:"optimised"`
	Services  []SDKService  `json:"services"`
}

// Integration is an optimised one.
type Integration struct {
	Resource string   `json:"resource"` // arn:aws:states:::sqs:sendMessage
	Title    string   `json:"title"`    // SQS SendMessage
	Patterns []string `json:"patterns"` // "", .sync, .sync:2, .waitForTaskToken
}

// SDKService is a service of aws-sdk integrations.
type SDKService struct {
	Name    string   `json:"name"` // as ARNs spell it: dynamodb
	Title   string   `json:"title"`
	Actions []string `json:"actions"` // as ARNs spell them: putItem
}

// Parameters is GET /api/integrations/parameters?resource=: what a call takes, a few levels deep.
type Parameters struct {
	Fields []Field `json:"fields"`
}

// Field is one of them.
type Field struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"` // string, number, boolean, list, map, structure, blob, timestamp or any
	Required bool     `json:"required,omitempty"`
	Values   []string `json:"values,omitempty"` // of an enumeration
	Fields   []Field  `json:"fields,omitempty"` // of a structure, or of what a list or a map has
}
