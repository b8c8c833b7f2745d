import type { Operation, Operations } from './aws';
import type { Failure } from './model';

// ApiError is an answer of the server that is none of success.
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly body: unknown = undefined,
  ) {
    super(message);
  }
}

type Query = Record<string, string | number | boolean | undefined>;

function address(path: string, query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') params.set(key, String(value));
  }
  const text = params.toString();
  return `/api/${path}${text ? '?' + text : ''}`;
}

// listeners hear that nobody is signed in (any more).
const listeners = new Set<() => void>();

export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text();
  let body: unknown;
  try {
    body = text ? JSON.parse(text) : undefined;
  } catch {
    body = undefined;
  }
  if (response.ok) return body as T;
  if (response.status === 401) listeners.forEach((listener) => listener());
  throw failureOf(response, body, text);
}

// failureOf reads an error in our form or in that of AWS's API.
function failureOf(response: Response, body: unknown, text: string): ApiError {
  const failure = (body ?? {}) as Partial<Failure> & { __type?: string; Message?: string };
  const code = failure.code ?? failure.__type?.split('#').pop() ?? `HTTP ${response.status}`;
  const message = failure.message ?? failure.Message ?? (text.slice(0, 300) || response.statusText);
  return new ApiError(response.status, code, message, body);
}

// get reads /api/path.
export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return read<T>(await fetch(address(path, query), { signal, headers: { Accept: 'application/json' } }));
}

// post sends JSON to /api/path. The header says that it is no form of a page elsewhere.
export async function post<T>(path: string, input: unknown, signal?: AbortSignal): Promise<T> {
  return read<T>(
    await fetch(address(path, {}), {
      method: 'POST',
      signal,
      headers: { 'Content-Type': 'application/json', 'X-Statelark-Console': '1' },
      body: JSON.stringify(input),
    }),
  );
}

// aws calls an operation of the Step Functions API.
export function aws<O extends Operation>(operation: O, input: Operations[O]['input'], signal?: AbortSignal): Promise<Operations[O]['output']> {
  return post(`aws/${operation}`, input, signal);
}
