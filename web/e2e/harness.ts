import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

// A real server and a real browser. The server is the binary that STATELARK_BIN names, the browser Debian's chromium.

const binary = process.env.STATELARK_BIN ?? '';
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export interface Server {
  url: string;
  output: () => string;
  aws: <T = Record<string, unknown>>(operation: string, input: unknown) => Promise<T>;
  post: <T>(path: string, input: unknown) => Promise<T>;
  stop: () => Promise<void>;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

// startServer starts `statelark dev`, or what arguments say, and returns when it answers.
export async function startServer(...args: string[]): Promise<Server> {
  if (!binary) throw new Error('STATELARK_BIN has to name the binary');
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'statelark-e2e-'));
  const words = args.length > 0 ? args.map((a) => a.replace('DATA', folder)) : ['dev'];
  const child = spawn(binary, [...words, '--listen', `127.0.0.1:${port}`], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output = (output + text.toString()).slice(-20_000)));
  const url = `http://127.0.0.1:${port}`;
  await answers(url, child, () => output);
  const post = async <T>(path: string, input: unknown): Promise<T> => {
    const response = await fetch(`${url}/api/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Statelark-Console': '1' },
      body: JSON.stringify(input),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const stop = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await gone;
    }
    await rm(folder, { recursive: true, force: true });
  };
  return { url, output: () => output, aws: (operation, input) => post(`aws/${operation}`, input), post, stop };
}

async function answers(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const until = Date.now() + 30_000;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${output()}`);
    try {
      if ((await fetch(`${url}/healthz`)).ok) return;
    } catch {
      // not yet
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the server did not answer: ${output()}`);
}

let browser: Promise<Browser> | undefined;

// Shown is a page with what went wrong in it: errors of scripts, of the policy, and requests to anywhere else.
export interface Shown {
  page: Page;
  errors: string[];
  close: () => Promise<void>;
}

export async function openPage(server: Server, options: { dark?: boolean; width?: number; height?: number } = {}): Promise<Shown> {
  browser ??= chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const context = await (await browser).newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 950 },
    colorScheme: options.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    baseURL: server.url,
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(`script: ${e.message}`));
  page.on('console', (m) => {
    // A resource that is not there is an answer, which pages show; a breach of the policy is none.
    if (m.type() === 'error' && /Content Security Policy|Refused to/.test(m.text())) errors.push(`policy: ${m.text()}`);
  });
  page.on('request', (r) => {
    if (!r.url().startsWith(server.url) && !/^(data|blob|about):/.test(r.url())) errors.push(`request to ${r.url()}`);
  });
  return { page, errors, close: () => context.close() };
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

// machine creates a state machine and returns its ARN.
export async function machine(server: Server, name: string, definition: unknown, type = 'STANDARD'): Promise<string> {
  const made = await server.aws<{ stateMachineArn: string }>('CreateStateMachine', {
    name,
    type,
    definition: typeof definition === 'string' ? definition : JSON.stringify(definition, null, 2),
    roleArn: 'arn:aws:iam::000000000000:role/e2e',
  });
  return made.stateMachineArn;
}

export async function start(server: Server, stateMachineArn: string, input: unknown, name?: string): Promise<string> {
  return (await server.aws<{ executionArn: string }>('StartExecution', { stateMachineArn, name, input: JSON.stringify(input) })).executionArn;
}

// ended waits until an execution has ended and returns its status.
export async function ended(server: Server, executionArn: string): Promise<string> {
  const until = Date.now() + 120_000;
  while (Date.now() < until) {
    const { status } = await server.aws<{ status: string }>('DescribeExecution', { executionArn });
    if (status !== 'RUNNING' && status !== 'PENDING_REDRIVE') return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${executionArn} did not end`);
}

export const executionPage = (arn: string, more = '') => `/console/executions/${encodeURIComponent(arn)}${more}`;
