// Made by console/types from AWS's model of Step Functions; do not edit.

/** Operations are those of POST /api/aws/OPERATION. */
export interface Operations {
  CreateActivity: { input: CreateActivityInput; output: CreateActivityOutput };
  CreateStateMachine: { input: CreateStateMachineInput; output: CreateStateMachineOutput };
  CreateStateMachineAlias: { input: CreateStateMachineAliasInput; output: CreateStateMachineAliasOutput };
  DeleteActivity: { input: DeleteActivityInput; output: Record<string, never> };
  DeleteStateMachine: { input: DeleteStateMachineInput; output: Record<string, never> };
  DeleteStateMachineAlias: { input: DeleteStateMachineAliasInput; output: Record<string, never> };
  DeleteStateMachineVersion: { input: DeleteStateMachineVersionInput; output: Record<string, never> };
  DescribeActivity: { input: DescribeActivityInput; output: DescribeActivityOutput };
  DescribeExecution: { input: DescribeExecutionInput; output: DescribeExecutionOutput };
  DescribeMapRun: { input: DescribeMapRunInput; output: DescribeMapRunOutput };
  DescribeStateMachine: { input: DescribeStateMachineInput; output: DescribeStateMachineOutput };
  DescribeStateMachineAlias: { input: DescribeStateMachineAliasInput; output: DescribeStateMachineAliasOutput };
  DescribeStateMachineForExecution: { input: DescribeStateMachineForExecutionInput; output: DescribeStateMachineForExecutionOutput };
  GetActivityTask: { input: GetActivityTaskInput; output: GetActivityTaskOutput };
  GetExecutionHistory: { input: GetExecutionHistoryInput; output: GetExecutionHistoryOutput };
  ListActivities: { input: ListActivitiesInput; output: ListActivitiesOutput };
  ListExecutions: { input: ListExecutionsInput; output: ListExecutionsOutput };
  ListMapRuns: { input: ListMapRunsInput; output: ListMapRunsOutput };
  ListStateMachineAliases: { input: ListStateMachineAliasesInput; output: ListStateMachineAliasesOutput };
  ListStateMachineVersions: { input: ListStateMachineVersionsInput; output: ListStateMachineVersionsOutput };
  ListStateMachines: { input: ListStateMachinesInput; output: ListStateMachinesOutput };
  ListTagsForResource: { input: ListTagsForResourceInput; output: ListTagsForResourceOutput };
  PublishStateMachineVersion: { input: PublishStateMachineVersionInput; output: PublishStateMachineVersionOutput };
  RedriveExecution: { input: RedriveExecutionInput; output: RedriveExecutionOutput };
  SendTaskFailure: { input: SendTaskFailureInput; output: Record<string, never> };
  SendTaskHeartbeat: { input: SendTaskHeartbeatInput; output: Record<string, never> };
  SendTaskSuccess: { input: SendTaskSuccessInput; output: Record<string, never> };
  StartExecution: { input: StartExecutionInput; output: StartExecutionOutput };
  StartSyncExecution: { input: StartSyncExecutionInput; output: StartSyncExecutionOutput };
  StopExecution: { input: StopExecutionInput; output: StopExecutionOutput };
  TagResource: { input: TagResourceInput; output: Record<string, never> };
  TestState: { input: TestStateInput; output: TestStateOutput };
  UntagResource: { input: UntagResourceInput; output: Record<string, never> };
  UpdateMapRun: { input: UpdateMapRunInput; output: Record<string, never> };
  UpdateStateMachine: { input: UpdateStateMachineInput; output: UpdateStateMachineOutput };
  UpdateStateMachineAlias: { input: UpdateStateMachineAliasInput; output: UpdateStateMachineAliasOutput };
  ValidateStateMachineDefinition: { input: ValidateStateMachineDefinitionInput; output: ValidateStateMachineDefinitionOutput };
}

/** Operation is the name of one. */
export type Operation = keyof Operations;

export interface ActivityFailedEventDetails {
  error?: string;
  cause?: string;
}

export interface ActivityListItem {
  activityArn: string;
  name: string;
  creationDate: number;
}

export interface ActivityScheduleFailedEventDetails {
  error?: string;
  cause?: string;
}

export interface ActivityScheduledEventDetails {
  resource: string;
  input?: string;
  inputDetails?: HistoryEventExecutionDataDetails;
  timeoutInSeconds?: number;
  heartbeatInSeconds?: number;
}

export interface ActivityStartedEventDetails {
  workerName?: string;
}

export interface ActivitySucceededEventDetails {
  output?: string;
  outputDetails?: HistoryEventExecutionDataDetails;
}

export interface ActivityTimedOutEventDetails {
  error?: string;
  cause?: string;
}

export interface AssignedVariablesDetails {
  truncated?: boolean;
}

export interface BillingDetails {
  billedMemoryUsedInMB?: number;
  billedDurationInMilliseconds?: number;
}

export interface CloudWatchEventsExecutionDataDetails {
  included?: boolean;
}

export interface CloudWatchLogsLogGroup {
  logGroupArn?: string;
}

export interface CreateActivityInput {
  name: string;
  tags?: Tag[];
  encryptionConfiguration?: EncryptionConfiguration;
}

export interface CreateActivityOutput {
  activityArn: string;
  creationDate: number;
}

export interface CreateStateMachineAliasInput {
  description?: string;
  name: string;
  routingConfiguration: RoutingConfigurationListItem[];
}

export interface CreateStateMachineAliasOutput {
  stateMachineAliasArn: string;
  creationDate: number;
}

export interface CreateStateMachineInput {
  name: string;
  definition: string;
  roleArn: string;
  type?: "STANDARD" | "EXPRESS";
  loggingConfiguration?: LoggingConfiguration;
  tags?: Tag[];
  tracingConfiguration?: TracingConfiguration;
  publish?: boolean;
  versionDescription?: string;
  encryptionConfiguration?: EncryptionConfiguration;
}

export interface CreateStateMachineOutput {
  stateMachineArn: string;
  creationDate: number;
  stateMachineVersionArn?: string;
}

export interface DeleteActivityInput {
  activityArn: string;
}

export interface DeleteStateMachineAliasInput {
  stateMachineAliasArn: string;
}

export interface DeleteStateMachineInput {
  stateMachineArn: string;
}

export interface DeleteStateMachineVersionInput {
  stateMachineVersionArn: string;
}

export interface DescribeActivityInput {
  activityArn: string;
}

export interface DescribeActivityOutput {
  activityArn: string;
  name: string;
  creationDate: number;
  encryptionConfiguration?: EncryptionConfiguration;
}

export interface DescribeExecutionInput {
  executionArn: string;
  includedData?: "ALL_DATA" | "METADATA_ONLY";
}

export interface DescribeExecutionOutput {
  executionArn: string;
  stateMachineArn: string;
  name?: string;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";
  startDate: number;
  stopDate?: number;
  input?: string;
  inputDetails?: CloudWatchEventsExecutionDataDetails;
  output?: string;
  outputDetails?: CloudWatchEventsExecutionDataDetails;
  traceHeader?: string;
  mapRunArn?: string;
  error?: string;
  cause?: string;
  stateMachineVersionArn?: string;
  stateMachineAliasArn?: string;
  redriveCount?: number;
  redriveDate?: number;
  redriveStatus?: "REDRIVABLE" | "NOT_REDRIVABLE" | "REDRIVABLE_BY_MAP_RUN";
  redriveStatusReason?: string;
}

export interface DescribeMapRunInput {
  mapRunArn: string;
}

export interface DescribeMapRunOutput {
  mapRunArn: string;
  executionArn: string;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED";
  startDate: number;
  stopDate?: number;
  maxConcurrency: number;
  toleratedFailurePercentage: number;
  toleratedFailureCount: number;
  itemCounts: MapRunItemCounts;
  executionCounts: MapRunExecutionCounts;
  redriveCount?: number;
  redriveDate?: number;
}

export interface DescribeStateMachineAliasInput {
  stateMachineAliasArn: string;
}

export interface DescribeStateMachineAliasOutput {
  stateMachineAliasArn?: string;
  name?: string;
  description?: string;
  routingConfiguration?: RoutingConfigurationListItem[];
  creationDate?: number;
  updateDate?: number;
}

export interface DescribeStateMachineForExecutionInput {
  executionArn: string;
  includedData?: "ALL_DATA" | "METADATA_ONLY";
}

export interface DescribeStateMachineForExecutionOutput {
  stateMachineArn: string;
  name: string;
  definition: string;
  roleArn: string;
  updateDate: number;
  loggingConfiguration?: LoggingConfiguration;
  tracingConfiguration?: TracingConfiguration;
  mapRunArn?: string;
  label?: string;
  revisionId?: string;
  encryptionConfiguration?: EncryptionConfiguration;
  variableReferences?: Record<string, string[]>;
}

export interface DescribeStateMachineInput {
  stateMachineArn: string;
  includedData?: "ALL_DATA" | "METADATA_ONLY";
}

export interface DescribeStateMachineOutput {
  stateMachineArn: string;
  name: string;
  status?: "ACTIVE" | "DELETING";
  definition: string;
  roleArn: string;
  type: "STANDARD" | "EXPRESS";
  creationDate: number;
  loggingConfiguration?: LoggingConfiguration;
  tracingConfiguration?: TracingConfiguration;
  label?: string;
  revisionId?: string;
  description?: string;
  encryptionConfiguration?: EncryptionConfiguration;
  variableReferences?: Record<string, string[]>;
}

export interface EncryptionConfiguration {
  kmsKeyId?: string;
  kmsDataKeyReusePeriodSeconds?: number;
  type: "AWS_OWNED_KEY" | "CUSTOMER_MANAGED_KMS_KEY";
}

export interface EvaluationFailedEventDetails {
  error?: string;
  cause?: string;
  location?: string;
  state: string;
}

export interface ExecutionAbortedEventDetails {
  error?: string;
  cause?: string;
}

export interface ExecutionFailedEventDetails {
  error?: string;
  cause?: string;
}

export interface ExecutionListItem {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";
  startDate: number;
  stopDate?: number;
  mapRunArn?: string;
  itemCount?: number;
  stateMachineVersionArn?: string;
  stateMachineAliasArn?: string;
  redriveCount?: number;
  redriveDate?: number;
}

export interface ExecutionRedrivenEventDetails {
  redriveCount?: number;
}

export interface ExecutionStartedEventDetails {
  input?: string;
  inputDetails?: HistoryEventExecutionDataDetails;
  roleArn?: string;
  stateMachineAliasArn?: string;
  stateMachineVersionArn?: string;
}

export interface ExecutionSucceededEventDetails {
  output?: string;
  outputDetails?: HistoryEventExecutionDataDetails;
}

export interface ExecutionTimedOutEventDetails {
  error?: string;
  cause?: string;
}

export interface GetActivityTaskInput {
  activityArn: string;
  workerName?: string;
}

export interface GetActivityTaskOutput {
  taskToken?: string;
  input?: string;
}

export interface GetExecutionHistoryInput {
  executionArn: string;
  maxResults?: number;
  reverseOrder?: boolean;
  nextToken?: string;
  includeExecutionData?: boolean;
}

export interface GetExecutionHistoryOutput {
  events: HistoryEvent[];
  nextToken?: string;
}

export interface HistoryEvent {
  timestamp: number;
  type: "ActivityFailed" | "ActivityScheduled" | "ActivityScheduleFailed" | "ActivityStarted" | "ActivitySucceeded" | "ActivityTimedOut" | "ChoiceStateEntered" | "ChoiceStateExited" | "ExecutionAborted" | "ExecutionFailed" | "ExecutionStarted" | "ExecutionSucceeded" | "ExecutionTimedOut" | "FailStateEntered" | "LambdaFunctionFailed" | "LambdaFunctionScheduled" | "LambdaFunctionScheduleFailed" | "LambdaFunctionStarted" | "LambdaFunctionStartFailed" | "LambdaFunctionSucceeded" | "LambdaFunctionTimedOut" | "MapIterationAborted" | "MapIterationFailed" | "MapIterationStarted" | "MapIterationSucceeded" | "MapStateAborted" | "MapStateEntered" | "MapStateExited" | "MapStateFailed" | "MapStateStarted" | "MapStateSucceeded" | "ParallelStateAborted" | "ParallelStateEntered" | "ParallelStateExited" | "ParallelStateFailed" | "ParallelStateStarted" | "ParallelStateSucceeded" | "PassStateEntered" | "PassStateExited" | "SucceedStateEntered" | "SucceedStateExited" | "TaskFailed" | "TaskScheduled" | "TaskStarted" | "TaskStartFailed" | "TaskStateAborted" | "TaskStateEntered" | "TaskStateExited" | "TaskSubmitFailed" | "TaskSubmitted" | "TaskSucceeded" | "TaskTimedOut" | "WaitStateAborted" | "WaitStateEntered" | "WaitStateExited" | "MapRunAborted" | "MapRunFailed" | "MapRunStarted" | "MapRunSucceeded" | "ExecutionRedriven" | "MapRunRedriven" | "EvaluationFailed";
  id: number;
  previousEventId?: number;
  activityFailedEventDetails?: ActivityFailedEventDetails;
  activityScheduleFailedEventDetails?: ActivityScheduleFailedEventDetails;
  activityScheduledEventDetails?: ActivityScheduledEventDetails;
  activityStartedEventDetails?: ActivityStartedEventDetails;
  activitySucceededEventDetails?: ActivitySucceededEventDetails;
  activityTimedOutEventDetails?: ActivityTimedOutEventDetails;
  taskFailedEventDetails?: TaskFailedEventDetails;
  taskScheduledEventDetails?: TaskScheduledEventDetails;
  taskStartFailedEventDetails?: TaskStartFailedEventDetails;
  taskStartedEventDetails?: TaskStartedEventDetails;
  taskSubmitFailedEventDetails?: TaskSubmitFailedEventDetails;
  taskSubmittedEventDetails?: TaskSubmittedEventDetails;
  taskSucceededEventDetails?: TaskSucceededEventDetails;
  taskTimedOutEventDetails?: TaskTimedOutEventDetails;
  executionFailedEventDetails?: ExecutionFailedEventDetails;
  executionStartedEventDetails?: ExecutionStartedEventDetails;
  executionSucceededEventDetails?: ExecutionSucceededEventDetails;
  executionAbortedEventDetails?: ExecutionAbortedEventDetails;
  executionTimedOutEventDetails?: ExecutionTimedOutEventDetails;
  executionRedrivenEventDetails?: ExecutionRedrivenEventDetails;
  mapStateStartedEventDetails?: MapStateStartedEventDetails;
  mapIterationStartedEventDetails?: MapIterationEventDetails;
  mapIterationSucceededEventDetails?: MapIterationEventDetails;
  mapIterationFailedEventDetails?: MapIterationEventDetails;
  mapIterationAbortedEventDetails?: MapIterationEventDetails;
  lambdaFunctionFailedEventDetails?: LambdaFunctionFailedEventDetails;
  lambdaFunctionScheduleFailedEventDetails?: LambdaFunctionScheduleFailedEventDetails;
  lambdaFunctionScheduledEventDetails?: LambdaFunctionScheduledEventDetails;
  lambdaFunctionStartFailedEventDetails?: LambdaFunctionStartFailedEventDetails;
  lambdaFunctionSucceededEventDetails?: LambdaFunctionSucceededEventDetails;
  lambdaFunctionTimedOutEventDetails?: LambdaFunctionTimedOutEventDetails;
  stateEnteredEventDetails?: StateEnteredEventDetails;
  stateExitedEventDetails?: StateExitedEventDetails;
  mapRunStartedEventDetails?: MapRunStartedEventDetails;
  mapRunFailedEventDetails?: MapRunFailedEventDetails;
  mapRunRedrivenEventDetails?: MapRunRedrivenEventDetails;
  evaluationFailedEventDetails?: EvaluationFailedEventDetails;
}

export interface HistoryEventExecutionDataDetails {
  truncated?: boolean;
}

export interface InspectionData {
  input?: string;
  afterArguments?: string;
  afterInputPath?: string;
  afterParameters?: string;
  result?: string;
  afterResultSelector?: string;
  afterResultPath?: string;
  request?: InspectionDataRequest;
  response?: InspectionDataResponse;
  variables?: string;
  errorDetails?: InspectionErrorDetails;
  afterItemsPath?: string;
  afterItemSelector?: string;
  afterItemBatcher?: string;
  afterItemsPointer?: string;
  toleratedFailureCount?: number;
  toleratedFailurePercentage?: number;
  maxConcurrency?: number;
}

export interface InspectionDataRequest {
  protocol?: string;
  method?: string;
  url?: string;
  headers?: string;
  body?: string;
}

export interface InspectionDataResponse {
  protocol?: string;
  statusCode?: string;
  statusMessage?: string;
  headers?: string;
  body?: string;
}

export interface InspectionErrorDetails {
  catchIndex?: number;
  retryIndex?: number;
  retryBackoffIntervalSeconds?: number;
}

export interface LambdaFunctionFailedEventDetails {
  error?: string;
  cause?: string;
}

export interface LambdaFunctionScheduleFailedEventDetails {
  error?: string;
  cause?: string;
}

export interface LambdaFunctionScheduledEventDetails {
  resource: string;
  input?: string;
  inputDetails?: HistoryEventExecutionDataDetails;
  timeoutInSeconds?: number;
  taskCredentials?: TaskCredentials;
}

export interface LambdaFunctionStartFailedEventDetails {
  error?: string;
  cause?: string;
}

export interface LambdaFunctionSucceededEventDetails {
  output?: string;
  outputDetails?: HistoryEventExecutionDataDetails;
}

export interface LambdaFunctionTimedOutEventDetails {
  error?: string;
  cause?: string;
}

export interface ListActivitiesInput {
  maxResults?: number;
  nextToken?: string;
}

export interface ListActivitiesOutput {
  activities: ActivityListItem[];
  nextToken?: string;
}

export interface ListExecutionsInput {
  stateMachineArn?: string;
  statusFilter?: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";
  maxResults?: number;
  nextToken?: string;
  mapRunArn?: string;
  redriveFilter?: "REDRIVEN" | "NOT_REDRIVEN";
}

export interface ListExecutionsOutput {
  executions: ExecutionListItem[];
  nextToken?: string;
}

export interface ListMapRunsInput {
  executionArn: string;
  maxResults?: number;
  nextToken?: string;
}

export interface ListMapRunsOutput {
  mapRuns: MapRunListItem[];
  nextToken?: string;
}

export interface ListStateMachineAliasesInput {
  stateMachineArn: string;
  nextToken?: string;
  maxResults?: number;
}

export interface ListStateMachineAliasesOutput {
  stateMachineAliases: StateMachineAliasListItem[];
  nextToken?: string;
}

export interface ListStateMachineVersionsInput {
  stateMachineArn: string;
  nextToken?: string;
  maxResults?: number;
}

export interface ListStateMachineVersionsOutput {
  stateMachineVersions: StateMachineVersionListItem[];
  nextToken?: string;
}

export interface ListStateMachinesInput {
  maxResults?: number;
  nextToken?: string;
}

export interface ListStateMachinesOutput {
  stateMachines: StateMachineListItem[];
  nextToken?: string;
}

export interface ListTagsForResourceInput {
  resourceArn: string;
}

export interface ListTagsForResourceOutput {
  tags?: Tag[];
}

export interface LogDestination {
  cloudWatchLogsLogGroup?: CloudWatchLogsLogGroup;
}

export interface LoggingConfiguration {
  level?: "ALL" | "ERROR" | "FATAL" | "OFF";
  includeExecutionData?: boolean;
  destinations?: LogDestination[];
}

export interface MapIterationEventDetails {
  name?: string;
  index?: number;
}

export interface MapRunExecutionCounts {
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  total: number;
  resultsWritten: number;
  failuresNotRedrivable?: number;
  pendingRedrive?: number;
}

export interface MapRunFailedEventDetails {
  error?: string;
  cause?: string;
}

export interface MapRunItemCounts {
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  total: number;
  resultsWritten: number;
  failuresNotRedrivable?: number;
  pendingRedrive?: number;
}

export interface MapRunListItem {
  executionArn: string;
  mapRunArn: string;
  stateMachineArn: string;
  startDate: number;
  stopDate?: number;
}

export interface MapRunRedrivenEventDetails {
  mapRunArn?: string;
  redriveCount?: number;
}

export interface MapRunStartedEventDetails {
  mapRunArn?: string;
}

export interface MapStateStartedEventDetails {
  length?: number;
}

export interface MockInput {
  result?: string;
  errorOutput?: MockInputErrorOutput;
  fieldValidationMode?: "STRICT" | "PRESENT" | "NONE";
}

export interface MockInputErrorOutput {
  error?: string;
  cause?: string;
}

export interface PublishStateMachineVersionInput {
  stateMachineArn: string;
  revisionId?: string;
  description?: string;
}

export interface PublishStateMachineVersionOutput {
  creationDate: number;
  stateMachineVersionArn: string;
}

export interface RedriveExecutionInput {
  executionArn: string;
  clientToken?: string;
}

export interface RedriveExecutionOutput {
  redriveDate: number;
}

export interface RoutingConfigurationListItem {
  stateMachineVersionArn: string;
  weight: number;
}

export interface SendTaskFailureInput {
  taskToken: string;
  error?: string;
  cause?: string;
}

export interface SendTaskHeartbeatInput {
  taskToken: string;
}

export interface SendTaskSuccessInput {
  taskToken: string;
  output: string;
}

export interface StartExecutionInput {
  stateMachineArn: string;
  name?: string;
  input?: string;
  traceHeader?: string;
}

export interface StartExecutionOutput {
  executionArn: string;
  startDate: number;
}

export interface StartSyncExecutionInput {
  stateMachineArn: string;
  name?: string;
  input?: string;
  traceHeader?: string;
  includedData?: "ALL_DATA" | "METADATA_ONLY";
}

export interface StartSyncExecutionOutput {
  executionArn: string;
  stateMachineArn?: string;
  name?: string;
  startDate: number;
  stopDate: number;
  status: "SUCCEEDED" | "FAILED" | "TIMED_OUT";
  error?: string;
  cause?: string;
  input?: string;
  inputDetails?: CloudWatchEventsExecutionDataDetails;
  output?: string;
  outputDetails?: CloudWatchEventsExecutionDataDetails;
  traceHeader?: string;
  billingDetails?: BillingDetails;
}

export interface StateEnteredEventDetails {
  name: string;
  input?: string;
  inputDetails?: HistoryEventExecutionDataDetails;
}

export interface StateExitedEventDetails {
  name: string;
  output?: string;
  outputDetails?: HistoryEventExecutionDataDetails;
  assignedVariables?: Record<string, string>;
  assignedVariablesDetails?: AssignedVariablesDetails;
}

export interface StateMachineAliasListItem {
  stateMachineAliasArn: string;
  creationDate: number;
}

export interface StateMachineListItem {
  stateMachineArn: string;
  name: string;
  type: "STANDARD" | "EXPRESS";
  creationDate: number;
}

export interface StateMachineVersionListItem {
  stateMachineVersionArn: string;
  creationDate: number;
}

export interface StopExecutionInput {
  executionArn: string;
  error?: string;
  cause?: string;
}

export interface StopExecutionOutput {
  stopDate: number;
}

export interface Tag {
  key?: string;
  value?: string;
}

export interface TagResourceInput {
  resourceArn: string;
  tags: Tag[];
}

export interface TaskCredentials {
  roleArn?: string;
}

export interface TaskFailedEventDetails {
  resourceType: string;
  resource: string;
  error?: string;
  cause?: string;
}

export interface TaskScheduledEventDetails {
  resourceType: string;
  resource: string;
  region: string;
  parameters: string;
  timeoutInSeconds?: number;
  heartbeatInSeconds?: number;
  taskCredentials?: TaskCredentials;
}

export interface TaskStartFailedEventDetails {
  resourceType: string;
  resource: string;
  error?: string;
  cause?: string;
}

export interface TaskStartedEventDetails {
  resourceType: string;
  resource: string;
}

export interface TaskSubmitFailedEventDetails {
  resourceType: string;
  resource: string;
  error?: string;
  cause?: string;
}

export interface TaskSubmittedEventDetails {
  resourceType: string;
  resource: string;
  output?: string;
  outputDetails?: HistoryEventExecutionDataDetails;
}

export interface TaskSucceededEventDetails {
  resourceType: string;
  resource: string;
  output?: string;
  outputDetails?: HistoryEventExecutionDataDetails;
}

export interface TaskTimedOutEventDetails {
  resourceType: string;
  resource: string;
  error?: string;
  cause?: string;
}

export interface TestStateConfiguration {
  retrierRetryCount?: number;
  errorCausedByState?: string;
  mapIterationFailureCount?: number;
  mapItemReaderData?: string;
}

export interface TestStateInput {
  definition: string;
  roleArn?: string;
  input?: string;
  inspectionLevel?: "INFO" | "DEBUG" | "TRACE";
  revealSecrets?: boolean;
  variables?: string;
  stateName?: string;
  mock?: MockInput;
  context?: string;
  stateConfiguration?: TestStateConfiguration;
}

export interface TestStateOutput {
  output?: string;
  error?: string;
  cause?: string;
  inspectionData?: InspectionData;
  nextState?: string;
  status?: "SUCCEEDED" | "FAILED" | "RETRIABLE" | "CAUGHT_ERROR";
}

export interface TracingConfiguration {
  enabled?: boolean;
}

export interface UntagResourceInput {
  resourceArn: string;
  tagKeys: string[];
}

export interface UpdateMapRunInput {
  mapRunArn: string;
  maxConcurrency?: number;
  toleratedFailurePercentage?: number;
  toleratedFailureCount?: number;
}

export interface UpdateStateMachineAliasInput {
  stateMachineAliasArn: string;
  description?: string;
  routingConfiguration?: RoutingConfigurationListItem[];
}

export interface UpdateStateMachineAliasOutput {
  updateDate: number;
}

export interface UpdateStateMachineInput {
  stateMachineArn: string;
  definition?: string;
  roleArn?: string;
  loggingConfiguration?: LoggingConfiguration;
  tracingConfiguration?: TracingConfiguration;
  publish?: boolean;
  versionDescription?: string;
  encryptionConfiguration?: EncryptionConfiguration;
}

export interface UpdateStateMachineOutput {
  updateDate: number;
  revisionId?: string;
  stateMachineVersionArn?: string;
}

export interface ValidateStateMachineDefinitionDiagnostic {
  severity: "ERROR" | "WARNING";
  code: string;
  message: string;
  location?: string;
}

export interface ValidateStateMachineDefinitionInput {
  definition: string;
  type?: "STANDARD" | "EXPRESS";
  severity?: "ERROR" | "WARNING";
  maxResults?: number;
}

export interface ValidateStateMachineDefinitionOutput {
  result: "OK" | "FAIL";
  diagnostics: ValidateStateMachineDefinitionDiagnostic[];
  truncated?: boolean;
}
