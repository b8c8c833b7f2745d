// The shapes of /api, as console/model.go has them.

// Session is GET /api/session: who looks, and what the server is.
export interface Session {
  user?: string; // "" when nobody has to sign in
  role: Role;
  payloads: boolean; // may see inputs, outputs and data of events
  auth: string; // none, token, oidc or proxy
  masked: string[]; // names of fields whose values are hidden
  server: ServerInfo;
}

// ServerInfo is what clients need to know of the server.
export interface ServerInfo {
  version: string;
  endpoint: string; // URL for AWS clients
  region: string;
  account: string;
  durable: boolean; // false: all is gone when it ends
  started: string;
  search: boolean; // the index is on
  services: string[]; // that are built in, by the names of the AWS CLI
}

// Failure is the body of an answer other than 200.
export interface Failure {
  code: string; // AWS's where there is one: AccessDeniedException, ValidationException …
  message: string;
}

// Overview is GET /api/overview.
export interface Overview {
  now: string;
  machines: number;
  statuses: Record<string, number>; // executions of the last 24 hours by status, and all that run
  minutes: Minute[]; // the last 60, oldest first
  running: ExecutionRow[]; // newest first, ten at most, as the next
  failures: ExecutionRow[];
}

// Minute counts what happened in one.
export interface Minute {
  at: string;
  started: number;
  succeeded: number;
  failed: number; // failed, timed out or aborted
}

// Machines is GET /api/machines.
export interface Machines {
  machines: MachineRow[];
}

// MachineRow is a state machine in a list. Figures are of its last executions, 100 at most.
export interface MachineRow {
  arn: string;
  name: string;
  type: string;
  created: string;
  updated: string;
  states: number;
  comment?: string;
  tags?: Record<string, string>;
  deleting?: boolean;
  running: number;
  recent: ExecutionRow[]; // the last 20, newest first
  p50?: number;
  p95?: number;
  failures: number; // share of those that ended, 0 to 1
}

// ExecutionRow is an execution in a list.
export interface ExecutionRow {
  arn: string;
  machine: string; // ARN, unqualified
  machineName: string;
  name: string;
  type: string; // STANDARD or EXPRESS
  status: string;
  start: string;
  stop?: string;
  version?: string; // ARN, as the next two
  alias?: string;
  mapRun?: string;
  error?: string;
  redrives?: number;
  items?: number; // of a child of a Map Run with batches
  events?: number; // once it has ended
}

// Executions is GET /api/executions?q=&cursor=&n=&count=: executions of all machines, newest start first. q is in the
// language of package search.
export interface Executions {
  executions: ExecutionRow[];
  next?: string; // cursor
  count?: number; // with count=1: all that match
  partial?: boolean; // the index does not have everything yet
  took: number; // milliseconds
}

// QueryFailure is the 400 of a q that does not parse.
export interface QueryFailure extends Failure {
  start: number; // bytes of q
  end: number;
}

// BulkRequest is POST /api/bulk. Dry only counts.
export interface BulkRequest {
  action: string; // stop or redrive
  query: string;
  dry: boolean;
  expect: number; // what the dry run counted: refused when many more match now
  error?: string;
  cause?: string;
}

// BulkResult is the answer. Without Dry it comes when all is done.
export interface BulkResult {
  matched: number;
  eligible: number; // of those, the ones that the action is for: running, or redrivable
  done: number;
  failed?: BulkFailure[]; // 100 at most
}

// BulkFailure is one execution that the action failed for.
export interface BulkFailure {
  arn: string;
  message: string;
}

// Execution is GET /api/execution?arn=.
export interface Execution extends ExecutionRow {
  definition: string; // that it runs, as it was sent
  revision: string;
  changed: boolean; // the machine has another definition now
  input: string | null; // null: the payload is hidden, or not known
  output: string | null; // null, too, until it succeeded
  cause?: string;
  redriveStatus?: string;
  redriveReason?: string;
  redriven?: string;
  traceHeader?: string;
  parent?: string; // ARN of the execution whose Task started it, or of whose Map Run it is
  forkOf?: ForkOrigin;
  forks?: ExecutionRow[]; // of it, newest first
  mapRuns?: MapRunRow[];
  children?: Record<string, string>; // ARN of a nested execution by the id of the event that has it
  lastEvent: number;
  transitions: number;
}

// ForkOrigin is what an execution was forked from.
export interface ForkOrigin {
  arn: string;
  state: string;
  event?: number; // with which the state was entered there
}

// MapRunRow is a Map Run of an execution.
export interface MapRunRow {
  arn: string;
  state: string;
  event: number; // MapRunStarted
  status: string;
  start: string;
  stop?: string;
  items: Counts;
}

// Counts are those of items or of executions of a Map Run.
export interface Counts {
  total: number;
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
}

// Events is GET /api/execution/events?arn=&after=&n=: events without their payloads, in order, n (default 5,000) at most.
export interface Events {
  events: Event[];
  last: number; // id of the last event that there is
  ended: boolean;
}

// Event is an event of a history without its payload. What a type does not have is not there. Names are short since
// there may be 25,000.
export interface Event {
  id: number;
  prev: number;
  type: string; // as AWS names it
  at: number; // milliseconds since 1970
  name?: string; // of the state, or of the Map of an iteration
  resource?: string; // of a task: ARN, or type and resource: lambda:invoke
  index?: number; // of an iteration
  length?: number; // of a Map
  error?: string;
  cause?: string; // the first 1,000 characters
  mapRun?: string;
  timeout?: number; // seconds
  heartbeat?: number; // seconds
  worker?: string;
  bytes?: number; // of the payload: input, output or parameters
  assigned?: boolean; // it has variables
}

// EventDetail is GET /api/execution/event?arn=&id=: the whole event as GetExecutionHistory shows it.
export interface EventDetail {
  event: unknown;
}

// Stages is GET /api/execution/stages?arn=&event=: what became of the data in one visit of a state, which was entered
// with that event. Values are JSON text, null when there is no such stage. What the history does not have is computed
// again from what it has, by the same interpreter.
export interface Stages {
  state: string;
  queryLanguage: string; // JSONPath or JSONata
  input: string | null;
  afterInput: string | null; // InputPath
  arguments: string | null; // Parameters or Arguments: what was sent
  result: string | null; // what came back
  afterSelector: string | null; // ResultSelector
  afterResult: string | null; // ResultPath
  output: string | null;
  before?: unknown; // variables that the state could see
  assigned?: unknown; // variables that it assigned
  error?: string;
  cause?: string;
  note?: string; // why something is missing
}

// ForkRequest is POST /api/execution/fork: a new execution that begins at a state of the top level of another one.
export interface ForkRequest {
  arn: string;
  state: string;
  event?: number; // with which the state was entered; 0: the last time that it was
  input?: string; // null: that of the visit
  variables?: unknown; // an object; none: those of the visit
  machine?: string; // ARN with or without version or alias; "": the revision of the other one
  name?: string;
}

// Started is an execution that was begun.
export interface Started {
  executionArn: string;
  startDate: string;
}

// Tasks is GET /api/tasks: Tasks that wait for a token or an activity worker.
export interface Tasks {
  tasks: OpenTask[];
  more: boolean; // there are others
}

// OpenTask is one of them.
export interface OpenTask {
  token?: string; // "" when the looker may not answer, or no worker has the task yet
  kind: string; // token or activity
  execution: string; // ARN
  machineName: string;
  name: string; // of the execution
  state: string;
  resource: string;
  since: string;
  timesOut?: string;
  heartbeat?: string; // by when the next one has to come
  input: string | null; // what was sent
  worker?: string;
}

// Activities is GET /api/activities.
export interface Activities {
  activities: ActivityRow[];
}

// ActivityRow is an activity, with its queue.
export interface ActivityRow {
  arn: string;
  name: string;
  created: string;
  waiting: number; // tasks that no worker has yet
  running: number; // tasks that workers have
  workers: number; // that ask for a task now
}

// Grid is GET /api/machine/grid?arn=&n=: the last executions of a machine by state.
export interface Grid {
  states: string[]; // of the top level, in the order of the graph
  runs: GridRun[]; // newest first
}

// GridRun is a column.
export interface GridRun {
  execution: ExecutionRow;
  cells: GridCell[]; // one a state
}

// GridCell is what became of a state. Status is "" when it was not entered.
export interface GridCell {
  status?: string; // RUNNING, SUCCEEDED, FAILED, CAUGHT …
  visits?: number;
  duration?: number;
}

// ValidateRequest is POST /api/validate. The text may be JSON or YAML.
export interface ValidateRequest {
  text: string;
  type?: string; // of the machine; "": STANDARD
}

// Validation is what the server's own validator says of a definition.
export interface Validation {
  valid: boolean; // it can be saved
  format: string; // json or yaml
  definition?: string; // as JSON; "" when the text is not even that
  diagnostics: Diagnostic[];
}

// Diagnostic is a finding.
export interface Diagnostic {
  severity: string; // ERROR or WARNING
  code: string;
  message: string;
  pointer: string; // JSON pointer: /States/Pay/Next
  state?: string;
  start: number; // of the text, in UTF-16 units, as the next
  end: number;
  line: number; // from 1
}

// ConvertRequest is POST /api/convert: text from one format to the other.
export interface ConvertRequest {
  text: string;
  to: string; // json or yaml
}

// Converted is the answer.
export interface Converted {
  text: string;
}

// LayoutRequest is POST /api/layout.
export interface LayoutRequest {
  definition: string; // JSON or YAML; it need not be valid
}

// EvalRequest is POST /api/eval.
export interface EvalRequest {
  language: string; // jsonata, jsonpath or template (a Parameters template with intrinsics)
  expression: string;
  input: string; // JSON
  context: string; // JSON object, "" for an example
  variables: string; // JSON object, "" for none
}

// EvalResult is the answer.
export interface EvalResult {
  result: string | null; // JSON text; null: there is none (see Error), or it is undefined
  error?: string;
  message?: string;
  start?: number; // where in the expression
  took: number;
}

// Samples is GET /api/samples.
export interface Samples {
  samples: SampleRow[];
}

// SampleRow is a sample.
export interface SampleRow {
  name: string;
  title: string;
  text: string; // its README, Markdown
  type: string;
  services: string[];
  needs?: string[]; // what the machine lacks to run it
  input: string;
  workflow: string; // the definition's text
}

// SampleRequest is POST /api/samples/run.
export interface SampleRequest {
  name: string;
  input?: string;
}

// SampleRun is the answer.
export interface SampleRun extends Started {
  machineArn: string;
  created: Created[];
}

// Created is something that was made for a sample.
export interface Created {
  kind: string; // state machine, table, queue, topic, function …
  name: string;
  url?: string; // of its page in the console
}

// Contents is GET /api/services: the built-in services and how much each has.
export interface Contents {
  services: ServiceRow[];
}

// ServiceRow is a service.
export interface ServiceRow {
  name: string; // of the AWS CLI
  title: string; // Amazon DynamoDB
  kind: string; // table, queue, topic, bucket, log group …
  count: number;
  where: string; // embedded, aws or a URL
}

// Resources is GET /api/services/resources?service=&after=.
export interface Resources {
  resources: Resource[];
  next?: string;
}

// Resource is a table, a queue and so on.
export interface Resource {
  name: string;
  id: string; // for the next call: ARN, URL or name
  created?: string;
  facts: Record<string, string>; // in a few words each: items, bytes, messages …
}

// Items is GET /api/services/items?service=&id=&after=: what is in a resource. Looking changes nothing: a message of a
// queue stays as visible as it was.
export interface Items {
  columns: string[];
  items: Record<string, string>[]; // by column; "" for what an item does not have
  details?: string[]; // the whole of each, JSON
  next?: string;
}

// Settings is GET /api/settings, for admins. No value is a secret.
export interface Settings {
  sections: SettingSection[];
}

// SettingSection is a group of settings.
export interface SettingSection {
  title: string;
  settings: Setting[];
}

// Setting is one, as it is in force.
export interface Setting {
  name: string; // as the configuration file spells it
  value: string;
  from: string; // default, flag, environment or file
}

// Audit is GET /api/audit?before=&n=, for admins: the newest first.
export interface Audit {
  entries: AuditEntry[];
}

// AuditEntry is one write.
export interface AuditEntry {
  id: number;
  at: string;
  user: string;
  role: Role;
  address: string;
  operation: string;
  resource?: string;
  outcome: string; // ok, or the code of the error
}

// Resolved is GET /api/resolve?text=: the page of an ARN, of a URL of AWS's console, or of a name.
export interface Resolved {
  path: string; // within the console; "" when there is none
  kind: string;
}

// StreamOverview is sent once a second while something changes.
export interface StreamOverview {
  statuses: Record<string, number>;
  minute: Minute; // the one under way
}

// StreamList tells of executions that began, ended or were redriven.
export interface StreamList {
  executions: ExecutionRow[];
}

// StreamExecution tells of new events of one execution.
export interface StreamExecution {
  execution: ExecutionRow;
  events: Event[];
}

// Resync says that what was missed is too much: read again what is shown. It is of all topics.
export interface Resync {
  reason: string;
}

// Integrations is GET /api/integrations: what a Task can call, for the palette.
export interface Integrations {
  optimised: Integration[];
  services: SDKService[];
}

// Integration is an optimised one.
export interface Integration {
  resource: string; // arn:aws:states:::sqs:sendMessage
  title: string; // SQS SendMessage
  patterns: string[]; // "", .sync, .sync:2, .waitForTaskToken
}

// SDKService is a service of aws-sdk integrations.
export interface SDKService {
  name: string; // as ARNs spell it: dynamodb
  title: string;
  actions: string[]; // as ARNs spell them: putItem
}

// Parameters is GET /api/integrations/parameters?resource=: what a call takes, a few levels deep.
export interface Parameters {
  fields: Field[];
}

// Field is one of them.
export interface Field {
  name: string;
  type: string; // string, number, boolean, list, map, structure, blob, timestamp or any
  required?: boolean;
  values?: string[]; // of an enumeration
  fields?: Field[]; // of a structure, or of what a list or a map has
}

// What somebody may do, each more than the one before.
export type Role = 'viewer' | 'operator' | 'editor' | 'admin';

// Layout is a definition laid out. Lengths are pixels at a zoom of 1, from the top left corner.
export interface Layout {
  width: number;
  height: number;
  nodes: LayoutNode[]; // a container comes before what is in it, else in the order of reading
  edges: LayoutEdge[];
}

// Node is a state, or the start or the end of a scope.
export interface LayoutNode {
  id: string; // JSON pointer of the state in the definition; that of its scope and #start or #end
  kind: 'state' | 'container' | 'start' | 'end';
  name: string; // of the state
  type?: string; // of the state, as the definition spells it
  label?: string; // a second line: what a Task calls, how long a Wait takes
  parent?: string; // id of the container it is in
  branch: number; // which branch of a Parallel it is in
  x: number; // of the whole picture, also in a container
  y: number;
  width: number;
  height: number;
  mode?: string;
}

// Edge leads from one node to another of the same scope.
export interface LayoutEdge {
  id: string;
  from: string;
  to: string;
  kind: 'next' | 'choice' | 'default' | 'catch';
  label?: string; // of a rule of a Choice: its condition, in short; of a Catch: its errors
  points: Point[]; // of a line of straight pieces with round corners
  at: Point; // the middle of the label
}

// Point is a place in the picture.
export interface Point {
  x: number;
  y: number;
}
