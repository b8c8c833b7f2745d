package function

import (
	"context"
	"os/exec"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local/process"
)

// sandbox is one process of a runtime, warm between invocations, with its side of the Runtime API. It has one
// invocation at a time. It is no barrier: the function's code runs as the server's user.
type sandbox struct {
	f      *Function
	place  arn.Place // whose environment it has
	api    *runtimeAPI
	proc   *process.Process
	output *process.Output
	stream *stream
	source source // the state of the code that it has loaded

	reaper *time.Timer // closes the sandbox that idles; guarded by the pool's lock
}

// openSandbox starts the process of a runtime, for a place. It does not wait for the runtime to be ready.
func openSandbox(env *environment, f *Function, at arn.Place, now source) (*sandbox, error) {
	api, err := newRuntimeAPI()
	if err != nil {
		return nil, err
	}
	s := &sandbox{f: f, place: at, api: api, source: now, stream: newStream(env, f, at)}
	if err := s.start(env); err != nil {
		api.close()
		return nil, err
	}
	return s, nil
}

func (s *sandbox) start(env *environment) error {
	argv, err := env.runtimes.command(s.f)
	if err != nil {
		return err
	}
	s.output, err = process.NewOutput(LogTail, true, s.stream.printed())
	if err != nil {
		return err
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = s.f.Code.Dir
	cmd.Env = append(env.vars(s.f, s.place, s.stream.name), "AWS_LAMBDA_RUNTIME_API="+s.api.endpoint)
	s.proc, err = env.launcher.Start(cmd, s.output, nil)
	return err
}

// invoke carries out one invocation. When it returns an error, or a result with dead set, the sandbox is of no
// more use.
func (s *sandbox) invoke(ctx context.Context, inv *Invocation, initLimit time.Duration) (res *Result, dead bool, err error) {
	if res, err := s.await(ctx, inv, initLimit); res != nil || err != nil {
		if res != nil {
			s.stream.begin(inv)
			s.stream.end(inv, 0, res)
		}
		return res, true, err
	}
	s.output.Reset()
	d := newDelivery(inv, s.f.Timeout)
	s.stream.begin(inv)
	begin := time.Now()
	if err := s.api.hand(ctx, d, s.proc.Exited); err != nil {
		return nil, true, err
	}
	timer := time.NewTimer(s.f.Timeout)
	defer timer.Stop()
	select {
	case res = <-d.answer:
	case <-s.proc.Gone:
		res, dead = s.lastAnswer(d, inv), true
	case <-timer.C:
		res, dead = timedOut(inv, s.f.Timeout), true
	case <-ctx.Done():
		return nil, true, ctx.Err()
	}
	if inv.WantLog || s.stream.env.output != nil {
		s.output.Flush()
	}
	s.stream.end(inv, time.Since(begin), res)
	if inv.WantLog {
		res.Log, _ = s.output.Text()
	}
	return res, dead, nil
}

// await waits until the runtime asks for work. A runtime that never does is the invocation's failure.
func (s *sandbox) await(ctx context.Context, inv *Invocation, limit time.Duration) (*Result, error) {
	select {
	case <-s.api.ready: // the common case, without a timer
		return nil, nil
	default:
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-s.api.ready:
		return nil, nil
	case <-s.api.initFailed:
		return &Result{Payload: s.api.initError, FunctionError: unhandled}, nil
	case <-s.proc.Gone:
		select {
		case <-s.api.initFailed:
			return &Result{Payload: s.api.initError, FunctionError: unhandled}, nil
		default:
			return s.exited(inv), nil
		}
	case <-timer.C:
		return timedOut(inv, limit), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lastAnswer is the result of a runtime that is gone: it may have answered before it went.
func (s *sandbox) lastAnswer(d *delivery, inv *Invocation) *Result {
	select {
	case res := <-d.answer:
		return res
	default:
		return s.exited(inv)
	}
}

func (s *sandbox) exited(inv *Invocation) *Result {
	if s.proc.State != nil && s.proc.State.Success() {
		return failed(typeExit, "RequestId: %s Error: Runtime exited without providing a reason", inv.RequestID)
	}
	return failed(typeExit, "RequestId: %s Error: Runtime exited with error: %s", inv.RequestID, s.proc.ExitText())
}

// alive reports whether the process still runs.
func (s *sandbox) alive() bool {
	select {
	case <-s.proc.Exited:
		return false
	default:
		return true
	}
}

// close kills the process with all it started and returns when nothing is left.
func (s *sandbox) close() {
	s.proc.Kill()
	<-s.proc.Gone
	s.api.close()
}

// TraceID makes the X-Ray header of an invocation; there is no X-Ray, but code reads it.
func TraceID(requestID string) string {
	var hex [32]byte
	n := 0
	for i := 0; i < len(requestID) && n < len(hex); i++ {
		if requestID[i] != '-' {
			hex[n] = requestID[i]
			n++
		}
	}
	for ; n < len(hex); n++ {
		hex[n] = '0'
	}
	return "Root=1-" + string(hex[:8]) + "-" + string(hex[8:]) + ";Parent=" + string(hex[16:]) + ";Sampled=0"
}
