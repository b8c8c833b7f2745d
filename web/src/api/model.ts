// Made by console/types from console/model.go; do not edit.

/** Session is GET /api/session: who looks, and what the server is. */
export interface Session {
  /** "" when nobody has to sign in */
  user?: string;
  role: Role;
  /** may see inputs, outputs and data of events */
  payloads: boolean;
  /** none, token, oidc or proxy */
  auth: string;
  /** names of fields whose values are hidden */
  masked: string[];
  server: ServerInfo;
}

/** Role is what somebody may do. Each may do all that the one before it may. */
export type Role = "viewer" | "operator" | "editor" | "admin";

/** ServerInfo is what clients need to know of the server. */
export interface ServerInfo {
  version: string;
  /** URL for AWS clients */
  endpoint: string;
  region: string;
  account: string;
  /** false: all is gone when it ends */
  durable: boolean;
  started: string;
  /** the index is on */
  search: boolean;
  /** that are built in, by the names of the AWS CLI */
  services: string[];
}

/** Failure is the body of an answer other than 200. */
export interface Failure {
  /** AWS's where there is one: AccessDeniedException, ValidationException … */
  code: string;
  message: string;
}

/** Overview is GET /api/overview. */
export interface Overview {
  now: string;
  machines: number;
  /** executions of the last 24 hours by status, and all that run */
  statuses: Record<string, number>;
  /** the last 60, oldest first */
  minutes: Minute[];
  /** newest first, ten at most, as the next */
  running: ExecutionRow[];
  failures: ExecutionRow[];
}

/** Minute counts what happened in one. */
export interface Minute {
  at: string;
  started: number;
  succeeded: number;
  /** failed, timed out or aborted */
  failed: number;
}

/** Machines is GET /api/machines. */
export interface Machines {
  /** by name, 1,000 at most */
  machines: MachineRow[];
  /** there are others */
  more?: boolean;
}

/** MachineRow is a state machine in a list. Figures are of its last executions, 100 at most. */
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
  /** 1,000 stands for as many or more */
  running: number;
  /** the last 20, newest first */
  recent: ExecutionRow[];
  p50?: number;
  p95?: number;
  /** share of those that ended, 0 to 1 */
  failures: number;
}

/** ExecutionRow is an execution in a list. */
export interface ExecutionRow {
  arn: string;
  /** ARN, unqualified */
  machine: string;
  machineName: string;
  name: string;
  /** STANDARD or EXPRESS */
  type: string;
  status: string;
  start: string;
  stop?: string;
  /** ARN, as the next two */
  version?: string;
  alias?: string;
  mapRun?: string;
  error?: string;
  redrives?: number;
  /** of a child of a Map Run with batches */
  items?: number;
  /** once it has ended */
  events?: number;
}

/**
 * Executions is GET /api/executions?q=&cursor=&n=&count=: executions of all machines, newest start first. q is in the
 * language of package search.
 */
export interface Executions {
  executions: ExecutionRow[];
  /** cursor */
  next?: string;
  /** with count=1: all that match */
  count?: number;
  /** the index does not have everything yet */
  partial?: boolean;
  /** milliseconds */
  took: number;
}

/** QueryFailure is the 400 of a q that does not parse. */
export interface QueryFailure extends Failure {
  /** bytes of q */
  start: number;
  end: number;
}

/** BulkRequest is POST /api/bulk. Dry only counts. */
export interface BulkRequest {
  /** stop or redrive */
  action: string;
  query: string;
  dry: boolean;
  /** what the dry run counted: refused when many more match now */
  expect: number;
  error?: string;
  cause?: string;
}

/** BulkResult is the answer. Without Dry it comes when all is done. */
export interface BulkResult {
  matched: number;
  /** of those, the ones that the action is for: running, or redrivable */
  eligible: number;
  done: number;
  /** 100 at most */
  failed?: BulkFailure[];
}

/** BulkFailure is one execution that the action failed for. */
export interface BulkFailure {
  arn: string;
  message: string;
}

/** Execution is GET /api/execution?arn=. */
export interface Execution extends ExecutionRow {
  /** that it runs, as it was sent */
  definition: string;
  revision: string;
  /** the machine has another definition now */
  changed: boolean;
  /** null: the payload is hidden, or not known */
  input: string | null;
  /** null, too, until it succeeded */
  output: string | null;
  cause?: string;
  redriveStatus?: string;
  redriveReason?: string;
  redriven?: string;
  traceHeader?: string;
  /** ARN of the execution whose Task started it, or of whose Map Run it is */
  parent?: string;
  forkOf?: ForkOrigin;
  /** of it, newest first */
  forks?: ExecutionRow[];
  mapRuns?: MapRunRow[];
  lastEvent: number;
}

/** ForkOrigin is what an execution was forked from. */
export interface ForkOrigin {
  arn: string;
  state: string;
  /** with which the state was entered there */
  event?: number;
}

/** MapRunRow is a Map Run of an execution. */
export interface MapRunRow {
  arn: string;
  state: string;
  /** MapRunStarted */
  event: number;
  status: string;
  start: string;
  stop?: string;
  items: Counts;
}

/** Counts are those of items or of executions of a Map Run. */
export interface Counts {
  total: number;
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
}

/** Events is GET /api/execution/events?arn=&after=&n=: events without their payloads, in order, n (default 5,000) at most. */
export interface Events {
  events: Event[];
  /** id of the last event that there is */
  last: number;
  ended: boolean;
}

/**
 * Event is an event of a history without its payload. What a type does not have is not there. Names are short since
 * there may be 25,000.
 */
export interface Event {
  id: number;
  prev: number;
  /** as AWS names it */
  type: string;
  /** milliseconds since 1970 */
  at: number;
  /** of the state, or of the Map of an iteration */
  name?: string;
  /** of a task: ARN, or type and resource: lambda:invoke */
  resource?: string;
  /** of an iteration */
  index?: number;
  /** of a Map */
  length?: number;
  error?: string;
  /** the first 1,000 characters */
  cause?: string;
  mapRun?: string;
  /** ARN of the execution that the Task has begun */
  child?: string;
  /** seconds */
  timeout?: number;
  /** seconds */
  heartbeat?: number;
  worker?: string;
  /** of the payload: input, output or parameters */
  bytes?: number;
  /** it has variables */
  assigned?: boolean;
}

/** EventDetail is GET /api/execution/event?arn=&id=: the whole event as GetExecutionHistory shows it. */
export interface EventDetail {
  event: unknown;
}

/**
 * Stages is GET /api/execution/stages?arn=&event=: what became of the data in one visit of a state, which was entered
 * with that event. Values are JSON text, null when there is no such stage. What the history does not have is computed
 * again from what it has, by the same interpreter.
 */
export interface Stages {
  state: string;
  /** JSONPath or JSONata */
  queryLanguage: string;
  input: string | null;
  /** InputPath */
  afterInput: string | null;
  /** Parameters or Arguments: what was sent */
  arguments: string | null;
  /** what came back */
  result: string | null;
  /** ResultSelector */
  afterSelector: string | null;
  /** ResultPath */
  afterResult: string | null;
  output: string | null;
  /** variables that the state could see */
  before?: unknown;
  /** variables that it assigned */
  assigned?: unknown;
  error?: string;
  cause?: string;
  /** why something is missing */
  note?: string;
}

/** ForkRequest is POST /api/execution/fork: a new execution that begins at a state of the top level of another one. */
export interface ForkRequest {
  arn: string;
  state: string;
  /** with which the state was entered; 0: the last time that it was */
  event?: number;
  /** null: that of the visit */
  input?: string;
  /** an object; none: those of the visit */
  variables?: unknown;
  /** ARN with or without version or alias; "": the revision of the other one */
  machine?: string;
  name?: string;
}

/** Started is an execution that was begun. */
export interface Started {
  executionArn: string;
  startDate: string;
}

/**
 * Tasks is GET /api/tasks?n=&after=&machine=&resource=: Tasks that wait for a token or an activity worker, those of earlier
 * executions first.
 */
export interface Tasks {
  tasks: OpenTask[];
  /** that match, on all pages */
  total: number;
  /** there are others after these */
  more: boolean;
  /** for after */
  next?: string;
}

/** OpenTask is one of them. */
export interface OpenTask {
  /** "" when the looker may not answer, or no worker has the task yet */
  token?: string;
  /** token or activity */
  kind: string;
  /** ARN */
  execution: string;
  machineName: string;
  /** of the execution */
  name: string;
  state: string;
  resource: string;
  since: string;
  timesOut?: string;
  /** by when the next one has to come */
  heartbeat?: string;
  /** what was sent */
  input: string | null;
  /** the input is longer than what is shown */
  cut?: boolean;
  worker?: string;
}

/** Activities is GET /api/activities. */
export interface Activities {
  activities: ActivityRow[];
}

/** ActivityRow is an activity, with its queue. */
export interface ActivityRow {
  arn: string;
  name: string;
  created: string;
  /** tasks that no worker has yet */
  waiting: number;
  /** tasks that workers have */
  running: number;
  /** that ask for a task now */
  workers: number;
}

/** Grid is GET /api/machine/grid?arn=&n=: the last executions of a machine by state. */
export interface Grid {
  /** of the top level, in the order of the graph */
  states: string[];
  /** newest first */
  runs: GridRun[];
}

/** GridRun is a column. */
export interface GridRun {
  execution: ExecutionRow;
  /** one a state */
  cells: GridCell[];
}

/** GridCell is what became of a state. Status is "" when it was not entered. */
export interface GridCell {
  /** RUNNING, SUCCEEDED, FAILED, CAUGHT … */
  status?: string;
  visits?: number;
  duration?: number;
}

/** ValidateRequest is POST /api/validate. The text may be JSON or YAML. */
export interface ValidateRequest {
  text: string;
  /** of the machine; "": STANDARD */
  type?: string;
}

/** Validation is what the server's own validator says of a definition. */
export interface Validation {
  /** it can be saved */
  valid: boolean;
  /** json or yaml */
  format: string;
  /** as JSON; "" when the text is not even that */
  definition?: string;
  diagnostics: Diagnostic[];
}

/** Diagnostic is a finding. */
export interface Diagnostic {
  /** ERROR or WARNING */
  severity: string;
  code: string;
  message: string;
  /** JSON pointer: /States/Pay/Next */
  pointer: string;
  state?: string;
  /** of the text, in UTF-16 units, as the next */
  start: number;
  end: number;
  /** from 1 */
  line: number;
}

/** ConvertRequest is POST /api/convert: text from one format to the other. */
export interface ConvertRequest {
  text: string;
  /** json or yaml */
  to: string;
}

/** Converted is the answer. */
export interface Converted {
  text: string;
}

/** LayoutRequest is POST /api/layout. */
export interface LayoutRequest {
  /** JSON or YAML; it need not be valid */
  definition: string;
  /** containers, by the ids of their nodes, that are drawn without what is in them */
  closed?: string[];
}

/**
 * MachineDiff is GET /api/machine/diff?a=&b=: what two definitions differ in, each named by the ARN of a state machine, of a
 * version or of an execution that ran it. How they are written is none of it.
 */
export interface MachineDiff {
  a: DiffSide;
  b: DiffSide;
  /** of the definition itself: StartAt, Comment, TimeoutSeconds … */
  fields: string[];
  /** in the order of b, those that are gone after it */
  states: DiffState[];
}

/** DiffSide is one of the two. */
export interface DiffSide {
  arn: string;
  /** of the state machine */
  name: string;
  definition: string;
}

/** DiffState is a state that was added, removed or changed. */
export interface DiffState {
  /** of its node in the layout of either definition */
  id: string;
  name: string;
  /** added, removed or changed */
  kind: string;
  /** that changed; what is in a container counts for the states there */
  fields?: string[];
}

/** EvalRequest is POST /api/eval. */
export interface EvalRequest {
  /** jsonata, jsonpath or template (a Parameters template with intrinsics) */
  language: string;
  expression: string;
  /** JSON */
  input: string;
  /** JSON: what JSONata sees as $states.result; "" for none */
  result?: string;
  /** JSON object, "" for an example */
  context: string;
  /** JSON object, "" for none */
  variables: string;
}

/** EvalResult is the answer. */
export interface EvalResult {
  /** JSON text; null: there is none (see Error), or it is undefined */
  result: string | null;
  error?: string;
  message?: string;
  /** where in the expression */
  start?: number;
  took: number;
}

/** Samples is GET /api/samples. */
export interface Samples {
  samples: SampleRow[];
}

/** SampleRow is a sample. */
export interface SampleRow {
  name: string;
  title: string;
  /** its README, Markdown */
  text: string;
  type: string;
  services: string[];
  /** what the machine lacks to run it */
  needs?: string[];
  input: string;
  /** the definition's text */
  workflow: string;
}

/** SampleRequest is POST /api/samples/run. */
export interface SampleRequest {
  name: string;
  input?: string;
}

/** SampleRun is the answer. */
export interface SampleRun extends Started {
  machineArn: string;
  created: Created[];
}

/** Created is something that was made for a sample. */
export interface Created {
  /** state machine, table, queue, topic, function … */
  kind: string;
  name: string;
  /** of its page: the path within the console */
  url?: string;
  /** it was there before */
  kept?: boolean;
}

/** Contents is GET /api/services: the built-in services and how much each has. */
export interface Contents {
  services: ServiceRow[];
}

/** ServiceRow is a service. */
export interface ServiceRow {
  /** of the AWS CLI */
  name: string;
  /** Amazon DynamoDB */
  title: string;
  /** table, queue, topic, bucket, log group … */
  kind: string;
  count: number;
  /** embedded, aws or a URL */
  where: string;
}

/** Resources is GET /api/services/resources?service=&after=. */
export interface Resources {
  resources: Resource[];
  next?: string;
}

/** Resource is a table, a queue and so on. */
export interface Resource {
  name: string;
  /** for the next call: ARN, URL or name */
  id: string;
  created?: string;
  /** in a few words each: items, bytes, messages … */
  facts: Record<string, string>;
}

/**
 * Items is GET /api/services/items?service=&id=&after=: what is in a resource. Looking changes nothing: a message of a
 * queue stays as visible as it was.
 */
export interface Items {
  columns: string[];
  /** by column; "" for what an item does not have */
  items: Record<string, string>[];
  /** the whole of each, JSON */
  details?: string[];
  next?: string;
}

/** Settings is GET /api/settings, for admins. No value is a secret. */
export interface Settings {
  sections: SettingSection[];
}

/** SettingSection is a group of settings. */
export interface SettingSection {
  title: string;
  settings: Setting[];
}

/** Setting is one, as it is in force. */
export interface Setting {
  /** as the configuration file spells it */
  name: string;
  value: string;
  /** default, flag, environment or file */
  from: string;
}

/** Audit is GET /api/audit?before=&n=, for admins: the newest first. */
export interface Audit {
  entries: AuditEntry[];
  /** why the last entry could not be written */
  failing?: string;
}

/** AuditEntry is one write. */
export interface AuditEntry {
  id: number;
  at: string;
  user: string;
  role: Role;
  address: string;
  operation: string;
  resource?: string;
  /** ok, or the code of the error */
  outcome: string;
}

/** Resolved is GET /api/resolve?text=: the page of an ARN, of a URL of AWS's console, or of a name. */
export interface Resolved {
  /** within the console; "" when there is none */
  path: string;
  kind: string;
}

/** StreamOverview is sent once a second while something changes. */
export interface StreamOverview {
  statuses: Record<string, number>;
  /** the one under way */
  minute: Minute;
}

/** StreamList tells of executions that began, ended or were redriven. */
export interface StreamList {
  executions: ExecutionRow[];
}

/** StreamExecution tells of new events of one execution. */
export interface StreamExecution {
  execution: ExecutionRow;
  events: Event[];
}

/** Resync says that what was missed is too much: read again what is shown. It is of all topics. */
export interface Resync {
  reason: string;
}

/** Integrations is GET /api/integrations: what a Task can call, for the palette. */
export interface Integrations {
  optimised: Integration[];
  services: SDKService[];
}

/** Integration is an optimised one. */
export interface Integration {
  /** arn:aws:states:::sqs:sendMessage */
  resource: string;
  /** SQS SendMessage */
  title: string;
  /** "", .sync, .sync:2, .waitForTaskToken */
  patterns: string[];
}

/** SDKService is a service of aws-sdk integrations. */
export interface SDKService {
  /** as ARNs spell it: dynamodb */
  name: string;
  title: string;
  /** as ARNs spell them: putItem */
  actions: string[];
}

/** Parameters is GET /api/integrations/parameters?resource=: what a call takes, a few levels deep. */
export interface Parameters {
  fields: Field[];
}

/** Field is one of them. */
export interface Field {
  name: string;
  /** string, number, boolean, list, map, structure, blob, timestamp or any */
  type: string;
  required?: boolean;
  /** of an enumeration */
  values?: string[];
  /** of a structure, or of what a list or a map has */
  fields?: Field[];
}
