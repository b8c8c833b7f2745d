import type { JsonObject } from './document';
import { follow, fragment } from './fragment';
import { argumentsOf } from './templates';
import type { Language } from './states';

// Pattern is a small workflow that people put in as a whole.
export interface Pattern {
  id: string;
  title: string;
  text: string;
  make: (language: Language) => string;
}

const retry: JsonObject = {
  ErrorEquals: ['Lambda.ServiceException', 'Lambda.TooManyRequestsException', 'States.Timeout'],
  IntervalSeconds: 1,
  BackoffRate: 2,
  MaxAttempts: 4,
  JitterStrategy: 'FULL',
};

function call(language: Language, resource: string, more: JsonObject): JsonObject {
  return { Type: 'Task', Resource: resource, [language === 'JSONata' ? 'Arguments' : 'Parameters']: argumentsOf(resource, language), ...more };
}

const invoke = 'arn:aws:states:::lambda:invoke';

function input(language: Language, path: string, value: string): JsonObject {
  return language === 'JSONata' ? { Condition: `{% $states.input.${path} = ${JSON.stringify(value)} %}` } : { Variable: `$.${path}`, StringEquals: value };
}

function retryAndCatch(language: Language): string {
  return fragment('Call', {
    Call: call(language, invoke, { Retry: [retry], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Give up' }], Next: follow }),
    'Give up': { Type: 'Fail', Error: 'GaveUp', Cause: 'The call failed after all attempts' },
  });
}

function poller(language: Language): string {
  const status: JsonObject = language === 'JSONata' ? { Output: '{% $states.result.Payload %}' } : { OutputPath: '$.Payload' };
  return fragment('Submit job', {
    'Submit job': call(language, invoke, { ...status, Next: 'Wait for job' }),
    'Wait for job': { Type: 'Wait', Seconds: 10, Next: 'Read status' },
    'Read status': call(language, invoke, { ...status, Next: 'Job done?' }),
    'Job done?': { Type: 'Choice', Choices: [{ ...input(language, 'status', 'DONE'), Next: follow }, { ...input(language, 'status', 'FAILED'), Next: 'Job failed' }], Default: 'Wait for job' },
    'Job failed': { Type: 'Fail', Error: 'JobFailed', Cause: 'The job says that it failed' },
  });
}

function saga(language: Language): string {
  const failed = (next: string): JsonObject => ({ Catch: [{ ErrorEquals: ['States.ALL'], Next: next }] });
  return fragment('Reserve', {
    Reserve: call(language, invoke, { ...failed('Cancel reservation'), Next: 'Charge' }),
    Charge: call(language, invoke, { ...failed('Refund'), Next: 'Ship' }),
    Ship: call(language, invoke, { ...failed('Refund'), Next: follow }),
    Refund: call(language, invoke, { Retry: [{ ErrorEquals: ['States.ALL'] }], Next: 'Cancel reservation' }),
    'Cancel reservation': call(language, invoke, { Retry: [{ ErrorEquals: ['States.ALL'] }], Next: 'Undone' }),
    Undone: { Type: 'Fail', Error: 'Undone', Cause: 'What had been done was undone' },
  });
}

function callback(language: Language): string {
  return fragment('Ask and wait', {
    'Ask and wait': call(language, 'arn:aws:states:::sqs:sendMessage.waitForTaskToken', {
      TimeoutSeconds: 86400,
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'No answer' }],
      Next: follow,
    }),
    'No answer': { Type: 'Fail', Error: 'NoAnswer', Cause: 'Nobody answered in a day' },
  });
}

function fanOut(language: Language): string {
  const items: JsonObject = language === 'JSONata' ? { Items: '{% $states.input.items %}' } : { ItemsPath: '$.items' };
  return fragment('Each item', {
    'Each item': {
      Type: 'Map',
      ...items,
      MaxConcurrency: 10,
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'Work on item', States: { 'Work on item': call(language, invoke, { Retry: [retry], End: true }) } },
      Next: 'Summary',
    },
    Summary: { Type: 'Pass', Next: follow },
  });
}

function nested(language: Language): string {
  return fragment('Run another', { 'Run another': call(language, 'arn:aws:states:::states:startExecution.sync:2', { Next: follow }) });
}

function counter(language: Language): string {
  const jsonata = language === 'JSONata';
  return fragment('Begin', {
    Begin: { Type: 'Pass', Assign: { count: 0 }, Next: 'Work' },
    Work: { Type: 'Pass', Assign: jsonata ? { count: '{% $count + 1 %}' } : { 'count.$': 'States.MathAdd($count, 1)' }, Next: 'Enough?' },
    'Enough?': { Type: 'Choice', Choices: [jsonata ? { Condition: '{% $count >= 3 %}', Next: follow } : { Variable: '$count', NumericGreaterThanEquals: 3, Next: follow }], Default: 'Work' },
  });
}

export const patterns: Pattern[] = [
  { id: 'retry', title: 'Retry and catch', text: 'Call, try again after errors that pass, give up with an error', make: retryAndCatch },
  { id: 'poller', title: 'Poll a job', text: 'Submit, wait, read the status until it is done', make: poller },
  { id: 'saga', title: 'Saga', text: 'Steps that are undone in reverse order when one fails', make: saga },
  { id: 'callback', title: 'Wait for an answer', text: 'Send a task token and wait until somebody answers', make: callback },
  { id: 'fanout', title: 'Fan out', text: 'Work on each item of a list, ten at a time', make: fanOut },
  { id: 'loop', title: 'Count and repeat', text: 'Do something three times, with a variable', make: counter },
  { id: 'nested', title: 'Run another workflow', text: 'Start another state machine and wait for its output', make: nested },
];
