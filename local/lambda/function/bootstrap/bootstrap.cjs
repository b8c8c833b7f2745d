// Serves a Node.js handler over the Lambda Runtime API, with the error payloads of AWS's own runtime.
'use strict';

const fs = require('fs');
const net = require('net');
const path = require('path');
const util = require('util');
const { createRequire } = require('module');
const { pathToFileURL } = require('url');

const TASK_ROOT = process.env.LAMBDA_TASK_ROOT;
const [ADDRESS, SECRET] = process.env.AWS_LAMBDA_RUNTIME_API.split('/');
const [HOST, PORT] = ADDRESS.split(':');
const API = `/${SECRET}/2018-06-01/runtime/`;

class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = `Runtime.${name}`;
  }
}

// Client is one connection to the Runtime API, kept open. It speaks no more HTTP than the API answers with, which
// takes half the time of the standard library's client. While no call is under way the connection does not keep
// the process busy: an empty event loop has to be noticed.
class Client {
  constructor() {
    this.received = Buffer.alloc(0);
    this.pending = null;
    this.socket = net.connect(Number(PORT), HOST);
    this.socket.setNoDelay(true);
    this.socket.on('data', (part) => this.receive(part));
    this.socket.on('error', () => process.exit(1)); // the server has gone
    this.socket.on('close', () => process.exit(1));
  }

  call(method, route, body = '') {
    const head = method === 'POST'
      ? `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` : '';
    this.socket.ref();
    this.socket.write(`${method} ${API}${route} HTTP/1.1\r\nHost: ${ADDRESS}\r\n${head}\r\n${body}`);
    return new Promise((resolve) => { this.pending = resolve; });
  }

  receive(part) {
    this.received = this.received.length ? Buffer.concat([this.received, part]) : part;
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const headers = {};
    for (const line of this.received.toString('utf8', 0, end).split('\r\n').slice(1)) {
      const colon = line.indexOf(': ');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2);
    }
    const last = end + 4 + Number(headers['content-length']);
    if (this.received.length < last) return;
    const body = this.received.toString('utf8', end + 4, last);
    this.received = this.received.subarray(last);
    this.socket.unref();
    this.pending({ headers, body });
  }
}

const client = new Client();
const call = client.call.bind(client);

// On AWS code lies in /var/task and the runtime in /var/runtime, and so do the paths in stack traces.
function shownPaths(text) {
  return text.replaceAll(TASK_ROOT + path.sep, '/var/task/').replaceAll(__dirname + path.sep, '/var/runtime/');
}

function payload(error) {
  try {
    if (util.types.isNativeError(error) || (error && error.name && error.message && error.stack)) {
      return { errorType: error.name, errorMessage: error.message, trace: shownPaths(error.stack).split('\n') };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return { errorType: 'handled', errorMessage: 'the error has no readable name, message and stack' };
  }
}

function report(error) {
  console.error(shownPaths(util.inspect(error)));
}

// load finds the handler that the text "path/module.function" names.
async function load(name) {
  if (name.includes('..')) {
    throw new RuntimeError('MalformedHandlerName', `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const base = path.basename(name);
  const dot = base.indexOf('.');
  if (dot < 0) throw new RuntimeError('MalformedHandlerName', 'Bad handler');
  const file = path.resolve(TASK_ROOT, path.dirname(name), base.slice(0, dot));
  const app = await loadModule(file, base.slice(0, dot));
  let handler = app;
  for (const key of base.slice(dot + 1).split('.')) handler = handler && handler[key];
  if (!handler) throw new RuntimeError('HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new RuntimeError('HandlerNotFound', `${name} is not a function`);
  return handler;
}

async function loadModule(file, module) {
  const load = createRequire(path.join(TASK_ROOT, 'index.js'));
  try {
    const asModule = inModulePackage(path.dirname(file));
    if (fs.existsSync(file + '.js')) {
      return asModule ? await import(pathToFileURL(file + '.js')) : load(file + '.js');
    }
    if (fs.existsSync(file + '.mjs')) return await import(pathToFileURL(file + '.mjs'));
    if (fs.existsSync(file + '.cjs')) return load(file + '.cjs');
    return load(fs.existsSync(file) ? file : module);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('UserCodeSyntaxError', String(error));
    if (error && error.code === 'MODULE_NOT_FOUND') throw new RuntimeError('ImportModuleError', shownPaths(String(error)));
    throw error;
  }
}

// inModulePackage tells whether the nearest package.json makes .js files ES modules.
function inModulePackage(folder) {
  for (; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json');
    if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module';
    if (folder === TASK_ROOT || folder === path.dirname(folder)) return false;
  }
}

// atIdle is what to do when the event loop is empty: a handler that took a callback may finish its work first.
let atIdle = null;
process.on('beforeExit', () => {
  const next = atIdle;
  atIdle = null;
  if (next) next();
});

// invoke runs the handler once and resolves to its outcome.
function invoke(handler, event, headers) {
  return new Promise((resolve) => {
    let waitForIdle = true;
    const done = (error, result) => resolve(error !== undefined && error !== null ? { error } : { result });
    const callback = (error, result) => {
      if (waitForIdle && (error === undefined || error === null)) atIdle = () => done(null, result);
      else done(error, result);
    };
    const context = {
      get callbackWaitsForEmptyEventLoop() { return waitForIdle; },
      set callbackWaitsForEmptyEventLoop(value) { waitForIdle = value; },
      done,
      succeed: (result) => done(null, result),
      fail: (error) => done(error ?? 'handled'),
      functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
      clientContext: parsed(headers['lambda-runtime-client-context']),
      identity: undefined,
      invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
      awsRequestId: headers['lambda-runtime-aws-request-id'],
      getRemainingTimeInMillis: () => headers['lambda-runtime-deadline-ms'] - Date.now(),
    };
    atIdle = () => done(handler.constructor.name === 'AsyncFunction'
      ? new RuntimeError('NodeJsExit', 'The handler returned a promise that never settles') : null, null);
    process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => resolve({ error, exit: 129 }));
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', (reason) =>
      resolve({ error: Object.assign(new RuntimeError('UnhandledPromiseRejection', String(reason)), { reason }), exit: 128 }));
    try {
      const result = handler(event, context, callback);
      if (result && typeof result.then === 'function') result.then(context.succeed, context.fail);
    } catch (error) {
      done(error);
    }
  });
}

function parsed(text) {
  return text === undefined ? undefined : JSON.parse(text);
}

function printed(result) {
  const text = JSON.stringify(result === undefined ? null : result);
  return text === undefined ? 'null' : text;
}

async function serveOnce(handler) {
  const { headers, body } = await call('GET', 'invocation/next');
  const id = headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] || '';
  let outcome = await invoke(handler, JSON.parse(body), headers);
  atIdle = null;
  if (!('error' in outcome)) {
    try {
      await call('POST', `invocation/${id}/response`, printed(outcome.result));
      return;
    } catch (error) {
      outcome = { error };
    }
  }
  report(outcome.error);
  await call('POST', `invocation/${id}/error`, JSON.stringify(payload(outcome.error)));
  if (outcome.exit) process.exit(outcome.exit);
}

async function main() {
  let handler;
  try {
    handler = await load(process.env._HANDLER);
  } catch (error) {
    report(error);
    await call('POST', 'init/error', JSON.stringify(payload(error)));
    process.exit(1);
  }
  for (;;) await serveOnce(handler);
}

main();
