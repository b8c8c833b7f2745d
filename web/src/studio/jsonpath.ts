import { isObject, type Json, type JsonObject } from './document';

// What JSONPath and its intrinsic functions are in JSONata. What has no such form throws a NoForm, which says why.
export class NoForm extends Error {}

// quoted writes a text of JSONata.
export function quoted(text: string): string {
  return JSON.stringify(text);
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;

// pathIn writes a path whose root $ is an expression.
export function pathIn(path: string, root: string): string {
  const rest = (from: number, begin: string) => {
    const out = begin + steps(path, from);
    // What may match any number of values gives a list, also of one or none.
    return /\[(\*|\?)/.test(path) ? `[${out}]` : out;
  };
  if (path.startsWith('$$')) return rest(2, '$states.context');
  const variable = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(path);
  if (variable) return rest(variable[0].length, '$' + variable[1]);
  if (path.startsWith('$')) return rest(1, root);
  throw new NoForm(`“${path}” is no path.`);
}

// comparing is a filter of one comparison with a text, a number or a word.
const comparing = /^\[\?\(\s*@\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*(==|!=|<=|>=|<|>)\s*('[^'\\]*'|"[^"\\]*"|-?\d+(?:\.\d+)?|true|false|null)\s*\)\]/;

function filterOf([, member, sign, value]: RegExpExecArray): string {
  const other = /^['"]/.test(value!) ? quoted(value!.slice(1, -1)) : value!;
  return `[${member} ${sign === '==' ? '=' : sign} ${other}]`;
}

function steps(path: string, from: number): string {
  let out = '';
  let at = from;
  while (at < path.length) {
    const rest = path.slice(at);
    const name = /^\.([A-Za-z_][\w-]*)/.exec(rest);
    const member = /^\[(['"])((?:[^'"\\]|\\.)*)\1\]/.exec(rest);
    const index = /^\[(-?\d+)\]/.exec(rest);
    const all = /^(\[\*\]|\.\*)/.exec(rest);
    const filter = comparing.exec(rest);
    const match = name ?? member ?? index ?? all ?? filter;
    if (!match) throw new NoForm(`“${rest}” of “${path}” has no short form in JSONata: write it by hand.`);
    if (name || member) {
      const word = (name ? name[1] : member![2]!.replace(/\\(.)/g, '$1'))!;
      out += '.' + (plainName.test(word) ? word : '`' + word + '`');
    } else if (index) out += `[${index[1]}]`;
    else if (filter) out += filterOf(filter);
    else if (match[0] === '.*') throw new NoForm(`“${path}”: the order of .* is not that of JSONata.`);
    at += match[0].length;
  }
  return out;
}

// Call is an intrinsic function with its arguments, as text.
interface Call {
  name: string;
  args: string[];
}

// called reads States.Name(…).
function called(text: string): Call | undefined {
  const match = /^States\.(\w+)\(([\s\S]*)\)$/.exec(text.trim());
  return match ? { name: match[1]!, args: split(match[2]!) } : undefined;
}

// split cuts arguments at the commas that are in no text and in no brackets.
function split(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let begin = 0;
  let quote = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\\') i++;
    else if (c === "'") quote = !quote;
    else if (quote) continue;
    else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (c === ',' && depth === 0) {
      out.push(text.slice(begin, i).trim());
      begin = i + 1;
    }
  }
  const last = text.slice(begin).trim();
  return last || out.length ? [...out, last] : out;
}

const unquoted = (arg: string) => arg.slice(1, -1).replace(/\\(.)/g, '$1');

// valueIn writes a path, an intrinsic function or one of its arguments.
export function valueIn(text: string, root: string): string {
  const t = text.trim();
  const call = called(t);
  if (call) return functionIn(call, root);
  if (t.startsWith("'")) return quoted(unquoted(t));
  if (/^(-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null)$/.test(t)) return t;
  return pathIn(t, root);
}

function functionIn({ name, args }: Call, root: string): string {
  const a = args.map((x) => valueIn(x, root));
  const [x = '', y = '', z = ''] = a;
  switch (name) {
    case 'Format':
      return formatted(args, root);
    case 'Array':
      return `[${a.join(', ')}]`;
    case 'ArrayLength':
      return `$count(${x})`;
    case 'ArrayContains':
      return `${y} in ${x}`;
    case 'ArrayGetItem':
      return `${x}[${y}]`;
    case 'ArrayRange':
      return z === '1' ? `[${x}..${y}]` : `$range(${x}, ${y}, ${z})`;
    case 'ArrayPartition':
      return `$partition(${x}, ${y})`;
    case 'ArrayUnique':
      return `$distinct(${x})`;
    case 'MathAdd':
      return `(${x} + ${y})`;
    case 'MathRandom':
      return `(${x} + $floor($random() * (${y} - ${x})))`;
    case 'StringToJson':
      return `$parse(${x})`;
    case 'JsonToString':
      return `$string(${x})`;
    case 'JsonMerge':
      return `$merge([${x}, ${y}])`;
    case 'UUID':
      return '$uuid()';
    case 'Hash':
      return `$hash(${x}, ${y})`;
    case 'Base64Encode':
      return `$base64encode(${x})`;
    case 'Base64Decode':
      return `$base64decode(${x})`;
    case 'StringSplit':
      if (args[1] === undefined || [...unquoted(args[1])].length !== 1) throw new NoForm('States.StringSplit cuts at each character of its second argument: use $split with an expression of your own.');
      return `$split(${x}, ${y})`;
  }
  throw new NoForm(`States.${name} has no such function in JSONata.`);
}

function formatted(args: string[], root: string): string {
  const pieces = unquoted(args[0] ?? "''").split('{}');
  const values = args.slice(1).map((x) => (x.startsWith("'") ? valueIn(x, root) : `$string(${valueIn(x, root)})`));
  const parts = pieces.flatMap((p, i) => [...(p ? [quoted(p)] : []), ...(i < pieces.length - 1 ? [values[i] ?? '""'] : [])]);
  return parts.length > 0 ? parts.join(' & ') : '""';
}

// wrapped marks an expression in a text of a definition.
export function wrapped(expression: string): string {
  return `{% ${expression} %}`;
}

// templateIn turns a template of JSONPath into JSON with expressions.
export function templateIn(value: Json, root: string): Json {
  if (Array.isArray(value)) return value.map((v) => templateIn(v, root));
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, v] of Object.entries(value)) {
    if (key.endsWith('.$') && typeof v === 'string') out[key.slice(0, -2)] = wrapped(valueIn(v, root));
    else out[key] = templateIn(v, root);
  }
  return out;
}

// expressionOf writes JSON with expressions as one expression.
export function expressionOf(value: Json): string {
  if (typeof value === 'string') {
    const inner = /^\{%([\s\S]*)%\}$/.exec(value.trim());
    return inner ? inner[1]!.trim() : quoted(value);
  }
  if (Array.isArray(value)) return `[${value.map(expressionOf).join(', ')}]`;
  if (isObject(value)) return `{${Object.entries(value).map(([k, v]) => `${quoted(k)}: ${expressionOf(v)}`).join(', ')}}`;
  return JSON.stringify(value);
}
