import { jsonError, pretty } from '../../parts/json';

// fields of details whose texts are JSON.
const payloads = new Set(['input', 'output', 'parameters', 'result', 'cause', 'assignedVariables']);

// eventText writes an event for people: JSON in texts stands as the JSON that it is, with its numbers as they were.
export function eventText(event: unknown): string {
  const texts: string[] = [];
  const outer = JSON.stringify(event, (key: string, value: unknown) => {
    if (typeof value !== 'string' || !payloads.has(key) || !/^\s*[[{]/.test(value) || jsonError(value) !== undefined) return value;
    texts.push(value);
    return `\u0000${texts.length - 1}`;
  });
  return pretty(outer.replace(/"\\u0000(\d+)"/g, (_, i: string) => texts[Number(i)]!));
}
