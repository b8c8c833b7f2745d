import type { Integrations } from '../api/model';
import { patterns } from './patterns';
import type { Language, StateType } from './states';
import { flow, stateTemplate, taskTemplate } from './templates';

// Piece is something that can be put into a workflow: a state of a type, a call, a pattern.
export interface Piece {
  id: string; // flow:Choice, task:ARN or pattern:saga
  title: string;
  text: string;
  glyph: string; // the type of state whose sign it has
  group: 'Flow' | 'Actions' | 'Patterns';
}

export const flowPieces: Piece[] = flow.map((f) => ({ id: `flow:${f.type}`, title: f.type, text: f.text, glyph: f.type, group: 'Flow' }));

export const patternPieces: Piece[] = patterns.map((p) => ({ id: `pattern:${p.id}`, title: p.title, text: p.text, glyph: 'Parallel', group: 'Patterns' }));

// usual are the calls that people make most: first in the palette, and there before the server has answered.
const usual: [string, string, string][] = [
  ['lambda:invoke', 'Lambda Invoke', 'Call a function'],
  ['http:invoke', 'HTTP endpoint', 'Call an API'],
  ['states:startExecution.sync:2', 'Run a workflow', 'Start another state machine and wait'],
  ['sqs:sendMessage', 'SQS SendMessage', 'Put a message into a queue'],
  ['sns:publish', 'SNS Publish', 'Tell the subscribers of a topic'],
  ['dynamodb:getItem', 'DynamoDB GetItem', 'Read an item'],
  ['dynamodb:putItem', 'DynamoDB PutItem', 'Write an item'],
  ['events:putEvents', 'EventBridge PutEvents', 'Send events to a bus'],
];

function task(resource: string, title: string, text: string): Piece {
  return { id: `task:${resource}`, title, text, glyph: 'Task', group: 'Actions' };
}

export const usualPieces: Piece[] = usual.map(([action, title, text]) => task(`arn:aws:states:::${action}`, title, text));

const ways: Record<string, string> = { '.sync': 'and wait for the end', '.sync:2': 'and wait for the end, output as JSON', '.waitForTaskToken': 'and wait for an answer' };

// optimisedPieces are all optimised integrations, one for each way to wait.
export function optimisedPieces(all: Integrations): Piece[] {
  return all.optimised.flatMap((i) => (i.patterns ?? ['']).map((p) => task(i.resource + p, i.title, ways[p] ?? i.resource.replace('arn:aws:states:::', ''))));
}

export function sdkPiece(service: string, title: string, action: string): Piece {
  return task(`arn:aws:states:::aws-sdk:${service}:${action}`, `${title} ${action[0]!.toUpperCase()}${action.slice(1)}`, 'AWS SDK');
}

// found returns the calls of SDKs that have all words of a text in their names, most at most.
export function found(all: Integrations, text: string, most: number): Piece[] {
  const words = text.toLowerCase().split(/[\s:]+/).filter(Boolean);
  const out: Piece[] = [];
  if (words.length === 0) return out;
  for (const s of all.services) {
    const service = `${s.name} ${s.title}`.toLowerCase();
    const rest = words.filter((w) => !service.includes(w));
    for (const action of s.actions) {
      if (!rest.every((w) => action.toLowerCase().includes(w))) continue;
      out.push(sdkPiece(s.name, s.title, action));
      if (out.length >= most) return out;
    }
  }
  return out;
}

export function matching(pieces: Piece[], text: string): Piece[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return pieces.filter((p) => words.every((w) => `${p.title} ${p.text} ${p.id}`.toLowerCase().includes(w)));
}

// fragmentOf returns what a piece puts in.
export function fragmentOf(id: string, title: string, language: Language): string | undefined {
  const [kind, ...rest] = id.split(':');
  const name = rest.join(':');
  switch (kind) {
    case 'flow':
      return stateTemplate(name as StateType, language);
    case 'task':
      return taskTemplate(name, title, language);
    case 'pattern':
      return patterns.find((p) => p.id === name)?.make(language);
  }
  return undefined;
}
