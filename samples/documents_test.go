package samples

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/statelark/statelark/servertest"
)

// The documents that the project was founded on lie in ../shared/founding. The tests below take every block of
// code out of two of them and run it, or get the diagnostic that it deserves. A block has one of these shapes:
//
//   - a machine is run as printed;
//   - states, one or an object of several, are made a machine: StartAt is the first of them, and each state that
//     they name and do not have is added as a Succeed state;
//   - data is an input or an output that another block is run with;
//   - anything else is refused, and the test knows with what words.

// block is a block of code of a document.
type block struct{ language, text string }

var fence = regexp.MustCompile("(?ms)^(````?)([a-z]*)=?\n(.*?)\n````?$")

// blocks reads a document and checks that there are as many blocks as the test knows.
func blocks(t *testing.T, document string, want int) []block {
	t.Helper()
	path := servertest.Shared(t, "founding", document)
	var found []block
	for _, m := range fence.FindAllStringSubmatch(read(t, path)+"\n", -1) {
		found = append(found, block{m[2], m[3]})
	}
	if len(found) != want {
		t.Fatalf("%s has %d blocks of code, and the test knows %d", path, len(found), want)
	}
	return found
}

// workshop is a folder in which definitions of a document are checked and run.
type workshop struct {
	dir, binary string
}

func newWorkshop(t *testing.T, config string) *workshop {
	if testing.Short() {
		t.Skip("it starts servers")
	}
	w := &workshop{dir: t.TempDir(), binary: servertest.Build(t)}
	w.write(t, "statelark.yaml", config)
	return w
}

func (w *workshop) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a definition in process.
func (w *workshop) run(t *testing.T, definition, input string) *ending {
	t.Helper()
	return run(t, w.binary, "run", w.write(t, "workflow.asl.json", definition), "--input", input, "--json", "--local",
		"--config", filepath.Join(w.dir, "statelark.yaml"))
}

// mustRefuse checks that a definition is refused with exactly these findings, one a line.
func (w *workshop) mustRefuse(t *testing.T, definition, want string) {
	t.Helper()
	w.write(t, "block.json", definition)
	var stdout bytes.Buffer
	command := exec.Command(w.binary, "validate", "block.json")
	command.Dir = w.dir
	command.Stdout = &stdout
	err := command.Run()
	if code := command.ProcessState.ExitCode(); code != 3 {
		t.Errorf("validate ended with code %d (%v), want 3", code, err)
	}
	if got := strings.TrimSpace(stdout.String()); got != strings.TrimSpace(want) {
		t.Errorf("validate found\n%s\nwant\n%s", got, want)
	}
}

// machineOf makes a machine of states as printed: `"Name": {…}`, or `{"Name": {…}, …}`.
func machineOf(t *testing.T, states string, missing ...string) string {
	t.Helper()
	states = strings.TrimSpace(states)
	if !strings.HasPrefix(states, "{") {
		states = "{" + states + "}"
	}
	var first string
	d := json.NewDecoder(strings.NewReader(states))
	for first == "" {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("reading the states: %v", err)
		}
		first, _ = token.(string)
	}
	for _, name := range missing {
		states = strings.TrimSuffix(states, "}") + `, "` + name + `": {"Type": "Succeed"}}`
	}
	return `{"StartAt": "` + first + `", "States": ` + states + `}`
}

// TestReportsDocument runs document 000, "Json For Unique Machine" and "Json For Parallel Machines". Where they
// say ARN and lambda-arn, the author's functions have to be put in.
func TestReportsDocument(t *testing.T) {
	code := blocks(t, "000_2283da2a2c6d0c4b.txt", 2)
	unique, parallel := code[0].text, code[1].text
	// cat answers the event; "dump" answers the id that the first function of the document makes.
	w := newWorkshop(t, `functions:
  dump: {command: [echo, '"0f8e"']}
  load: {command: [cat]}
`)
	put := func(definition, from, function string) string {
		return strings.Replace(definition, `"`+from+`"`, `"arn:aws:lambda:us-east-1:000000000000:function:`+function+`"`, 1)
	}

	t.Run("unique machine as printed", func(t *testing.T) {
		w.mustRefuse(t, unique, `
block.json:7:19: error SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN (/States/MySql To S3 Files/Resource)
block.json:23:19: error SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN (/States/S3 Data To Mysql/Resource)`)
	})
	t.Run("unique machine with functions", func(t *testing.T) {
		mended := put(put(unique, "ARN", "dump"), "ARN", "load")
		w.run(t, mended, `{"month": "2026-10"}`).mustGive(t, `"0f8e"`)
	})
	t.Run("parallel machine as printed", func(t *testing.T) {
		w.mustRefuse(t, parallel, `
block.json:7:19: error SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN (/States/MySql To S3 Files/Resource)
block.json:31:16: error SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN (/States/InsertDataToMysql/Branches[0]/States/InsertInfoOrderMysql/Resource)
block.json:42:16: error SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN (/States/InsertDataToMysql/Branches[1]/States/InsertRestMysql/Resource)
block.json:26:21: error MISSING_TRANSITION_TARGET: Missing 'Next' target: InsertLeadsMysql (/States/InsertDataToMysql/Branches[0]/StartAt)
block.json:28:36: error MISSING_TRANSITION_TARGET: State "InsertInfoOrderMysql" is not reachable. (/States/InsertDataToMysql/Branches[0]/States/InsertInfoOrderMysql)`)
	})
	withFunctions := put(put(put(parallel, "lambda-arn", "dump"), "lambda-arn", "load"), "lambda-arn", "load")
	t.Run("parallel machine with functions", func(t *testing.T) {
		w.mustRefuse(t, withFunctions, `
block.json:26:21: error MISSING_TRANSITION_TARGET: Missing 'Next' target: InsertLeadsMysql (/States/InsertDataToMysql/Branches[0]/StartAt)
block.json:28:36: error MISSING_TRANSITION_TARGET: State "InsertInfoOrderMysql" is not reachable. (/States/InsertDataToMysql/Branches[0]/States/InsertInfoOrderMysql)`)
	})
	t.Run("parallel machine mended", func(t *testing.T) {
		mended := strings.Replace(withFunctions, "InsertLeadsMysql", "InsertInfoOrderMysql", 1)
		w.run(t, mended, `{"month": "2026-10"}`).mustGive(t, `[{"month":"2026-10","guid":"0f8e"},{"month":"2026-10","guid":"0f8e"}]`)
	})
}

// TestLanguageDocument runs document 004, which shows the language state by state.
func TestLanguageDocument(t *testing.T) {
	const document = "004_90b28aded84f9fea.txt"
	code := blocks(t, document, 11)
	const (
		structure = iota
		passInput
		passState
		passOutput
		activityState
		activity
		greeting
		worker
		choice
		choiceInput
		parallel
	)
	w := newWorkshop(t, `account: "123456789012"
functions:
  Foo: {command: [echo, '"Foo"']}
  Zero: {command: [echo, '"Zero"']}
  Bar: {command: [echo, '"Bar"']}
  AddressFinder: {command: [echo, '{"street": "St James Square"}']}
  PhoneFinder: {command: [echo, '{"phone": "7930"}']}
`)

	t.Run("structure with dots", func(t *testing.T) {
		w.mustRefuse(t, code[structure].text, "block.json:6:1: error INVALID_JSON_DESCRIPTION: "+
			"Unexpected character ('.' (code 46)): was expecting double-quote to start field name at [line: 6, column: 1]")
	})
	t.Run("Pass", func(t *testing.T) {
		w.run(t, machineOf(t, code[passState].text, "End"), code[passInput].text).mustGive(t, compact(t, code[passOutput].text))
	})
	t.Run("Choice", func(t *testing.T) {
		definition := machineOf(t, code[choice].text, "NextState")
		w.run(t, definition, code[choiceInput].text).mustGive(t, `"Bar"`)
		w.run(t, definition, `{"type": "Public"}`).mustGive(t, `"Foo"`)
		w.run(t, definition, `{"type": "Private", "value": 0}`).mustGive(t, `"Zero"`)
		w.run(t, definition, `{"type": "Private", "value": 30}`).mustFail(t, `{"status": "FAILED", "cause": "No Matches!"}`)
	})
	t.Run("Parallel", func(t *testing.T) {
		w.run(t, code[parallel].text, `{}`).mustGive(t, `[{"street":"St James Square"},{"phone":"7930"}]`)
	})
	t.Run("activities", func(t *testing.T) {
		server := servertest.StartBinary(t, w.binary, "--account", "123456789012")
		printed := strings.TrimSpace(code[activity].text)
		for _, arn := range []string{printed, activityARN.FindString(code[activityState].text)} {
			createActivity(t, server, arn)
		}
		// The worker is not told which activity to poll: it has the ARN of get-greeting in it.
		startWorker(t, server, w.write(t, "worker.py", mendWorker(t, code[worker].text)))
		start := func(definition string) *ending {
			return run(t, w.binary, "run", w.write(t, "workflow.asl.json", definition), "--json", "--endpoint", server.URL)
		}
		start(code[greeting].text).mustGive(t, `"Hello from Activity worker!"`)
		// The state of the other example is run with the activity that has a worker.
		definition := machineOf(t, code[activityState].text, "NextState")
		start(activityARN.ReplaceAllString(definition, printed)).mustGive(t, `"Hello from Activity worker!"`)
	})
	t.Run("activity without a worker", func(t *testing.T) {
		server := servertest.StartBinary(t, w.binary, "--account", "123456789012")
		createActivity(t, server, activityARN.FindString(code[activityState].text))
		definition := machineOf(t, code[activityState].text, "NextState")
		impatient := strings.NewReplacer("300", "2", "60", "1").Replace(definition)
		run(t, w.binary, "run", w.write(t, "workflow.asl.json", impatient), "--json", "--endpoint", server.URL).
			mustFail(t, `{"status": "FAILED", "error": "States.Timeout"}`)
	})
}

func createActivity(t *testing.T, server *servertest.Server, arn string) {
	t.Helper()
	name := arn[strings.LastIndexByte(arn, ':')+1:]
	out, err := server.Client().CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: &name})
	if err != nil || aws.ToString(out.ActivityArn) != arn {
		t.Fatalf("creating %s: %v, %v", arn, out, err)
	}
}

// compact prints JSON as Statelark prints what it built.
func compact(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// mendWorker gives the printed worker what the print has lost or leaves open: its indentation, a region,
// credentials and a name. The endpoint comes from AWS_ENDPOINT_URL.
func mendWorker(t *testing.T, program string) string {
	t.Helper()
	for placeholder, text := range map[string]string{
		"<REGION>": `"us-east-1"`, "<AWS_ACCESS_KEY_ID>": `"test"`, "<AWS_SECRET_ACCESS_KEY>": `"test"`, "<NAME>": `"worker"`,
	} {
		if !strings.Contains(program, placeholder) {
			t.Fatalf("the printed worker has no %s", placeholder)
		}
		program = strings.ReplaceAll(program, placeholder, text)
	}
	// Its blocks only ever open: a line that ends with a colon indents all that follow.
	var mended strings.Builder
	depth := 0
	for line := range strings.Lines(program + "\n") {
		mended.WriteString(strings.Repeat("    ", depth) + line)
		if strings.HasSuffix(strings.TrimSpace(line), ":") {
			depth++
		}
	}
	return mended.String()
}
