package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/statelark/statelark/client"
)

// TestMocks runs the scripts of testdata/mocks on a server that is told of a mock file as Step Functions Local is, and that
// does not wait.
func TestMocks(t *testing.T) {
	t.Setenv("SFN_MOCK_CONFIG", "testdata/mocks/MockConfigFile.json")
	t.Setenv("WAIT_TIME_SCALE", "0")
	server := launch(t, "dev", "--listen", "127.0.0.1:0")
	t.Setenv("AWS_ENDPOINT_URL_SFN", server.url)
	api := server.api()
	deployMocked(t, api)
	activity := client.Str(call(t, api, "CreateActivity", client.Text("name", "work")), "activityArn")
	for name, definition := range map[string]string{
		"waits":    `{"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"` + activity + `","Catch":[{"ErrorEquals":["States.ALL"],"Next":"P"}],"End":true},"P":{"Type":"Pass","End":true}}}`,
		"unmocked": `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`,
	} {
		if _, err := api.Deploy(t.Context(), name, definition); err != nil {
			t.Fatal(err)
		}
	}
	call(t, api, "CreateStateMachine", client.Text("name", "quick"), client.Text("type", "EXPRESS"), client.Text("roleArn", home.RoleARN("r")),
		client.Text("definition", `{"StartAt":"M","States":{"M":{"Type":"Map","MaxConcurrency":1,"End":true,"ItemProcessor":{"StartAt":"Each",
			"States":{"Each":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"u","MessageBody":"m"},
			"Retry":[{"ErrorEquals":["Boom"]}],"ResultSelector":{"got.$":"$.Payload"},"End":true}}}}}}`))
	for name, kind := range map[string]string{"many": "STANDARD", "manyquick": "EXPRESS"} {
		if _, err := api.Deploy(t.Context(), name, `{"StartAt":"M","States":{"M":{"Type":"Map","Label":"each","End":true,"ItemProcessor":{
			"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"`+kind+`"},"StartAt":"Child",
			"States":{"Child":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":"u","MessageBody":"m"},
			"Retry":[{"ErrorEquals":["Boom"]}],"ResultSelector":{"got.$":"$.Payload"},"End":true}}}}}}`); err != nil {
			t.Fatal(err)
		}
	}
	runScripts(t, "testdata/mocks/*.txt", runCommand)
}

func deployMocked(t *testing.T, api *client.Client) {
	t.Helper()
	text, err := os.ReadFile("testdata/mocks/mocked.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.Deploy(t.Context(), "mocked", string(text)); err != nil {
		t.Fatal(err)
	}
}

// TestMocksOutliveTheServer kills a server over and over: an execution goes on with its test case, and no answer is given
// twice or left out.
func TestMocksOutliveTheServer(t *testing.T) {
	t.Setenv("SFN_MOCK_CONFIG", "testdata/mocks/MockConfigFile.json")
	t.Setenv("WAIT_TIME_SCALE", "0.0002") // attempts are 120 ms apart, and the Wait state takes 720 ms
	args := []string{"server", "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data")}
	server := launch(t, args...)
	deployMocked(t, server.api())
	t.Setenv("AWS_ENDPOINT_URL_SFN", server.url)
	if out := runCommand(t, `start mocked#Retried --name killed --input '{"items": [1, 2]}'`); out != "arn:aws:states:us-east-1:000000000000:execution:mocked:killed\n" {
		t.Fatal(out)
	}
	for range 12 {
		out := runCommand(t, "wait killed --timeout 150ms")
		if out == retriedOutput {
			return
		}
		if out != "! statelark: arn:aws:states:us-east-1:000000000000:execution:mocked:killed is still RUNNING after 150ms\nexit 124\n" {
			t.Fatal(out)
		}
		server.kill()
		server = launch(t, args...)
		t.Setenv("AWS_ENDPOINT_URL_SFN", server.url)
	}
	if out := runCommand(t, "wait killed"); out != retriedOutput {
		t.Errorf("it prints %s, want %s", out, retriedOutput)
	}
}

const retriedOutput = `{"items":[1,2],"charge":{"paid":"at last"},"nested":{"shipped":true},"approval":{"by":"Ada"},"each":["one","two"]}` + "\n"

// TestLocalVariables wants the variables of Step Functions Local to go before defaults, and after what is said to Statelark.
func TestLocalVariables(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load := func(args ...string) string {
		t.Helper()
		var cfg *Config
		c := newServer()
		c.RunE = func(c *cobra.Command, _ []string) (err error) {
			cfg, err = loadConfig(c)
			return err
		}
		c.SetArgs(args)
		c.SilenceErrors, c.SilenceUsage = true, true
		if err := c.Execute(); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%s %s mocks=%s scale=%v lambda=%s", cfg.Account, cfg.Region, cfg.MockConfig, cfg.WaitTimeScale, cfg.LambdaEndpoint)
	}
	expect := func(want string, args ...string) {
		t.Helper()
		if got := load(args...); got != want {
			t.Errorf("%q: got %s, want %s", args, got, want)
		}
	}
	expect("000000000000 us-east-1 mocks= scale=1 lambda=")
	write("MockConfigFile.json", "{}")
	expect("000000000000 us-east-1 mocks=MockConfigFile.json scale=1 lambda=")
	for name, text := range map[string]string{
		"AWS_ACCOUNT_ID": "123456789012", "AWS_DEFAULT_REGION": "eu-west-1", "SFN_MOCK_CONFIG": "other.json", "WAIT_TIME_SCALE": "0.5",
		"LAMBDA_ENDPOINT": "http://127.0.0.1:3001",
	} {
		t.Setenv(name, text)
	}
	expect("123456789012 eu-west-1 mocks=other.json scale=0.5 lambda=http://127.0.0.1:3001")
	t.Setenv("AWS_REGION", "eu-west-2")
	expect("123456789012 eu-west-2 mocks=other.json scale=0.5 lambda=http://127.0.0.1:3001")
	write("statelark.yaml", "wait-time-scale: 0\nregion: us-west-2\n")
	expect("123456789012 us-west-2 mocks=other.json scale=0 lambda=http://127.0.0.1:3001")
	t.Setenv("STATELARK_ACCOUNT", "210987654321")
	expect("210987654321 us-west-2 mocks=m.json scale=2 lambda=", "--wait-time-scale", "2", "--mock-config", "m.json", "--lambda-endpoint", "")
	expect("wait-time-scale is -1; it has to be a number from 0 to 1000", "--wait-time-scale", "-1")
	expect("wait-time-scale is NaN; it has to be a number from 0 to 1000", "--wait-time-scale", "NaN")
	expect(`lambda-endpoint is "here"; it has to be a URL such as http://127.0.0.1:3001`, "--lambda-endpoint", "here")
	t.Setenv("AWS_ACCOUNT_ID", "me")
	t.Setenv("STATELARK_ACCOUNT", "")
	if got := load(); !strings.Contains(got, "it has to be 12 digits") {
		t.Errorf("a bad account: %s", got)
	}
}

// TestLambdaEndpoint: functions are called where LAMBDA_ENDPOINT says, and what the other endpoints do not do is told.
func TestLambdaEndpoint(t *testing.T) {
	functions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"called":%q}`, r.URL.Path) // a client that is gone fails the test
	}))
	defer functions.Close()
	for name, text := range map[string]string{"LAMBDA_ENDPOINT": functions.URL, "SQS_ENDPOINT": "http://sqs", "STEP_FUNCTIONS_ENDPOINT": "http://sfn"} {
		t.Setenv(name, text)
	}
	server := launch(t, "server", "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
	t.Setenv("AWS_ENDPOINT_URL_SFN", server.url)
	const definition = `{"StartAt":"F","States":{"F":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","End":true}}}`
	if _, err := server.api().Deploy(t.Context(), "calls", definition); err != nil {
		t.Fatal(err)
	}
	if out, want := runCommand(t, "start calls --wait -q"), `{"called":"/2015-03-31/functions/f/invocations"}`+"\n"; out != want {
		t.Errorf("it prints %s, want %s", out, want)
	}
	server.signal(syscall.SIGTERM)
	for _, part := range []string{"STEP_FUNCTIONS_ENDPOINT is not needed"} {
		if !strings.Contains(server.log(), part) {
			t.Errorf("the log does not say %q:\n%s", part, server.log())
		}
	}
}

// TestBadMockFile: a server does not start with a mock file that cannot be read.
func TestBadMockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mocks.json")
	for _, text := range []string{"", "{", `{"StateMachines": 1}`} {
		if text != "" {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, stderr, code := runBinary(t, "dev", "--listen", "127.0.0.1:0", "--mock-config", path)
		if code != exitUsage || !strings.Contains(stderr, path) || !strings.Contains(stderr, "next: mend the file") {
			t.Errorf("%q: exit code %d: %s", text, code, stderr)
		}
	}
}
