"""Serves a Python handler over the Lambda Runtime API, with the error payloads of AWS's own runtime."""

import decimal
import importlib
import json
import logging
import os
import re
import socket
import sys
import time
import traceback

TASK_ROOT = os.environ["LAMBDA_TASK_ROOT"]
ADDRESS, _, SECRET = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
API = f"/{SECRET}/2018-06-01/runtime/"
# Runtimes before Python 3.12 escape everything outside ASCII.
OLD_RUNTIME = re.match(r"AWS_Lambda_python3\.([6-9]|1[01])$", os.environ.get("AWS_EXECUTION_ENV", ""))


class Fault(Exception):
    """An error that the runtime reports itself, under a name of its own."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind = kind
        self.trace = list(trace)


class Client:
    """One connection to the Runtime API, kept open. It speaks no more HTTP than the API answers with: the
    standard library's client takes longer to load than most handlers do."""

    def __init__(self):
        host, port = ADDRESS.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb")

    def call(self, method, path, body=b"", kind="application/json"):
        head = [f"{method} {API}{path} HTTP/1.1", f"Host: {ADDRESS}"]
        if method == "POST":
            head += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        self.socket.sendall("\r\n".join(head + ["", ""]).encode("latin-1", "replace") + body)
        return self.answer()

    def answer(self):
        if not self.answers.readline():  # the status: whatever it is, there is nobody else to turn to
            sys.exit("the Runtime API has gone")
        headers = {}
        while line := self.answers.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        return headers, self.answers.read(int(headers["content-length"]))


class Slots:
    """An object with the given attributes, None where the mapping has none."""

    def __init__(self, names, mapping):
        for name in names:
            setattr(self, name, (mapping or {}).get(name))


class LambdaContext:
    """What a handler gets as its second argument."""

    def __init__(self, headers):
        environ = os.environ
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.function_name = environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.tenant_id = None
        self.identity = Slots(("cognito_identity_id", "cognito_identity_pool_id"), None)
        self.client_context = client_context(headers.get("lambda-runtime-client-context"))
        self._deadline = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


def client_context(text):
    if not text:
        return None
    try:
        context = Slots(("custom", "env", "client"), json.loads(text))
    except Exception as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", f"Unable to parse Client Context JSON: {error}")
    if context.client is not None:
        names = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")
        context.client = Slots(names, context.client)
    return context


def encode(value):
    """Prints a result. A Decimal keeps all its digits, by way of a mark that its text takes the place of."""
    mark, decimals = f"\0{os.urandom(16).hex()}:", []

    def default(item):
        if not isinstance(item, decimal.Decimal):
            raise TypeError(f"Object of type {type(item).__name__} is not JSON serializable")
        if item.is_nan():
            return float("nan")
        decimals.append(str(item))
        return f"{mark}{len(decimals) - 1}"

    text = json.dumps(value, ensure_ascii=bool(OLD_RUNTIME), default=default)
    if decimals:
        quoted = re.escape(json.dumps(mark)[:-1])
        text = re.sub(quoted + r'(\d+)"', lambda match: decimals[int(match[1])], text)
    return text


def marshal(result):
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        return encode(result).encode(), "application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}")


def unmarshal(event):
    try:
        return json.loads(event)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}")


def load(handler):
    """Finds the handler that the text "module.function" names."""
    module_name, dot, name = handler.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)")
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}")
    except SyntaxError as error:
        place = f'  File "{shown_path(error.filename)}" Line {error.lineno}\n    {error.text}'
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", [place])
    if not hasattr(module, name):
        raise Fault("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")
    return getattr(module, name)


def shown_path(path):
    """The path that code has on AWS, where it lies in /var/task."""
    if path and path.startswith(TASK_ROOT + os.sep):
        return "/var/task" + path[len(TASK_ROOT):]
    return path


def payload(error, request_id):
    """The error payload: of a Fault as it says, of any other exception with the stack of the user's code."""
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        kind, trace = type(error).__name__, stack(error)
    return {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": trace}


def stack(error):
    frames = [(f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(error.__traceback__)]
    while frames and frames[0][0] == __file__:
        frames.pop(0)
    return traceback.format_list([(shown_path(path), *rest) for path, *rest in frames])


def report(result):
    lines = ["[ERROR] " + ": ".join(filter(None, (result["errorType"], result["errorMessage"])))]
    if result["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines += [line for entry in result["stackTrace"] for line in entry.splitlines()]
    print("\n".join(lines), flush=True)


def set_up_logging():
    """The root logger of AWS's runtime: time in UTC, the request's id in each line."""
    handler = logging.StreamHandler(sys.stdout)
    handler.terminator = ""
    layout = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
    handler.setFormatter(logging.Formatter(layout, "%Y-%m-%dT%H:%M:%S"))
    handler.formatter.converter = time.gmtime

    def add_request_id(record):
        record.aws_request_id = current["request_id"]
        return True

    handler.addFilter(add_request_id)
    logging.getLogger().addHandler(handler)


current = {"request_id": ""}


def serve(client, handler):
    while True:
        headers, event = client.call("GET", "invocation/next")
        request_id = current["request_id"] = headers["lambda-runtime-aws-request-id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
        try:
            result, kind = marshal(handler(unmarshal(event), LambdaContext(headers)))
        except Exception as error:
            failure = payload(error, request_id)
            report(failure)
            client.call("POST", f"invocation/{request_id}/error", encode(failure).encode())
        else:
            client.call("POST", f"invocation/{request_id}/response", result, kind)


def main():
    sys.path[0] = TASK_ROOT
    set_up_logging()
    client = Client()
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        failure = payload(error, "")
        report(failure)
        client.call("POST", "init/error", encode(failure).encode())
        sys.exit(1)
    serve(client, handler)


main()
