import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { getLocation } from 'jsonc-parser';
import { keysAt, read, valueAt, isObject } from '../studio/document';
import { errorNames, fields } from '../studio/fields';
import { placesIn, type StateType } from '../studio/states';
import { usualPieces } from '../studio/pieces';

const types: StateType[] = ['Task', 'Choice', 'Parallel', 'Map', 'Pass', 'Wait', 'Succeed', 'Fail'];
const extra: Partial<Record<StateType, string[]>> = {
  Task: ['Resource', 'Arguments', 'Parameters', 'Retry', 'Catch', 'Next', 'End'],
  Parallel: ['Branches', 'Retry', 'Catch', 'Next', 'End'],
  Map: ['ItemProcessor', 'Retry', 'Catch', 'Next', 'End'],
  Choice: ['Choices', 'Default'],
  Pass: ['Next', 'End'],
  Wait: ['Next', 'End'],
};

// completeDefinition offers names of fields where a name is written, and what they may have where a value is.
export function completeDefinition(context: CompletionContext): CompletionResult | null {
  const text = context.state.doc.toString();
  const location = getLocation(text, context.pos);
  const token = location.previousNode;
  const inText = token !== undefined && token.type === 'string' && context.pos >= token.offset && context.pos <= token.offset + token.length;
  if (!inText && !context.explicit) return null;
  const path = location.path;
  const options = location.isAtPropertyKey ? names(text, path) : values(text, path);
  if (options.length === 0) return null;
  const from = inText ? token.offset : context.pos;
  const to = inText ? token.offset + token.length : context.pos;
  return { from, to, options: options.map((o) => ({ ...o, label: JSON.stringify(o.label) })), filter: true, validFor: /^"[^"]*"?$/ };
}

type Path = (string | number)[];

function names(text: string, path: Path): Completion[] {
  const tree = read(text);
  const owner = path.slice(0, -1);
  const written = new Set(keysAt(tree, owner));
  const list = candidates(tree, owner).filter((n) => !written.has(n.label));
  return list.map((n) => ({ ...n, type: 'property' }));
}

function candidates(tree: ReturnType<typeof read>, owner: Path): { label: string; info?: string }[] {
  const plain = (...list: string[]) => list.map((label) => ({ label }));
  if (owner.length === 0) return plain('Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version');
  if (owner.at(-2) === 'States') {
    const state = valueAt(tree, owner);
    const type = isObject(state) ? (state.Type as StateType) : undefined;
    const known = fields.filter((f) => type === undefined || f.types.includes(type)).map((f) => ({ label: f.name, info: f.help }));
    return [...plain('Type', 'QueryLanguage', ...((type && extra[type]) ?? [])), ...known];
  }
  const list = owner.at(-2);
  if (list === 'Retry') return plain('ErrorEquals', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate', 'MaxDelaySeconds', 'JitterStrategy');
  if (list === 'Catch') return plain('ErrorEquals', 'Next', 'ResultPath', 'Output', 'Assign');
  if (list === 'Choices') return plain('Condition', 'Variable', 'Next', 'And', 'Or', 'Not', 'StringEquals', 'NumericEquals', 'BooleanEquals', 'IsPresent', 'Assign', 'Output');
  if (list === 'Branches' || owner.at(-1) === 'ItemProcessor') return plain('StartAt', 'States', 'ProcessorConfig');
  return [];
}

function values(text: string, path: Path): Completion[] {
  const list = (labels: string[]) => labels.map((label): Completion => ({ label, type: 'constant' }));
  const last = path.at(-1);
  switch (last) {
    case 'Type':
      return list(types);
    case 'QueryLanguage':
      return list(['JSONata', 'JSONPath']);
    case 'Next':
    case 'Default':
    case 'StartAt': {
      const tree = read(text);
      // The states of the innermost scope alone can be led to.
      const scope = last === 'StartAt' ? path.slice(0, -1) : path.slice(0, path.lastIndexOf('States'));
      return list(keysAt(tree, [...scope, 'States'])).filter((o) => placesIn(tree).some((p) => p.name === o.label));
    }
    case 'Resource':
      return usualPieces.map((p) => ({ label: p.id.slice(5), type: 'constant', info: p.text }));
    case 'Mode':
      return list(['INLINE', 'DISTRIBUTED']);
    case 'ExecutionType':
      return list(['STANDARD', 'EXPRESS']);
    case 'JitterStrategy':
      return list(['FULL', 'NONE']);
  }
  return path.at(-2) === 'ErrorEquals' ? list(errorNames) : [];
}
