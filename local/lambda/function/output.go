package function

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/statelark/statelark/arn"
)

// Line is one of the log of a function: what the function printed, or what Lambda tells of its invocations. It ends with \n.
type Line struct {
	Place  arn.Place
	Group  string // of CloudWatch Logs
	Stream string
	Time   time.Time
	Text   string
}

// stream is where a sandbox's lines go.
type stream struct {
	env   *environment
	f     *Function
	place arn.Place
	name  string
}

// newStream names a stream as Lambda does: by the day, the version and the sandbox.
func newStream(env *environment, f *Function, at arn.Place) *stream {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return &stream{env: env, f: f, place: at, name: time.Now().UTC().Format("2006/01/02/") + "[" + f.Version + "]" + hex.EncodeToString(id[:])}
}

// logGroup is where the lines of a function go.
func (f *Function) logGroup() string { return cmp.Or(f.Logging.Group, "/aws/lambda/"+f.Name) }

// tell hands a line on.
func (s *stream) tell(text string) {
	if out := s.env.output; out != nil {
		out(Line{s.place, s.f.logGroup(), s.name, time.Now(), text + "\n"})
	}
}

// longestShown is how much of a line the log of the server shows, in bytes.
const longestShown = 4 << 10

// printed returns what a function's printed lines go to, nil when nobody reads them.
func (s *stream) printed() func(string) {
	shown := s.env.log.Enabled(context.Background(), slog.LevelDebug)
	switch {
	case !shown && s.env.output == nil:
		return nil
	case !shown:
		return s.tell
	}
	log := s.env.log.With("function", s.f.Name, "version", s.f.Version)
	return func(line string) {
		log.Debug("function output", "line", line[:min(len(line), longestShown)])
		s.tell(line)
	}
}

// begin tells of an invocation that begins.
func (s *stream) begin(inv *Invocation) {
	if s.env.output != nil {
		s.tell(startLine(inv, s.f.Version))
	}
}

// end tells of an invocation that is over; why is what it came to outside the function's own code, nil: nothing.
func (s *stream) end(inv *Invocation, took time.Duration, why *Result) {
	if s.env.output == nil {
		return
	}
	if why != nil && why.cause != "" {
		s.tell(why.cause)
	}
	s.tell("END RequestId: " + inv.RequestID)
	s.tell(reportLine(inv, took, s.f.MemoryMB))
}

func startLine(inv *Invocation, version string) string {
	return "START RequestId: " + inv.RequestID + " Version: " + version
}

func reportLine(inv *Invocation, took time.Duration, memoryMB int) string {
	ms := float64(took.Microseconds()) / 1000
	return fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms\tMemory Size: %d MB", inv.RequestID, ms, math.Ceil(ms), memoryMB)
}
