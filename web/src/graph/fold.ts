// Containers of a big definition are shown closed: a picture of a thousand states is one of none. A closed one is laid out as
// the single state that it is then.

// manyStates is above how many states containers are closed at first.
export const manyStates = 150;

type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [name: string]: Json | undefined;
}

const isObject = (v: Json | undefined): v is JsonObject => typeof v === 'object' && v !== null && !Array.isArray(v);

// Inside is a flow in a container, with what leads to it in the JSON pointer of its states.
function flowsIn(state: JsonObject): [path: string, flow: JsonObject][] {
  const branches = Array.isArray(state.Branches) ? state.Branches : [];
  return [
    ...branches.map((b, i): [string, Json] => [`/Branches/${i}`, b]),
    ...(['ItemProcessor', 'Iterator'] as const).map((name): [string, Json | undefined] => [`/${name}`, state[name]]),
  ].filter((f): f is [string, JsonObject] => isObject(f[1]));
}

const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');

function eachState(flow: JsonObject, at: string, see: (state: JsonObject, pointer: string) => void): void {
  if (!isObject(flow.States)) return;
  for (const [name, state] of Object.entries(flow.States)) {
    if (!isObject(state)) continue;
    const pointer = `${at}/States/${escaped(name)}`;
    see(state, pointer);
    for (const [path, inner] of flowsIn(state)) eachState(inner, pointer + path, see);
  }
}

// Containers tells of a definition how many states it has, and how many are in each container, by its JSON pointer.
export interface Containers {
  states: number;
  inside: Map<string, number>;
}

function parse(definition: string): JsonObject | undefined {
  try {
    const value = JSON.parse(definition) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // YAML, or being written
  }
}

export function containersOf(definition: string): Containers {
  const found: Containers = { states: 0, inside: new Map() };
  const root = parse(definition);
  if (!root) return found;
  eachState(root, '', (state, pointer) => {
    found.states++;
    const flows = flowsIn(state);
    if (flows.length === 0) return;
    let count = 0;
    for (const [path, flow] of flows) eachState(flow, pointer + path, () => count++);
    found.inside.set(pointer, count);
  });
  return found;
}

// folded returns a definition whose closed containers have nothing in them.
export function folded(definition: string, closed: ReadonlySet<string>): string {
  const root = closed.size > 0 ? parse(definition) : undefined;
  if (!root) return definition;
  const empty: JsonObject[] = [];
  eachState(root, '', (state, pointer) => closed.has(pointer) && empty.push(state));
  for (const state of empty) delete state.Branches;
  for (const state of empty) delete state.Iterator;
  for (const state of empty) if (isObject(state.ItemProcessor)) state.ItemProcessor = { ProcessorConfig: state.ItemProcessor.ProcessorConfig };
  return JSON.stringify(root);
}
