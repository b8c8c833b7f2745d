package telemetry

import (
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/engine"
	"github.com/statelark/statelark/history"
	"github.com/statelark/statelark/value"
)

// StatusChanges tells when executions of standard state machines start, are redriven and end, as the events that AWS sends to
// EventBridge.
type StatusChanges struct {
	outlets []*Outlet
	bus     *Outlet
	heard   func(arn.Place) bool
	buffer  []byte
	short   []byte
}

// NewStatusChanges returns a reader that tells outlets.
func NewStatusChanges(outlets ...*Outlet) *StatusChanges { return &StatusChanges{outlets: outlets} }

// Bus has changes told to one more outlet, those in places where heard says that anybody listens. It is called before the first Read.
func (s *StatusChanges) Bus(to *Outlet, heard func(arn.Place) bool) { s.bus, s.heard = to, heard }

// maxChange is how many bytes of an event its payloads may take, escaped: AWS leaves them out where it would pass 248 KB.
const maxChange = 248 << 10

// Read tells of the changes of status in a change.
func (s *StatusChanges) Read(n *engine.News) {
	if n.Machine.Type == statelark.Express {
		return
	}
	for i := range n.Events {
		switch e := &n.Events[i]; e.Type {
		case history.ExecutionStarted:
			s.tell(n, e, statelark.Running)
		case history.ExecutionRedriven:
			s.tell(n, e, statelark.Running)
		case history.ExecutionSucceeded:
			s.tell(n, e, statelark.Succeeded)
		case history.ExecutionFailed:
			s.tell(n, e, statelark.Failed)
		case history.ExecutionTimedOut:
			s.tell(n, e, statelark.TimedOut)
		case history.ExecutionAborted:
			s.tell(n, e, statelark.Aborted)
		}
	}
}

func (s *StatusChanges) tell(n *engine.News, e *history.Event, status statelark.Status) {
	outlets := s.outlets
	if machine, ok := arn.Parse(n.Execution.Machine); s.bus != nil && ok && s.heard(arn.Place{Region: machine.Region, Account: machine.Account}) {
		outlets = append(outlets[:len(outlets):len(outlets)], s.bus)
	}
	if len(outlets) == 0 {
		return
	}
	s.buffer = appendChange(s.buffer[:0], n, e, status, n.Cut)
	short := func(int) []byte {
		s.short = appendChange(s.short[:0], n, e, status, true)
		return s.short
	}
	for _, o := range outlets {
		o.Put(short, Entry{Line: s.buffer, At: e.At})
	}
	if cap(s.buffer) > keepBuffer {
		s.buffer = nil
	}
}

// appendChange appends an event as EventBridge delivers it; cut: without payloads, and no more of error and cause than AWS
// takes.
func appendChange(dst []byte, n *engine.News, e *history.Event, status statelark.Status, cut bool) []byte {
	machine, _ := arn.Parse(n.Execution.Machine)
	dst = append(dst, `{"version":"0","id":"`...)
	dst = append(dst, changeID(n.Execution, e).String()...)
	dst = append(dst, `","detail-type":"Step Functions Execution Status Change","source":"aws.states","account":`...)
	dst = value.AppendQuoted(dst, machine.Account)
	dst = append(dst, `,"time":"`...)
	dst = time.UnixMilli(e.At).UTC().AppendFormat(dst, time.RFC3339)
	dst = append(dst, `","region":`...)
	dst = value.AppendQuoted(dst, machine.Region)
	dst = append(dst, `,"resources":[`...)
	dst = value.AppendQuoted(dst, n.Execution.ARN())
	dst = append(dst, `],"detail":`...)
	dst = appendDetail(dst, n, e, status, cut)
	return append(dst, '}')
}

// changeID is the id of the event: the same however often it is told.
func changeID(x *statelark.Execution, e *history.Event) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, strconv.AppendInt(append(append([]byte(nil), x.ARN()...), '/'), e.ID, 10))
}

// appendDetail appends the detail of an event. Its dates are numbers in milliseconds, that of a redrive as well: the
// documentation shows that one as a string, what was measured is a number.
func appendDetail(dst []byte, n *engine.News, e *history.Event, status statelark.Status, cut bool) []byte {
	x := n.Execution
	dst = append(dst, `{"executionArn":`...)
	dst = value.AppendQuoted(dst, x.ARN())
	dst = appendText(dst, "stateMachineArn", x.Machine)
	dst = appendText(dst, "stateMachineVersionArn", x.Version)
	dst = appendText(dst, "stateMachineAliasArn", x.Alias)
	dst = appendText(dst, "name", x.Name)
	dst = appendText(dst, "status", status.String())
	dst = appendNumber(dst, "startDate", x.Start.UnixMilli())
	if status == statelark.Running {
		dst = append(dst, `,"stopDate":null`...)
	} else {
		dst = appendNumber(dst, "stopDate", e.At)
	}
	output := ""
	if status == statelark.Succeeded {
		output = e.Data
	}
	dst = appendPayloads(dst, n.Input, output, cut)
	failure, cause := e.Error, e.Cause
	if cut {
		failure, cause = history.CutText(failure, history.MaxError), history.CutText(cause, history.MaxCause)
	}
	dst = appendMaybe(dst, "error", failure)
	dst = appendMaybe(dst, "cause", cause)
	return append(appendRedrive(dst, x, status), '}')
}

// appendRedrive appends what an event says of redrives. What the time alone forbids is not foreseen.
func appendRedrive(dst []byte, x *statelark.Execution, status statelark.Status) []byte {
	dst = appendNumber(dst, "redriveCount", x.Redrives)
	if x.Redriven.IsZero() {
		dst = appendMaybe(dst, "redriveDate", nil)
	} else {
		dst = appendNumber(dst, "redriveDate", x.Redriven.UnixMilli())
	}
	if status == statelark.Running || status == statelark.Succeeded {
		dst = appendText(dst, "redriveStatus", "NOT_REDRIVABLE")
		return appendText(dst, "redriveStatusReason", "Execution is "+status.String()+" and cannot be redriven")
	}
	dst = appendText(dst, "redriveStatus", "REDRIVABLE")
	return appendMaybe(dst, "redriveStatusReason", nil)
}

// appendPayloads appends input and output, or that they are not included where they are too large or cut. An output "" is
// none.
func appendPayloads(dst []byte, input, output string, cut bool) []byte {
	before := len(dst)
	if !cut {
		dst = appendPayload(dst, "input", input)
		dst = appendPayload(dst, "output", output)
		if len(dst)-before <= maxChange {
			return dst
		}
	}
	dst = append(dst[:before], `,"input":null,"inputDetails":{"included":false},"output":null,"outputDetails":`...)
	if output == "" {
		return append(dst, `null`...)
	}
	return append(dst, `{"included":false}`...)
}

func appendPayload(dst []byte, name, text string) []byte {
	dst = append(append(dst, `,"`...), name...)
	if text == "" {
		dst = append(append(dst, `":null,"`...), name...)
		return append(dst, `Details":null`...)
	}
	dst = value.AppendQuoted(append(dst, `":`...), text)
	dst = append(append(dst, `,"`...), name...)
	return append(dst, `Details":{"included":true}`...)
}

// appendText appends a member, null for "".
func appendText(dst []byte, name, text string) []byte {
	if text == "" {
		return appendMaybe(dst, name, nil)
	}
	return appendMaybe(dst, name, &text)
}

func appendMaybe(dst []byte, name string, text *string) []byte {
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	if text == nil {
		return append(dst, `null`...)
	}
	return value.AppendQuoted(dst, *text)
}

func appendNumber(dst []byte, name string, n int64) []byte {
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return strconv.AppendInt(dst, n, 10)
}
