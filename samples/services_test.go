package samples

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/client"
	"github.com/statelark/statelark/servertest"
	"github.com/statelark/statelark/value"
)

// TestServices runs the samples that have a template: inside the process of the command, on a server, and on one that is killed in
// their middle and started again.
func TestServices(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts servers for each sample")
	}
	binary := servertest.Build(t)
	all, err := List()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if !s.Has("template.yaml") {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			needPrograms(t, s.Needs)
			u := &underTest{Sample: s, binary: binary, parameters: startDatabase(t, s)}
			t.Run("in process", func(t *testing.T) { u.runCases(t, "--local") })
			t.Run("server", u.onServer)
			t.Run("killed", u.killed)
		})
	}
}

// underTest is a sample with a template, and what the parameters of that are.
type underTest struct {
	*Sample
	binary     string
	parameters []string // flags
}

// needPrograms skips a test whose sample needs what the machine lacks.
func needPrograms(t *testing.T, names []string) {
	for _, name := range names {
		if _, err := exec.LookPath("/usr/sbin/" + name); err != nil { // where mariadbd lies
			servertest.Program(t, name)
		}
	}
}

// startDatabase starts the database of a sample until the test ends, and returns the flags that name it.
func startDatabase(t *testing.T, s *Sample) []string {
	if s.Database == "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "statelark-db-") // a path that is short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	script := exec.Command("sh", filepath.Join(s.Name, s.Database), dir)
	script.Stderr = os.Stderr
	out, err := script.StdoutPipe()
	if err == nil {
		err = script.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = script.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = script.Wait()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the database says %q (%v)", line, err)
	}
	var flags []string
	for name, text := range s.Parameters {
		flags = append(flags, "--parameter", name+"="+strings.ReplaceAll(text, "{folder}", dir))
	}
	return flags
}

// cases are the ends of the names of the inputs: ".json", "-failing.json".
func (u *underTest) cases(t *testing.T) []string {
	inputs, err := filepath.Glob(filepath.Join(u.Name, "input*.json"))
	if err != nil || len(inputs) == 0 {
		t.Fatalf("%s has no input (%v)", u.Name, err)
	}
	slices.Sort(inputs)
	for i, path := range inputs {
		inputs[i] = strings.TrimPrefix(filepath.Base(path), "input")
	}
	return inputs
}

// runCases runs all inputs with "samples run".
func (u *underTest) runCases(t *testing.T, where ...string) {
	for _, ending := range u.cases(t) {
		u.runCase(t, ending, where...)
	}
}

func (u *underTest) runCase(t *testing.T, ending string, where ...string) {
	args := []string{"samples", "run", u.Name, "--json", "--input", "@" + filepath.Join(u.Name, "input"+ending)}
	ended := run(t, u.binary, slices.Concat(args, u.parameters, where)...)
	u.judge(t, ending, ended)
}

// judge holds the end of an execution against what is expected.
func (u *underTest) judge(t *testing.T, ending string, e *ending) {
	t.Helper()
	want := filepath.Join(u.Name, "expected"+ending)
	if !exists(want) {
		e.mustFail(t, read(t, filepath.Join(u.Name, "failure"+ending)))
		return
	}
	if e.Status != "SUCCEEDED" || !matches(t, read(t, want), string(e.Output), false) {
		t.Errorf("it ended %s with the output\n%s\nwant\n%s\n%s %s\n%s", e.Status, e.Output, read(t, want), e.Error, e.Cause, e.stderr)
	}
}

// onServer runs all inputs on a server and looks at what they leave there.
func (u *underTest) onServer(t *testing.T) {
	server := servertest.StartBinary(t, u.binary)
	for _, ending := range u.cases(t) {
		u.runCase(t, ending, "--endpoint", server.URL)
		checks := u.After
		if name := strings.TrimSuffix(strings.TrimPrefix(ending, "-"), ".json"); name != "" {
			checks = u.Cases[name]
		}
		u.check(t, server, checks)
	}
}

// killed runs the first input on a server that is killed in the middle.
func (u *underTest) killed(t *testing.T) {
	data := t.TempDir()
	server := servertest.StartBinary(t, u.binary, "--data", data)
	args := slices.Concat([]string{"deploy", filepath.Join(u.Name, "template.yaml"), "--json", "--endpoint", server.URL}, u.parameters)
	out, err := exec.Command(u.binary, args...).Output()
	var deployed struct {
		Outputs struct{ StateMachineArn string }
	}
	if err != nil || json.Unmarshal(out, &deployed) != nil {
		t.Fatalf("statelark %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	started, err := server.Client().StartExecution(t.Context(), &sfn.StartExecutionInput{
		StateMachineArn: &deployed.Outputs.StateMachineArn, Input: aws.String(read(t, filepath.Join(u.Name, "input.json"))),
	})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the state "+u.KillIn, func() bool { return u.isThere(t, server, started.ExecutionArn) })
	server.Kill(t)

	server = servertest.StartBinary(t, u.binary, "--data", data)
	var x *sfn.DescribeExecutionOutput
	until(t, "the end of the execution", func() bool {
		x, err = server.Client().DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		return err != nil || x.Status != "RUNNING"
	})
	if err != nil {
		t.Fatal(err)
	}
	u.judge(t, ".json", &ending{Status: string(x.Status), Output: json.RawMessage(aws.ToString(x.Output)), Error: aws.ToString(x.Error), Cause: aws.ToString(x.Cause)})
	checks := u.After
	if u.AfterKill != nil {
		checks = u.AfterKill
	}
	u.check(t, server, checks)
}

// isThere reports whether an execution is where the server is to be killed.
func (u *underTest) isThere(t *testing.T, server *servertest.Server, execution *string) bool {
	history, err := server.Client().GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{ExecutionArn: execution, MaxResults: 1000})
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for _, e := range history.Events {
		if d := e.StateEnteredEventDetails; d != nil {
			inside = *d.Name == u.KillIn
		}
		if inside && (u.KillAt == "" || string(e.Type) == u.KillAt) {
			return true
		}
	}
	return false
}

// TestCreatesWhatIsMissing runs a sample without the queue of its template, on a server that makes what tasks miss.
func TestCreatesWhatIsMissing(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a server")
	}
	s, err := Read("transfer-data-records")
	if err != nil {
		t.Fatal(err)
	}
	needPrograms(t, s.Needs)
	u := &underTest{Sample: s, binary: servertest.Build(t)}
	server := servertest.StartBinary(t, u.binary, "--auto-create")
	args := []string{"deploy", filepath.Join(s.Name, "template.yaml"), "--skip", "AWS::SQS::Queue", "--endpoint", server.URL}
	if out, err := exec.Command(u.binary, args...).CombinedOutput(); err != nil {
		t.Fatalf("statelark %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	machine := arn.Place{Region: "us-east-1", Account: "000000000000"}.StateMachineARN(s.Name)
	ended := run(t, u.binary, "run", machine, "--json", "--input", "@"+filepath.Join(s.Name, "input.json"), "--endpoint", server.URL)
	u.judge(t, ".json", ended)
	u.check(t, server, s.After)
}

// check makes calls until they answer what is expected: what is sent on is there some time after it was sent.
func (u *underTest) check(t *testing.T, server *servertest.Server, checks []Check) {
	t.Helper()
	services, place, err := client.New(server.URL, arn.Place{Region: "us-east-1", Account: "000000000000"}).Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.Query != "" {
			u.query(t, &c)
			continue
		}
		input, want := text(t, c.Input), text(t, c.Gives)
		v, err := value.Parse(input)
		if err != nil {
			t.Fatal(err)
		}
		service, operation, _ := strings.Cut(c.Call, ":")
		got := ""
		until(t, c.Call+" gives "+want, func() bool {
			answer, err := services.Call(t.Context(), &awswire.Request{Service: service, Operation: operation, Place: place, Input: v})
			if err != nil {
				t.Fatal(err)
			}
			if answer.Output.Exists() && answer.Output.Compact() != got {
				got = answer.Output.Compact()
				t.Logf("%s %s: %s", c.Call, input, got)
			}
			return got != "" && matches(t, want, got, true)
		})
	}
}

// query asks the database.
func (u *underTest) query(t *testing.T, c *Check) {
	t.Helper()
	_, socket, _ := strings.Cut(u.parameters[len(u.parameters)-1], "=")
	out, err := exec.Command("mariadb", "--no-defaults", "--socket", socket, "--user", "root", "--batch", "--skip-column-names",
		"--default-character-set", "utf8mb4", "--execute", c.Query).CombinedOutput()
	if err != nil || string(out) != c.Prints {
		t.Errorf("%s prints\n%q\nwant\n%q (%v)", c.Query, out, c.Prints, err)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// matches reports whether JSON is as wanted. The text "*" stands for anything, "A or B" for one of two. With part, objects
// may have more members.
func matches(t *testing.T, want, got string, part bool) bool {
	t.Helper()
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("reading what is wanted: %v", err)
	}
	return json.Unmarshal([]byte(got), &g) == nil && matchesValue(w, g, part)
}

func matchesValue(want, got any, part bool) bool {
	switch want := want.(type) {
	case string:
		text, isText := got.(string)
		return want == "*" || isText && (want == text || slices.Contains(strings.Split(want, " or "), text))
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return false
		}
		for i := range want {
			if !matchesValue(want[i], list[i], part) {
				return false
			}
		}
		return true
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok || !part && len(object) != len(want) {
			return false
		}
		for key := range want {
			if v, has := object[key]; !has || !matchesValue(want[key], v, part) {
				return false
			}
		}
		return true
	}
	return want == got
}

func TestMatches(t *testing.T) {
	tests := []struct {
		want, got  string
		exact, has bool
	}{
		{`{"a": 1}`, `{"a": 1}`, true, true},
		{`{"a": 1}`, `{"a": 1, "b": 2}`, false, true},
		{`{"a": 1}`, `{"b": 2}`, false, false},
		{`["*", "1 or 2"]`, `[{"x": 1}, "2"]`, true, true},
		{`["1 or 2"]`, `["3"]`, false, false},
		{`[1]`, `[1, 1]`, false, false},
		{`null`, `0`, false, false},
		{`"a"`, `1`, false, false},
		{`{}`, `[]`, false, false},
		{`{}`, `{`, false, false},
	}
	for _, test := range tests {
		if exact, has := matches(t, test.want, test.got, false), matches(t, test.want, test.got, true); exact != test.exact || has != test.has {
			t.Errorf("%s matches %s: %v, %v; want %v, %v", test.got, test.want, exact, has, test.exact, test.has)
		}
	}
}

// TestCopies holds files that several samples have to each other: a sample is a folder of its own.
func TestCopies(t *testing.T) {
	for _, name := range []string{"functions/aws.py", "functions/database.py", "functions/mysql_to_s3_files.py", "database.sh", "database.sql"} {
		paths, err := filepath.Glob("*/" + name)
		if err != nil || len(paths) < 2 {
			t.Fatalf("there are %d of %s (%v)", len(paths), name, err)
		}
		for _, path := range paths[1:] {
			if read(t, path) != read(t, paths[0]) {
				t.Errorf("%s and %s differ", path, paths[0])
			}
		}
	}
}
