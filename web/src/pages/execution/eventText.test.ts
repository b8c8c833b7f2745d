import { expect, it } from 'vitest';
import { eventText } from './eventText';

it('shows JSON in texts as JSON, with its numbers', () => {
  const text = eventText({ id: 1, stateEnteredEventDetails: { name: '{', input: '{"n":1.0,"s":"$1 $&"}', cause: 'no JSON', output: '5' } });
  expect(text).toContain('"input": {\n      "n": 1.0,\n      "s": "$1 $&"\n    }');
  expect(text).toContain('"cause": "no JSON"');
  expect(text).toContain('"name": "{"');
  expect(text).toContain('"output": "5"');
});
