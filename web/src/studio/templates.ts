import type { JsonObject } from './document';
import { follow, single } from './fragment';
import type { Language, StateType } from './states';

// What a new state is until somebody says more: the least that the validator takes, in the language of the machine.

// FlowItem is a type of state in the palette.
export interface FlowItem {
  type: StateType;
  text: string;
}

export const flow: FlowItem[] = [
  { type: 'Choice', text: 'Go one way or another, by rules' },
  { type: 'Parallel', text: 'Run branches at the same time' },
  { type: 'Map', text: 'Do the same for every item of a list' },
  { type: 'Pass', text: 'Change the data, do nothing else' },
  { type: 'Wait', text: 'Wait for a time, or until one' },
  { type: 'Succeed', text: 'End well' },
  { type: 'Fail', text: 'End with an error' },
];

export function ruleTemplate(language: Language): JsonObject {
  return language === 'JSONata' ? { Condition: '{% $exists($states.input.value) %}' } : { Variable: '$.value', IsPresent: true };
}

const pass: JsonObject = { Type: 'Pass', End: true };

// stateTemplate returns a fragment with one state of a type.
export function stateTemplate(type: StateType, language: Language): string {
  switch (type) {
    case 'Choice':
      return single('Choice', { Type: type, Choices: [{ ...ruleTemplate(language), Next: follow }], Default: follow });
    case 'Parallel':
      return single('Parallel', {
        Type: type,
        Branches: ['Branch 1', 'Branch 2'].map((name) => ({ StartAt: name, States: { [name]: pass } })),
        Next: follow,
      });
    case 'Map':
      return single('Map', {
        Type: type,
        ...(language === 'JSONata' ? { Items: '{% $states.input.items %}' } : { ItemsPath: '$.items' }),
        ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'For each', States: { 'For each': pass } },
        Next: follow,
      });
    case 'Wait':
      return single('Wait', { Type: type, Seconds: 5, Next: follow });
    case 'Succeed':
      return single('Success', { Type: type });
    case 'Fail':
      return single('Fail', { Type: type, Error: 'Failed', Cause: 'Say why' });
    case 'Task':
      return taskTemplate('arn:aws:states:::lambda:invoke', 'Task', language);
    case 'Pass':
      return single('Pass', { Type: type, Next: follow });
  }
}

// Least is what the parameters of some calls are until somebody says more. Others begin with none.
const least: Record<string, JsonObject> = {
  'lambda:invoke': { FunctionName: 'my-function', Payload: { greeting: 'hello' } },
  'sqs:sendMessage': { QueueUrl: 'http://sqs.us-east-1.localhost/000000000000/my-queue', MessageBody: 'hello' },
  'sns:publish': { TopicArn: 'arn:aws:sns:us-east-1:000000000000:my-topic', Message: 'hello' },
  'dynamodb:putItem': { TableName: 'my-table', Item: { id: { S: '1' } } },
  'dynamodb:getItem': { TableName: 'my-table', Key: { id: { S: '1' } } },
  'dynamodb:deleteItem': { TableName: 'my-table', Key: { id: { S: '1' } } },
  'dynamodb:updateItem': { TableName: 'my-table', Key: { id: { S: '1' } } },
  'events:putEvents': { Entries: [{ Source: 'my-app', DetailType: 'Something happened', Detail: {} }] },
  'http:invoke': { ApiEndpoint: 'https://example.com/', Method: 'GET', InvocationConfig: { ConnectionArn: 'arn:aws:events:us-east-1:000000000000:connection/my-connection/1' } },
  'states:startExecution': { StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:another', Input: {} },
};

// actionOf returns service:action of the ARN of an integration.
export function actionOf(resource: string): string {
  return resource.split(':').slice(5).join(':').replace(/^aws-sdk:/, '').replace(/\.(sync(:2)?|waitForTaskToken)$/, '');
}

const tokens: Record<Language, JsonObject> = {
  JSONata: { token: '{% $states.context.Task.Token %}' },
  JSONPath: { 'token.$': '$$.Task.Token' },
};

// argumentsOf returns the parameters that a call begins with; one that waits for a token sends it.
export function argumentsOf(resource: string, language: Language): JsonObject {
  const action = actionOf(resource);
  const args = structuredClone(least[action] ?? {});
  if (!resource.endsWith('.waitForTaskToken')) return args;
  if (action === 'lambda:invoke') args.Payload = tokens[language];
  else if (action === 'sqs:sendMessage') args.MessageBody = tokens[language];
  else if (action === 'sns:publish') args.Message = tokens[language];
  return args;
}

// taskTemplate returns a fragment with a Task for a call.
export function taskTemplate(resource: string, title: string, language: Language): string {
  const field = language === 'JSONata' ? 'Arguments' : 'Parameters';
  return single(title, { Type: 'Task', Resource: resource, [field]: argumentsOf(resource, language), Next: follow });
}

