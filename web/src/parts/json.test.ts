import { describe, expect, it } from 'vitest';
import { pretty } from './json';

describe('pretty', () => {
  it.each(['{"a":[1,2,{"b":{}}],"c":"x, {y}: \\"z\\"","d":[]}', '[]', '"[{"', '[[[]],[{}]]', ' { "a" : null , "b":true } ', '["[","{"]', '{"a\\\\":"\\\\"}'])('writes %s as JSON.stringify does', (text) => {
    expect(pretty(text)).toBe(JSON.stringify(JSON.parse(text), null, 2));
  });
  it('leaves numbers as they are', () => {
    expect(pretty('[1.0,12345678901234567890,-1E+5]')).toBe('[\n  1.0,\n  12345678901234567890,\n  -1E+5\n]');
  });
  it('leaves what is no JSON', () => {
    expect(pretty('{"a":')).toBe('{"a":');
  });
});
