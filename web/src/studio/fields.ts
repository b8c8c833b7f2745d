import type { Language, StateType } from './states';

// What the forms know of the fields of states: the language's own schema, with the words that people need.

export type Kind = 'text' | 'long' | 'number' | 'json' | 'path' | 'choice' | 'expression';
export type Section = 'configuration' | 'data' | 'variables';

export interface FieldSpec {
  name: string;
  label: string;
  kind: Kind;
  types: StateType[];
  section: Section;
  help: string;
  language?: Language; // none: both
  values?: string[]; // of a choice
}

const going: StateType[] = ['Task', 'Parallel', 'Map', 'Pass', 'Wait'];
const passing: StateType[] = [...going, 'Choice', 'Succeed'];
const all: StateType[] = [...passing, 'Fail'];
const computing: StateType[] = ['Task', 'Parallel', 'Map'];

const configuration: FieldSpec[] = [
  { name: 'Comment', label: 'Comment', kind: 'long', types: all, section: 'configuration', help: 'For people who read the workflow.' },
  { name: 'TimeoutSeconds', label: 'Timeout', kind: 'number', types: ['Task'], section: 'configuration', help: 'Seconds until the call fails with States.Timeout.' },
  { name: 'TimeoutSecondsPath', label: 'Timeout from', kind: 'path', types: ['Task'], section: 'configuration', language: 'JSONPath', help: 'A path to the seconds, in place of a number.' },
  { name: 'HeartbeatSeconds', label: 'Heartbeat', kind: 'number', types: ['Task'], section: 'configuration', help: 'Seconds between two signs of life, else States.HeartbeatTimeout.' },
  { name: 'HeartbeatSecondsPath', label: 'Heartbeat from', kind: 'path', types: ['Task'], section: 'configuration', language: 'JSONPath', help: 'A path to the seconds, in place of a number.' },
  { name: 'Credentials', label: 'Credentials', kind: 'json', types: ['Task'], section: 'configuration', help: 'The role to call with: {"RoleArn": …}.' },
  { name: 'Seconds', label: 'Seconds', kind: 'number', types: ['Wait'], section: 'configuration', help: 'How long to wait.' },
  { name: 'Timestamp', label: 'Until', kind: 'text', types: ['Wait'], section: 'configuration', help: 'A time such as 2030-01-01T12:00:00Z, in place of seconds.' },
  { name: 'SecondsPath', label: 'Seconds from', kind: 'path', types: ['Wait'], section: 'configuration', language: 'JSONPath', help: 'A path to the seconds.' },
  { name: 'TimestampPath', label: 'Until, from', kind: 'path', types: ['Wait'], section: 'configuration', language: 'JSONPath', help: 'A path to the time.' },
  { name: 'Error', label: 'Error', kind: 'text', types: ['Fail'], section: 'configuration', help: 'The name that others catch.' },
  { name: 'Cause', label: 'Cause', kind: 'long', types: ['Fail'], section: 'configuration', help: 'What people should know.' },
  { name: 'ErrorPath', label: 'Error from', kind: 'path', types: ['Fail'], section: 'configuration', language: 'JSONPath', help: 'A path or an intrinsic function that gives the name.' },
  { name: 'CausePath', label: 'Cause from', kind: 'path', types: ['Fail'], section: 'configuration', language: 'JSONPath', help: 'A path or an intrinsic function that gives the cause.' },
];

const mapping: FieldSpec[] = [
  { name: 'Items', label: 'Items', kind: 'expression', types: ['Map'], section: 'configuration', language: 'JSONata', help: 'The list, or an expression that gives it.' },
  { name: 'ItemsPath', label: 'Items from', kind: 'path', types: ['Map'], section: 'configuration', language: 'JSONPath', help: 'A path to the list; none: the whole input.' },
  { name: 'ItemSelector', label: 'Item selector', kind: 'json', types: ['Map'], section: 'configuration', help: 'What each iteration gets; none: the item itself.' },
  { name: 'MaxConcurrency', label: 'Most at a time', kind: 'number', types: ['Map'], section: 'configuration', help: 'How many iterations run at once; 0 or none: as many as can.' },
  { name: 'MaxConcurrencyPath', label: 'Most at a time, from', kind: 'path', types: ['Map'], section: 'configuration', language: 'JSONPath', help: 'A path to the number.' },
  { name: 'ToleratedFailurePercentage', label: 'Tolerated failures, %', kind: 'number', types: ['Map'], section: 'configuration', help: 'Of a distributed Map: the share of items that may fail.' },
  { name: 'ToleratedFailureCount', label: 'Tolerated failures', kind: 'number', types: ['Map'], section: 'configuration', help: 'Of a distributed Map: how many items may fail.' },
  { name: 'ItemReader', label: 'Item reader', kind: 'json', types: ['Map'], section: 'configuration', help: 'Of a distributed Map: the data set, as {"Resource": …, "ReaderConfig": …}.' },
  { name: 'ItemBatcher', label: 'Batches', kind: 'json', types: ['Map'], section: 'configuration', help: 'Of a distributed Map: how many items an execution gets, {"MaxItemsPerBatch": 10}.' },
  { name: 'ResultWriter', label: 'Result writer', kind: 'json', types: ['Map'], section: 'configuration', help: 'Of a distributed Map: where the results go.' },
  { name: 'Label', label: 'Label', kind: 'text', types: ['Map'], section: 'configuration', help: 'Of a distributed Map: part of the ARN of its Map Run.' },
];

const data: FieldSpec[] = [
  { name: 'InputPath', label: 'Input path', kind: 'path', types: passing, section: 'data', language: 'JSONPath', help: 'Which part of the input the state sees. $ is all of it.' },
  { name: 'Parameters', label: 'Parameters', kind: 'json', types: ['Parallel', 'Map', 'Pass'], section: 'data', language: 'JSONPath', help: 'What the state works on. Names that end in .$ have paths or intrinsic functions.' },
  { name: 'Arguments', label: 'Arguments', kind: 'json', types: ['Parallel'], section: 'data', language: 'JSONata', help: 'What the branches get; none: the input.' },
  { name: 'Result', label: 'Result', kind: 'json', types: ['Pass'], section: 'data', language: 'JSONPath', help: 'The output as it is written here.' },
  { name: 'ResultSelector', label: 'Result selector', kind: 'json', types: computing, section: 'data', language: 'JSONPath', help: 'Which parts of the result are kept.' },
  { name: 'ResultPath', label: 'Result path', kind: 'path', types: [...computing, 'Pass'], section: 'data', language: 'JSONPath', help: 'Where in the input the result goes. $ puts it in its place, null drops it.' },
  { name: 'OutputPath', label: 'Output path', kind: 'path', types: passing, section: 'data', language: 'JSONPath', help: 'Which part of that is the output.' },
  { name: 'Output', label: 'Output', kind: 'json', types: passing, section: 'data', language: 'JSONata', help: 'JSON with expressions in {% %}; none: the result, or the input of states without one.' },
];

const variables: FieldSpec[] = [
  { name: 'Assign', label: 'Variables', kind: 'json', types: [...going, 'Choice'], section: 'variables', help: 'An object: each member is a variable that later states of this scope can read as $name.' },
];

export const fields: FieldSpec[] = [...configuration, ...mapping, ...data, ...variables];

export function fieldsOf(type: string, language: Language, section: Section): FieldSpec[] {
  return fields.filter((f) => f.section === section && f.types.includes(type as StateType) && (f.language === undefined || f.language === language));
}

// expected are the names of fields with forms of their own.
const others = ['Type', 'Next', 'End', 'QueryLanguage', 'Resource', 'Parameters', 'Arguments', 'Branches', 'ItemProcessor', 'Iterator', 'Choices', 'Default', 'Retry', 'Catch'];
const known = new Set([...fields.map((f) => f.name), ...others]);

// unknownOf returns the fields of a state that no form shows.
export function unknownOf(state: Record<string, unknown>): string[] {
  return Object.keys(state).filter((name) => !known.has(name));
}

// errorNames are those that the language and common services give, for Retry and Catch.
export const errorNames = [
  'States.ALL',
  'States.TaskFailed',
  'States.Timeout',
  'States.HeartbeatTimeout',
  'States.Permissions',
  'States.DataLimitExceeded',
  'States.QueryEvaluationError',
  'States.ParameterPathFailure',
  'States.ResultPathMatchFailure',
  'States.BranchFailed',
  'States.NoChoiceMatched',
  'States.IntrinsicFailure',
  'States.ExceedToleratedFailureThreshold',
  'States.ItemReaderFailed',
  'States.ResultWriterFailed',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];
