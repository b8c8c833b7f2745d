package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
)

// Times of a stream.
const (
	pingEvery   = 15 * time.Second
	writeWithin = 10 * time.Second // a browser that does not read for so long is let go
)

// serveStream answers GET /api/stream with events for as long as the browser listens.
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request) {
	person, err := s.begin(r, Viewer)
	var topics []string
	if err == nil {
		topics, err = topicsOf(r.URL.Query().Get("topics"))
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	hub := s.opts.Hub
	last, fresh := r.Header.Get("Last-Event-ID"), []string(nil)
	if last == "" { // else the browser itself connects again, with the address of the first time
		last, fresh = r.URL.Query().Get("after"), strings.Split(r.URL.Query().Get("new"), ",")
	}
	seen, _ := strconv.ParseInt(last, 10, 64)
	in, resync, err := hub.open(topics, fresh, seen)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer hub.leave(in)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies pass it on at once
	out := &sse{w: w, control: http.NewResponseController(w)}
	out.text = append(out.text, "retry: 1000\n"...)
	out.message(in.last, "hello", []byte("{}"))
	if resync {
		out.resync(in.last, "the stream was away for too long")
	}
	s.feed(out, r, in, !person.Payloads)
}

// feed writes messages until the browser or the server leaves. bare: they are for who may not see payloads.
func (s *Server) feed(out *sse, r *http.Request, in *stream, bare bool) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for out.flush() {
		select {
		case <-r.Context().Done():
			return
		case <-s.opts.Hub.closing:
			return
		case <-ping.C:
			if _, err := s.opts.Auth.Who(r); err != nil { // who was let in may not be any more
				return
			}
			out.text = append(out.text, ": ping\n\n"...)
		case <-in.wake:
			list, whole := s.opts.Hub.take(in)
			if !whole {
				out.resync(in.last, "the browser is too slow")
			}
			for _, m := range list {
				if bare && m.bare != nil {
					m.data = m.bare
				}
				out.message(m.id, m.name, m.data)
			}
		}
	}
}

// topicsOf reads the parameter topics.
func topicsOf(text string) ([]string, error) {
	var topics []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		of, isExecution := strings.CutPrefix(name, executionMark)
		_, isARN := arn.Parse(of)
		switch {
		case name == "":
		case name == overviewTopic, name == listTopic, isExecution && isARN && len(of) <= maxARN:
			if !slices.Contains(topics, name) {
				topics = append(topics, name)
			}
		default:
			return nil, &statelark.Error{Code: codeValidation, Message: "There is no topic " + strconv.Quote(name) + "; there are overview, list, and x: before the ARN of an execution."}
		}
	}
	if len(topics) == 0 || len(topics) > maxTopics {
		return nil, &statelark.Error{Code: codeValidation, Message: "The parameter topics names 1 to " + strconv.Itoa(maxTopics) + " topics, with commas between them."}
	}
	return topics, nil
}

// maxARN bounds an ARN, in bytes.
const maxARN = 2048

// sse writes server-sent events.
type sse struct {
	w       http.ResponseWriter
	control *http.ResponseController
	text    []byte // to be written
}

func (o *sse) message(id int64, name string, data []byte) {
	o.text = append(strconv.AppendInt(append(o.text, "id: "...), id, 10), "\nevent: "...)
	o.text = append(append(append(o.text, name...), "\ndata: "...), data...) // JSON of ours has no line breaks
	o.text = append(o.text, "\n\n"...)
}

func (o *sse) resync(id int64, reason string) {
	data, _ := json.Marshal(Resync{Reason: reason}) // a text
	o.message(id, "resync", data)
}

// flush sends what was written; false: the browser does not take it.
func (o *sse) flush() bool {
	if len(o.text) == 0 {
		return true
	}
	_ = o.control.SetWriteDeadline(time.Now().Add(writeWithin)) // a connection without deadlines is none of ours
	_, err := o.w.Write(o.text)
	if err == nil {
		err = o.control.Flush()
	}
	o.text = o.text[:0]
	if cap(o.text) > maxTaken {
		o.text = nil
	}
	return err == nil
}
