package lambda

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/lambda/function"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// configured is the address that the API takes for its own; "": the one it has.
var configured string

// home is where the catalogues of tests are.
var home = arn.Place{Region: "us-east-1", Account: "000000000000"}

// serveCatalog serves the API of a new catalogue until the test ends.
func serveCatalog(t *testing.T, o function.Options) (*httptest.Server, *function.Catalog) {
	t.Helper()
	c, err := function.NewCatalog(home, o)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(nil)
	db, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // in memory
	s.Config.Handler = New(c, Options{Store: db.Part("lambda"), URL: cmp.Or(configured, "http://"+s.Listener.Addr().String())})
	s.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
		s.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return s, c
}

// archiveOf makes an archive of files, name and text in turn.
func archiveOf(t testing.TB, files ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for i := 0; i < len(files); i += 2 {
		h := &zip.FileHeader{Name: files[i], Method: zip.Deflate}
		h.SetMode(0o755)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// run runs a program to its end and returns what it printed.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_DEFAULT_REGION=us-east-1", "AWS_PAGER=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestBoto3(t *testing.T) {
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		t.Skipf("needs python3 with boto3: %v", err)
	}
	s, _ := serveCatalog(t, function.Options{})
	run(t, "python3", filepath.Join("testdata", "boto3_flow.py"), s.URL)
}

func TestCommandLine(t *testing.T) {
	if err := exec.Command("aws", "--version").Run(); err != nil {
		t.Skipf("needs the AWS CLI: %v", err)
	}
	s, _ := serveCatalog(t, function.Options{})
	dir := t.TempDir()
	code, out := filepath.Join(dir, "code.zip"), filepath.Join(dir, "out.json")
	source := "exports.handler = async (event, context) => ({ hello: event.name, as: context.functionName });"
	if err := os.WriteFile(code, archiveOf(t, "index.js", source), 0o600); err != nil {
		t.Fatal(err)
	}
	aws := func(args ...string) string {
		return run(t, "aws", append([]string{"--endpoint-url", s.URL, "--output", "json", "lambda"}, args...)...)
	}
	aws("create-function", "--function-name", "hi", "--runtime", "nodejs20.x", "--handler", "index.handler",
		"--role", "arn:aws:iam::000000000000:role/r", "--zip-file", "fileb://"+code)
	aws("invoke", "--function-name", "hi", "--payload", `{"name":"lark"}`, out)
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"hello":"lark","as":"hi"}`; string(got) != want {
		t.Errorf("the function answered %s, want %s", got, want)
	}
	aws("delete-function", "--function-name", "hi")
	if list := aws("list-functions", "--query", "Functions"); strings.TrimSpace(list) != "[]" {
		t.Errorf("functions are left: %s", list)
	}
}

// call sends a request as it stands and returns the answer.
func call(t *testing.T, s *httptest.Server, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// create adds a Python function over the wire.
func create(t *testing.T, s *httptest.Server, name, source string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"FunctionName": name, "Runtime": "python3.12", "Handler": "handler.handler", "Timeout": 30,
		"Role": "arn:aws:iam::000000000000:role/lambda-role", "Environment": map[string]any{"Variables": map[string]string{}},
		"Code": map[string]string{"ZipFile": base64.StdEncoding.EncodeToString(archiveOf(t, "handler.py", source))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if resp, text := call(t, s, "POST", "/2015-03-31/functions", string(body)); resp.StatusCode != http.StatusCreated {
		t.Fatalf("CreateFunction: %s %s", resp.Status, text)
	}
}

func TestErrors(t *testing.T) {
	s, c := serveCatalog(t, function.Options{})
	if err := c.Declare(function.Function{Name: "fixed", Code: function.Code{Command: []string{"cat"}}}); err != nil {
		t.Fatal(err)
	}
	const functions = "/2015-03-31/functions"
	tests := []struct {
		name, method, path, body string
		status                   int
		code, want               string
	}{
		{"get unknown", "GET", functions + "/x", "", 404, "ResourceNotFoundException",
			`{"Message":"Function not found: arn:aws:lambda:us-east-1:000000000000:function:x","Type":"User"}`},
		{"get unknown by another region's ARN", "GET", functions + "/arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Ax%3A3", "", 404, "ResourceNotFoundException",
			`{"Message":"Function not found: arn:aws:lambda:eu-west-1:123456789012:function:x:3","Type":"User"}`},
		{"delete unknown", "DELETE", functions + "/x", "", 404, "ResourceNotFoundException",
			`{"Message":"Function not found: arn:aws:lambda:us-east-1:000000000000:function:x","Type":"User"}`},
		{"invoke unknown", "POST", functions + "/x/invocations", "{}", 404, "ResourceNotFoundException",
			`{"Message":"Function not found: arn:aws:lambda:us-east-1:000000000000:function:x:$LATEST","Type":"User"}`},
		{"bad name", "GET", functions + "/a%20b", "", 400, "ValidationException", `Value 'a b' at 'functionName' failed to satisfy constraint`},
		{"two qualifiers", "GET", functions + "/fixed:1?Qualifier=2", "", 400, "InvalidParameterValueException",
			`{"Type":"User","message":"The derived qualifier from the function name does not match the specified qualifier."}`},
		{"not JSON", "POST", functions, "{", 400, "SerializationException", "Could not parse request body into json"},
		{"no name", "POST", functions, "{}", 400, "ValidationException", "Value null at 'functionName' failed to satisfy constraint"},
		{"no role", "POST", functions, `{"FunctionName":"a","Code":{}}`, 400, "ValidationException", "Value null at 'role' failed to satisfy constraint"},
		{"everything at once", "POST", functions, `{"FunctionName":"a","Role":"r","Handler":"a b","Timeout":0,"MemorySize":10241,"PackageType":"Tar"}`, 400, "ValidationException",
			`{"Type":"User","message":"6 validation errors detected: Value null at 'code' failed to satisfy constraint: Member must not be null; ` +
				`Value 'Tar' at 'packageType' failed to satisfy constraint: Member must satisfy enum value set: [Zip, Image]; ` +
				`Value 'r' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+; ` +
				`Value 'a b' at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\\s]+; ` +
				`Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1; ` +
				`Value '10241' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240"}`},
		{"long description", "PUT", functions + "/fixed/configuration", `{"Description":"` + strings.Repeat("d", 257) + `"}`, 400, "ValidationException",
			"at 'description' failed to satisfy constraint: Member must have length less than or equal to 256"},
		{"description of letters that take two bytes", "PUT", functions + "/none/configuration", `{"Description":"` + strings.Repeat("ä", 256) + `"}`, 404, "ResourceNotFoundException", "none"},
		{"variable that has no name", "PUT", functions + "/fixed/configuration", `{"Environment":{"Variables":{"a-b":"secret"}}}`, 400, "ValidationException",
			`{"Type":"User","message":"1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: ` +
				`Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]"}`},
		{"reserved variables", "PUT", functions + "/fixed/configuration", `{"Environment":{"Variables":{"AWS_REGION":"r","OWN":"o","AWS_LAMBDA_RUNTIME_API":"x"}}}`, 400,
			"InvalidParameterValueException", "contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_LAMBDA_RUNTIME_API, AWS_REGION"},
		{"NUL in a variable", "PUT", functions + "/fixed/configuration", `{"Environment":{"Variables":{"OWN":"a\u0000b"}}}`, 400, "InvalidParameterValueException", "contain a null character. Variable: OWN"},
		{"NUL in a name", "PUT", functions + "/fixed/configuration", `{"Environment":{"Variables":{"OWN\u0000":"a"}}}`, 400, "ValidationException", "Map keys must satisfy"},
		{"too many variables", "PUT", functions + "/fixed/configuration", `{"Environment":{"Variables":{"OWN":"` + strings.Repeat("x", 4096) + `"}}}`, 400,
			"InvalidParameterValueException", "exceeded the 4KB limit"},
		{"environment that is none", "PUT", functions + "/fixed/configuration", `{"Environment":{"Variables":[1]}}`, 400, "SerializationException", "Expected map or null"},
		{"archive that is no Base64", "POST", functions, `{"Code":{"ZipFile":"*"}}`, 400, "SerializationException", "not valid Base64"},
		{"function of another account", "POST", functions, `{"FunctionName":"arn:aws:lambda:us-east-1:123456789012:function:mine","Role":"arn:aws:iam::000000000000:role/r","Runtime":"python3.12","Handler":"a.b","Code":{}}`,
			403, "AccessDeniedException", "not authorized to perform: lambda:CreateFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:mine"},
		{"function of another region", "POST", functions, `{"FunctionName":"arn:aws:lambda:eu-west-1:000000000000:function:mine","Role":"arn:aws:iam::000000000000:role/r","Runtime":"python3.12","Handler":"a.b","Code":{}}`,
			400, "InvalidParameterValueException", "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"},
		{"delete a function of another account", "DELETE", functions + "/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Afixed", "", 404, "ResourceNotFoundException", "123456789012:function:fixed"},
		{"no invocation type", "POST", functions + "/fixed/invocations", "{}", 400, "ValidationException", "at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]"},
		{"no code", "POST", functions, `{"FunctionName":"a","Role":"arn:aws:iam::000000000000:role/r","Runtime":"python3.12","Handler":"a.b","Code":{}}`, 400, "InvalidParameterValueException", "Please provide a source for function code."},
		{"code in S3", "POST", functions, `{"FunctionName":"a","Role":"arn:aws:iam::000000000000:role/r","Runtime":"python3.12","Handler":"a.b","Code":{"S3Bucket":"b","S3Key":"k"}}`, 400, "InvalidParameterValueException", "upload the archive itself"},
		{"layers", "POST", functions, `{"FunctionName":"a","Role":"arn:aws:iam::000000000000:role/r","Runtime":"python3.12","Handler":"a.b","Layers":["arn:aws:lambda:us-east-1:000000000000:layer:l:1"],"Code":{"ZipFile":"eA=="}}`, 400, "InvalidParameterValueException", "Layer version arn:aws:lambda:us-east-1:000000000000:layer:l:1 does not exist."},
		{"image", "POST", functions, `{"FunctionName":"a","Role":"arn:aws:iam::000000000000:role/r","PackageType":"Image","Code":{"ImageUri":"i"}}`, 400, "InvalidParameterValueException", "Container images are not supported here"},
		{"timeout", "PUT", functions + "/fixed/configuration", `{"Timeout":901}`, 400, "ValidationException", "Value '901' at 'timeout'"},
		{"declared", "PUT", functions + "/fixed/configuration", `{"Timeout":90}`, 400, "InvalidParameterValueException", "is declared in the configuration of the server"},
		{"page size", "GET", functions + "?MaxItems=0", "", 400, "ValidationException", "Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"page size of no number", "GET", functions + "?MaxItems=x", "", 400, "SerializationException", "MaxItems is not a number: x"},
		{"alias of nothing", "POST", functions + "/fixed/aliases", `{}`, 400, "ValidationException", "2 validation errors detected: Value null at 'name'"},
		{"marker", "GET", functions + "?Marker=%21", "", 400, "InvalidParameterValueException", "Invalid value for Marker"},
		{"payload", "POST", functions + "/fixed/invocations", "{", 400, "InvalidRequestContentException", "Could not parse request body into json"},
		{"payload too large", "POST", functions + "/fixed/invocations", strings.Repeat(" ", function.MaxPayload) + "1", 413, "RequestEntityTooLargeException",
			`{"Type":"User","message":"6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)"}`},
		{"policy", "GET", functions + "/fixed/policy", "", 404, "ResourceNotFoundException", "The resource you requested does not exist."},
		{"unknown operation", "POST", "/2014-11-13/functions/x/invoke-async", "", 404, "UnknownOperationException", "is not an operation that is offered here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var header []string
			if tt.name == "no invocation type" {
				header = []string{"X-Amz-Invocation-Type", "Later"}
			}
			resp, body := call(t, s, tt.method, tt.path, tt.body, header...)
			if resp.StatusCode != tt.status || resp.Header.Get("x-amzn-ErrorType") != tt.code {
				t.Errorf("answered %d %s, want %d %s", resp.StatusCode, resp.Header.Get("x-amzn-ErrorType"), tt.status, tt.code)
			}
			if whole := strings.HasPrefix(tt.want, "{"); whole && body != tt.want || !strings.Contains(body, tt.want) {
				t.Errorf("answered %s, want %s", body, tt.want)
			}
			if resp.Header.Get("x-amzn-RequestId") == "" {
				t.Error("the answer has no request id")
			}
		})
	}
}

func TestInvokeAnswer(t *testing.T) {
	s, _ := serveCatalog(t, function.Options{})
	create(t, s, "f", "def handler(event, context):\n    return context.client_context.custom\n")
	context := base64.StdEncoding.EncodeToString([]byte(`{"custom":{"k":"v"}}`))
	resp, body := call(t, s, "POST", "/2015-03-31/functions/f/invocations", `{}`, "X-Amz-Client-Context", context)
	if body != `{"k": "v"}` || resp.StatusCode != http.StatusOK {
		t.Errorf("answered %s %s", resp.Status, body)
	}
	want := map[string]string{"X-Amz-Executed-Version": "$LATEST", "Content-Type": "application/json", "Content-Length": "10", "X-Amz-Function-Error": "", "X-Amz-Log-Result": ""}
	for name, text := range want {
		if got := resp.Header.Get(name); got != text {
			t.Errorf("header %s is %q, want %q", name, got, text)
		}
	}
	_, body = call(t, s, "POST", "/2015-03-31/functions/f/invocations", "", "X-Amz-Client-Context", "!")
	if !strings.Contains(body, "Client context must be a valid Base64-encoded JSON object.") {
		t.Errorf("a bad client context is answered with %s", body)
	}
}

func TestFetchObject(t *testing.T) {
	s, c := serveCatalog(t, function.Options{})
	h := New(c, Options{FetchObject: func(_ context.Context, bucket, key, version string) ([]byte, error) {
		if bucket != "b" || key != "k" || version != "v" {
			return nil, errors.New("S3 Error Code: NoSuchKey")
		}
		return archiveOf(t, "handler.py", "def handler(event, context):\n    return 'from S3'\n"), nil
	}})
	s.Config.Handler = h
	const body = `{"FunctionName":"f","Role":"arn:aws:iam::000000000000:role/r","Runtime":"python3.12","Handler":"handler.handler","Timeout":30,"Code":{"S3Bucket":"b","S3Key":"%s","S3ObjectVersion":"v"}}`
	resp, text := call(t, s, "POST", "/2015-03-31/functions", fmt.Sprintf(body, "other"))
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(text, "Error occurred while GetObject. S3 Error Code: NoSuchKey") {
		t.Errorf("code that is not there: %s %s", resp.Status, text)
	}
	call(t, s, "POST", "/2015-03-31/functions", fmt.Sprintf(body, "k"))
	if _, text := call(t, s, "POST", "/2015-03-31/functions/f/invocations", ""); text != `"from S3"` {
		t.Errorf("the function answers %s", text)
	}
}

// TestCodeLocation: where the code is does not depend on whom the request says that it is for.
func TestCodeLocation(t *testing.T) {
	configured = "http://configured"
	defer func() { configured = "" }()
	s, _ := serveCatalog(t, function.Options{})
	create(t, s, "f", "def handler(event, context):\n    return 1\n")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/2015-03-31/functions/f", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"Location":"http://configured/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/code?Qualifier=%24LATEST"`) {
		t.Errorf("the function is %s", text)
	}
}

// TestRestart sees that a function outlives its server, and that nothing outlives the function.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	first, c := serveCatalog(t, function.Options{Dir: dir})
	create(t, first, "kept", "def handler(event, context):\n    return 'still here'\n")
	create(t, first, "twin", "def handler(event, context):\n    return 'still here'\n") // shares its code
	_, before := call(t, first, "GET", "/2015-03-31/functions/kept/configuration", "")
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	second, _ := serveCatalog(t, function.Options{Dir: dir})
	_, after := call(t, second, "GET", "/2015-03-31/functions/kept/configuration", "")
	if after != before {
		t.Errorf("after the restart the function is %s, before it was %s", after, before)
	}
	call(t, second, "DELETE", "/2015-03-31/functions/twin", "")
	if _, body := call(t, second, "POST", "/2015-03-31/functions/kept/invocations", ""); body != `"still here"` {
		t.Errorf("the function answers %s", body)
	}
	call(t, second, "DELETE", "/2015-03-31/functions/kept", "")
	eventually(t, "the code is removed", func() bool {
		entries, err := os.ReadDir(filepath.Join(dir, "code"))
		return err == nil && len(entries) == 0
	})
}

// eventually waits for what happens in the background.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(10 * time.Second); !done(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
