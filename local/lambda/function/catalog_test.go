package function

import (
	"archive/zip"
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/statelark/statelark/arn"
)

func TestMain(m *testing.M) {
	if os.Getenv(bootstrapVar) != "" {
		serveGo()
		return
	}
	goleak.VerifyTestMain(m)
}

// home is where the catalogues of tests are.
var home = arn.Place{Region: "us-east-1", Account: "000000000000"}

const echo = "def handler(event, context):\n    return event\n"

// archiveOf makes an archive of files, name and text in turn.
func archiveOf(t testing.TB, files ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for i := 0; i < len(files); i += 2 {
		h := &zip.FileHeader{Name: files[i], Method: zip.Deflate}
		h.SetMode(0o755)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// interpreters are looked for once: what is on the PATH may be a slow wrapper.
var interpreters = sync.OnceValue(func() map[string]string {
	r := &runtimes{interpreters: make(map[string]string)}
	for _, name := range []string{"python3.12", "nodejs20.x"} {
		_, _ = r.command(&Function{Runtime: name}) // upload skips the tests that need one which is not there
	}
	return r.interpreters
})

// open makes a catalogue that is closed with the test.
func open(t testing.TB, o Options) *Catalog {
	t.Helper()
	return openAt(t, home, o)
}

func openAt(t testing.TB, place arn.Place, o Options) *Catalog {
	t.Helper()
	if testing.Verbose() && o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if o.Interpreters == nil {
		o.Interpreters = interpreters()
	}
	c, err := NewCatalog(place, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return c
}

// python and node add a function f with the given source.
func python(t testing.TB, c *Catalog, source string) {
	t.Helper()
	upload(t, c, Function{Name: "f", Runtime: "python3.12", Handler: "handler.handler"}, "handler.py", source)
}

func node(t testing.TB, c *Catalog, source string) {
	t.Helper()
	upload(t, c, Function{Name: "f", Runtime: "nodejs20.x", Handler: "index.handler"}, "index.js", source)
}

func upload(t testing.TB, c *Catalog, f Function, files ...string) {
	t.Helper()
	if family, _ := runtimeFamily(f.Runtime); family != familyProvided && interpreters()[f.Runtime] == "" {
		t.Skipf("needs an interpreter for %s", f.Runtime)
	}
	if f.Timeout == 0 {
		f.Timeout = 30 * time.Second
	}
	if _, err := c.Create(home, f, archiveOf(t, files...), nil, false); err != nil {
		t.Fatal(err)
	}
}

func invoke(t testing.TB, c *Catalog, payload string) *Result {
	t.Helper()
	res, err := c.Invoke(t.Context(), Ref{Name: "f"}, Invocation{RequestID: "req-1", Payload: []byte(payload)})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestHandlers(t *testing.T) {
	const py, js = "python", "node"
	tests := []struct {
		name, lang, source, payload string
		want                        string // the whole payload; after "… ", a part of it
		wantError                   string
	}{
		{"echo", py, "def handler(event, context):\n    return event\n", `{"a": [1, 2.50, "é"]}`, `{"a": [1, 2.5, "é"]}`, ""},
		{"bytes as they are", py, "def handler(event, context):\n    return b'\"HelloWorld!\"'\n", `{}`, `"HelloWorld!"`, ""},
		{"nothing", py, "def handler(event, context):\n    pass\n", `{}`, `null`, ""},
		{"decimal", py, "import decimal\ndef handler(event, context):\n    return [decimal.Decimal('1.10'), decimal.Decimal('1E+3')]\n", `{}`, `[1.10, 1E+3]`, ""},
		{"raise", py, "def handler(event, context):\n    raise Exception(\"Some exception was raised.\")\n", `{}`,
			`{"errorMessage": "Some exception was raised.", "errorType": "Exception", "requestId": "req-1", "stackTrace": ["  File \"/var/task/handler.py\", line 2, in handler\n    raise Exception(\"Some exception was raised.\")\n"]}`, unhandled},
		{"custom exception", py, "class CustomException(Exception):\n    message: str\n\n    def __init__(self):\n        self.message = \"CustomException message\"\n\n\ndef handler(event, context):\n    raise CustomException()\n", `{}`,
			`{"errorMessage": "", "errorType": "CustomException", "requestId": "req-1", "stackTrace": ["  File \"/var/task/handler.py\", line 9, in handler\n    raise CustomException()\n"]}`, unhandled},
		{"unmarshallable", py, "def handler(event, context):\n    return {1, 2}\n", `{}`,
			`{"errorMessage": "Unable to marshal response: Object of type set is not JSON serializable", "errorType": "Runtime.MarshalError", "requestId": "req-1", "stackTrace": []}`, unhandled},
		{"no handler", py, "x = 1\n", `{}`,
			`{"errorMessage": "Handler 'handler' missing on module 'handler'", "errorType": "Runtime.HandlerNotFound", "requestId": "", "stackTrace": []}`, unhandled},
		{"missing import", py, "import no_such_thing\n", `{}`,
			`{"errorMessage": "Unable to import module 'handler': No module named 'no_such_thing'", "errorType": "Runtime.ImportModuleError", "requestId": "", "stackTrace": []}`, unhandled},
		{"syntax error", py, "def handler(:\n", `{}`,
			`{"errorMessage": "Syntax error in module 'handler': invalid syntax (handler.py, line 1)", "errorType": "Runtime.UserCodeSyntaxError", "requestId": "", "stackTrace": ["  File \"/var/task/handler.py\" Line 1\n    def handler(:\n"]}`, unhandled},
		{"error while loading", py, "raise ValueError('bad start')\n", `{}`,
			`… \"/var/task/handler.py\", line 1, in <module>\n    raise ValueError('bad start')\n"]}`, unhandled},
		{"exit", py, "import sys\ndef handler(event, context):\n    sys.exit(1)\n", `{}`,
			`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: req-1 Error: Runtime exited with error: exit status 1"}`, unhandled},
		{"exit without a reason", py, "import os\ndef handler(event, context):\n    os._exit(0)\n", `{}`,
			`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: req-1 Error: Runtime exited without providing a reason"}`, unhandled},
		{"killed", py, "import os, signal\ndef handler(event, context):\n    os.kill(os.getpid(), signal.SIGKILL)\n", `{}`,
			`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: req-1 Error: Runtime exited with error: signal: killed"}`, unhandled},
		{"exit while loading", py, "import os\nos._exit(7)\n", `{}`,
			`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: req-1 Error: Runtime exited with error: exit status 7"}`, unhandled},
		{"too large", py, "def handler(event, context):\n    return 'a' * (7 << 20)\n", `{}`,
			`{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}`, unhandled},

		{"echo", js, "exports.handler = async (event) => event;", `{"a": [1, 2.50, "é"]}`, `{"a":[1,2.5,"é"]}`, ""},
		{"callback", js, "exports.handler = (event, context, callback) => { callback(null, {b: event.a}); };", `{"a":1}`, `{"b":1}`, ""},
		{"callback waits for work", js, "exports.handler = (event, context, callback) => { let n = 0; setImmediate(() => { n = 5; }); callback(null, {get n() { return n; }}); };", `{}`, `{"n":5}`, ""},
		{"succeed", js, "exports.handler = (event, context) => { context.succeed('ok'); };", `{}`, `"ok"`, ""},
		{"nothing", js, "exports.handler = async () => {};", `{}`, `null`, ""},
		{"throw a string", js, "exports.handler = async () => { throw 'no'; };", `{}`, `{"errorType":"string","errorMessage":"no","trace":[]}`, unhandled},
		{"never settles", js, "exports.handler = async () => new Promise(() => {});", `{}`, `… "Runtime.NodeJsExit"`, unhandled},
		{"no handler", js, "exports.other = 1;", `{}`, `… "index.handler is undefined or not exported"`, unhandled},
		{"missing import", js, "require('no-such-thing');", `{}`, `… "Runtime.ImportModuleError"`, unhandled},
		{"syntax error", js, "exports.handler = (", `{}`, `… "Runtime.UserCodeSyntaxError"`, unhandled},
		{"exit", js, "exports.handler = async () => { process.exit(3); };", `{}`,
			`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: req-1 Error: Runtime exited with error: exit status 3"}`, unhandled},
		{"throws", js, "class MyError extends Error { constructor(m) { super(m); this.name = 'MyError'; } }\nexports.handler = async () => { throw new MyError('boom'); };", `{}`,
			`… {"errorType":"MyError","errorMessage":"boom","trace":["MyError: boom","    at exports.handler (/var/task/index.js:2:39)"`, unhandled},
		{"uncaught", js, "exports.handler = () => { setImmediate(() => { throw new TypeError('late'); }); };", `{}`, `… {"errorType":"TypeError","errorMessage":"late"`, unhandled},
		{"rejection", js, "exports.handler = () => { Promise.reject(new Error('lost')); };", `{}`, `… "Runtime.UnhandledPromiseRejection"`, unhandled},
	}
	for _, tt := range tests {
		t.Run(tt.lang+"/"+tt.name, func(t *testing.T) {
			c := open(t, Options{})
			if tt.lang == py {
				python(t, c, tt.source)
			} else {
				node(t, c, tt.source)
			}
			res := invoke(t, c, tt.payload)
			if res.FunctionError != tt.wantError {
				t.Errorf("function error %q, want %q", res.FunctionError, tt.wantError)
			}
			part, isPart := strings.CutPrefix(tt.want, "… ")
			if got := string(res.Payload); got != tt.want && (!isPart || !strings.Contains(got, part)) {
				t.Errorf("payload %.2000s\nwant    %s", res.Payload, tt.want)
			}
		})
	}
}
