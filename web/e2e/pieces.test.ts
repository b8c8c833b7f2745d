import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { read } from '../src/studio/document';
import { become } from '../src/studio/edit';
import { add } from '../src/studio/operations';
import { patterns } from '../src/studio/patterns';
import { usualPieces } from '../src/studio/pieces';
import { type Language, placesIn, stateAt, type StateType } from '../src/studio/states';
import { stateTemplate, taskTemplate } from '../src/studio/templates';
import { toJsonata } from '../src/studio/toJsonata';
import { ended, machine, type Server, start, startServer } from './harness';

// What the Studio makes, held against the server: no browser is needed for it.
let server: Server;

beforeAll(async () => {
  server = await startServer('dev');
});
afterAll(() => server.stop());

const types: StateType[] = ['Task', 'Choice', 'Parallel', 'Map', 'Pass', 'Wait', 'Succeed', 'Fail'];

function piecesOf(language: Language): [name: string, piece: string][] {
  return [
    ...types.map((t): [string, string] => [t, stateTemplate(t, language)]),
    ...patterns.map((p): [string, string] => [p.id, p.make(language)]),
    ...usualPieces.map((p): [string, string] => [p.id, taskTemplate(p.id.slice(5), p.title, language)]),
    ...['lambda:invoke', 'sqs:sendMessage', 'sns:publish'].map((a): [string, string] => [a, taskTemplate(`arn:aws:states:::${a}.waitForTaskToken`, 'Ask', language)]),
  ];
}

test.each(['JSONata', 'JSONPath'] as const)('what the palette puts in is valid, in %s', async (language) => {
  for (const [name, piece] of piecesOf(language)) {
    const { text } = add(JSON.stringify({ QueryLanguage: language, StartAt: '', States: {} }), { in: [] }, piece);
    const found = await server.post<{ valid: boolean; diagnostics: unknown[] }>('validate', { text });
    expect(found, name).toMatchObject({ valid: true, diagnostics: [] });
  }
});

test.each(['order', 'pass', 'warp-core'])('the sample %s gives the same once it is in JSONata', async (name) => {
  const file = (f: string) => readFile(join(import.meta.dirname, '../../samples', name, f), 'utf8');
  let text = await file('workflow.asl.json');
  for (const place of placesIn(read(text))) text = become(text, place.path, toJsonata(stateAt(read(text), place)).state);
  const execution = await start(server, await machine(server, name, text), JSON.parse(await file('input.json')));
  expect(await ended(server, execution)).toBe('SUCCEEDED');
  const { output } = await server.aws<{ output: string }>('DescribeExecution', { executionArn: execution });
  expect(JSON.parse(output)).toEqual(JSON.parse(await file('expected.json')));
});
