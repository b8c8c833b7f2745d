package function

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/statelark/statelark/value"

	"github.com/statelark/statelark/local/process"
)

// stderrShown is how much of a failed command's standard error its message repeats, in bytes.
const stderrShown = 2 << 10

// commandRunner starts a program for each invocation: the event on standard input, the result on standard
// output, an exit status other than 0 for a failure. A program that fails may print its own error payload,
// an object with errorType.
type commandRunner struct {
	f   *Function
	env *environment
	// stream is the name of the log's stream: one for all processes.
	stream string
}

func (r *commandRunner) close() {}

func (r *commandRunner) run(ctx context.Context, inv *Invocation) (*Result, error) {
	stdout, err := process.NewOutput(MaxResponse+1, false, nil)
	if err != nil {
		return nil, err
	}
	lines := &stream{env: r.env, f: r.f, place: inv.place, name: r.stream}
	stderr, err := process.NewOutput(LogTail, true, lines.printed())
	if err != nil {
		stdout.Started(false)
		return nil, err
	}
	lines.begin(inv)
	begin := time.Now()
	p, err := r.start(inv, stdout, stderr)
	if err != nil {
		return failed(typeEntrypoint, "RequestId: %s Error: %v", inv.RequestID, err), nil
	}
	limit, cancel := context.WithTimeout(ctx, r.f.Timeout)
	defer cancel()
	select {
	case <-p.Gone:
	case <-limit.Done():
		p.Kill()
		<-p.Gone
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		res := timedOut(inv, r.f.Timeout)
		lines.end(inv, time.Since(begin), res)
		return res, nil
	}
	log, _ := stderr.Text()
	res := r.result(inv, p, stdout, log)
	lines.end(inv, time.Since(begin), res)
	if inv.WantLog {
		res.Log = log
	}
	return res, nil
}

func (r *commandRunner) start(inv *Invocation, stdout, stderr *process.Output) (*process.Process, error) {
	in, feedEnd, err := os.Pipe()
	if err != nil {
		stdout.Started(false)
		stderr.Started(false)
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	defer func() { _ = in.Close() }()
	argv := r.f.Code.Command
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = r.f.Code.Dir
	cmd.Stdin = in
	cmd.Env = append(r.env.vars(r.f, inv.place, r.stream), "AWS_LAMBDA_REQUEST_ID="+inv.RequestID, "AWS_LAMBDA_FUNCTION_ARN="+inv.arn)
	p, err := r.env.launcher.Start(cmd, stdout, stderr)
	if err != nil {
		_ = feedEnd.Close()
		return nil, err
	}
	go process.Feed(feedEnd, inv.Payload, p.Gone)
	return p, nil
}

// result reads the answer of a command that is gone.
func (r *commandRunner) result(inv *Invocation, p *process.Process, stdout *process.Output, stderr []byte) *Result {
	printed, total := stdout.Text()
	answer, parseErr := value.ParseBytes(printed)
	switch {
	case p.State == nil || !p.State.Success():
		if parseErr == nil && hasErrorType(answer) {
			return &Result{Payload: []byte(answer.Compact()), FunctionError: unhandled}
		}
		return failed(typeExit, "RequestId: %s Error: %s exited with %s%s", inv.RequestID, r.f.Code.Command[0], p.ExitText(), shown(stderr))
	case total > MaxResponse:
		return tooLarge()
	case len(strings.TrimSpace(string(printed))) == 0:
		return &Result{Payload: []byte("null")}
	case parseErr != nil:
		return failed(typeMarshal, "RequestId: %s Error: %s printed something that is not JSON: %v; it starts with %s",
			inv.RequestID, r.f.Code.Command[0], parseErr, quoteStart(printed))
	}
	return &Result{Payload: []byte(strings.TrimSpace(string(printed)))}
}

func hasErrorType(v value.Value) bool {
	t, ok := v.Get("errorType")
	return ok && t.Kind() == value.String && t.Str() != ""
}

// shown is the part of a message that repeats the end of stderr.
func shown(stderr []byte) string {
	text := strings.TrimSpace(string(stderr[max(0, len(stderr)-stderrShown):]))
	if text == "" {
		return ""
	}
	return ": " + strings.ToValidUTF8(text, "\uFFFD")
}

// quoteStart quotes the beginning of what a program printed.
func quoteStart(printed []byte) string {
	const most = 80
	text := strings.ToValidUTF8(string(printed[:min(len(printed), most)]), "\uFFFD")
	quoted, err := json.Marshal(text)
	if err != nil { // a string always marshals
		panic(err)
	}
	return string(quoted)
}
