// pretty formats JSON text with two spaces; what is no JSON stays as it is. Numbers stay as they were written: 1.0 and
// 12345678901234567890 are none that JavaScript has.
export function pretty(text: string): string {
  if (jsonError(text) !== undefined) return text;
  let out = '';
  let depth = 0;
  const line = () => '\n' + '  '.repeat(depth);
  // A text, a piece of punctuation, or what else has no space in it.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const empty = (token === '}' || token === ']') && /[{[]$/.test(out);
    if (empty) [depth, out] = [depth - 1, out + token];
    else if (token === '}' || token === ']') [depth, out] = [depth - 1, out + '\n' + '  '.repeat(depth - 1) + token];
    else if (token === ',') out += ',' + line();
    else if (token === ':') out += ': ';
    else {
      if (opened(out)) out += line();
      out += token;
      if (token === '{' || token === '[') depth++;
    }
  }
  return out;
}

// opened tells whether what is written last has opened an object or a list (a text ends with a quote).
function opened(out: string): boolean {
  const last = out.at(-1);
  return last === '{' || last === '[';
}

// jsonError says what is wrong with a text that should be JSON, undefined when nothing is.
export function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
}
