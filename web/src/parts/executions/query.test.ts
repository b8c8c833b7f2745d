import { describe, expect, it } from 'vitest';
import { both, complete, place, valuesOf, withValues, words } from './query';

describe('words', () => {
  it('keeps what is in quotes whole', () => {
    const q = 'a "b c" machine:"x y"  d';
    expect(words(q).map((w) => q.slice(w.start, w.end))).toEqual(['a', '"b c"', 'machine:"x y"', 'd']);
  });
});

describe('complete', () => {
  const values = (q: string) => complete(q, ['order', 'order two']).map((c) => c.value);
  it('offers fields, and those alone that begin with the word', () => {
    expect(values('')).toContain('status:');
    expect(values('status:FAILED st')).toEqual(['status:FAILED status:', 'status:FAILED started>', 'status:FAILED stopped>']);
    expect(values('-sta')).toEqual(['-status:', '-started>']);
  });
  it('offers values, not those that are there', () => {
    expect(values('status:FAILED,TI')).toEqual(['status:FAILED,TIMED_OUT ']);
    expect(values('status:FAILED,')).not.toContain('status:FAILED,FAILED ');
  });
  it('quotes names with spaces', () => {
    expect(values('machine:ord')).toEqual(['machine:order ', 'machine:"order two" ']);
  });
  it('has nothing to say of a word that is no field', () => {
    expect(values('status:FAILED hello')).toEqual([]);
  });
});

describe('facets', () => {
  it('reads and replaces the values of a field', () => {
    expect(valuesOf('status:FAILED,ABORTED x', 'status')).toEqual(['FAILED', 'ABORTED']);
    expect(withValues('x status:FAILED', 'status', ['RUNNING'])).toBe('status:RUNNING x');
    expect(withValues('x status:FAILED "a status:b"', 'status', [])).toBe('x "a status:b"');
  });
});

describe('place', () => {
  it('counts characters where the server counts bytes', () => {
    expect(place('ü x', { start: 3, end: 4 })).toEqual({ start: 2, end: 3 });
    expect(place('😀x', { start: 4, end: 5 })).toEqual({ start: 2, end: 3 });
  });
});

describe('both', () => {
  it('holds an OR together', () => {
    expect(both('machine:a', 'x OR y')).toBe('machine:a (x OR y)');
    expect(both('machine:a', ' ')).toBe('machine:a');
  });
});
