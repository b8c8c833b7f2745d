package codec

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// everyOperation runs f for each operation of the table, each service as a test of its own.
func everyOperation(t *testing.T, f func(t *testing.T, s *model.Service, op *model.Operation)) {
	for _, name := range model.Names() {
		if testing.Short() && len(name)%5 != 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := model.Load(name)
			for _, op := range s.Operations {
				f(t, s, op)
			}
		})
	}
}

// received returns a request as a server gets it.
func received(t *testing.T, r *http.Request) *http.Request {
	t.Helper()
	var raw bytes.Buffer
	if err := r.Write(&raw); err != nil {
		t.Fatal(err)
	}
	got := httptest.NewRequestWithContext(context.Background(), r.Method, r.URL.RequestURI(), nil)
	body := []byte(nil)
	if r.Body != nil {
		again, err := r.GetBody()
		if err != nil {
			t.Fatal(err)
		}
		if body, err = io.ReadAll(again); err != nil {
			t.Fatal(err)
		}
	}
	got.Header, got.Body, got.ContentLength = http.Header{}, io.NopCloser(bytes.NewReader(body)), int64(len(body))
	for name, texts := range r.Header {
		for _, text := range texts {
			got.Header.Add(name, text)
		}
	}
	return got
}

// twins are operations whose requests look like those of others: deprecated ones, and one of another endpoint.
var twins = []string{"GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle", "PutBucketNotification", "ListDirectoryBuckets"}

// TestRequests has the server read what the client writes, for every operation: the same operation and the same document.
func TestRequests(t *testing.T) {
	everyOperation(t, func(t *testing.T, s *model.Service, op *model.Operation) {
		in := value.EmptyObj
		g := &sampler{}
		if op.Input != nil {
			if hasEvents(op.Input) {
				return
			}
			in = g.document(op.Input, nil, 4, false)
		}
		if op.Output != nil && hasEvents(op.Output) {
			return
		}
		switch s.Protocol {
		case model.Query:
			in = pruned(in, true, false)
		case model.EC2:
			in = pruned(in, true, true)
		case model.RESTXML:
			in = pruned(in, false, true)
		}
		request := &awswire.Request{Service: s.Name, Operation: op.Name, Input: in}
		if streamed(op.Input) != nil {
			request.Body, request.Length = strings.NewReader("stream"), 6
			in = without(in, "ContentLength")
		}
		if s.Name == "s3" { // what bodies are held against
			in = without(in, "ContentMD5", "ChecksumSHA512", "ChecksumMD5", "ChecksumXXHASH64", "ChecksumXXHASH3", "ChecksumXXHASH128",
				"ChecksumAlgorithm", "ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1", "ChecksumSHA256",
				"ContentEncoding")
		}
		request.Input = in
		r, err := NewRequest(t.Context(), s, op, "http://localhost:1/", request)
		if err != nil {
			t.Errorf("%s: %v", op.Name, err)
			return
		}
		x, got, err := Read(s, received(t, r), Options{MaxBody: 1 << 24, MaxStream: 1 << 24})
		switch {
		case err != nil:
			t.Errorf("%s: %s %s %s: %v", op.Name, r.Method, r.URL, r.Header, err)
			return
		case x.Operation != op:
			if s.Name != "s3" || !slices.Contains(twins, op.Name) {
				t.Errorf("%s: %s %s is taken for %s", op.Name, r.Method, r.URL, x.Operation.Name)
			}
			return
		}
		if got.Body != nil {
			body, err := io.ReadAll(got.Body)
			if string(body) != "stream" || err != nil {
				t.Errorf("%s: body %q, %v", op.Name, body, err)
			}
		}
		have := got.Input
		if s.Name == "s3" {
			have = without(have, "ContentMD5", "ChecksumAlgorithm", "ChecksumCRC32", "ContentLength")
		}
		if !value.Equal(have, in) {
			t.Errorf("%s: %s %s\ngot  %s\nwant %s", op.Name, r.Method, r.URL, have.Compact(), in.Compact())
		}
	})
}

// TestReplies has the client read what the server writes, for every operation.
func TestReplies(t *testing.T) {
	everyOperation(t, func(t *testing.T, s *model.Service, op *model.Operation) {
		out := value.EmptyObj
		if op.Output != nil {
			if hasEvents(op.Output) {
				return
			}
			out = (&sampler{tame: true}).document(op.Output, nil, 4, true)
		}
		if s.Protocol == model.RESTXML {
			out = pruned(out, false, true)
		}
		reply := &awswire.Reply{Output: out}
		if streamed(op.Output) != nil {
			reply.Body, reply.Length = io.NopCloser(strings.NewReader("stream")), 6
			out = without(out, "ContentLength")
			reply.Output = out
		}
		if op.Method == http.MethodHead || s.Name == "s3" && op.Deprecated || s.Name == "dataexchange" && op.Name == "SendApiAsset" {
			return // it has no body; it has one name for two members; it has all fields of the header
		}
		x := &Exchange{Service: s, Operation: op, Protocol: s.Protocol, RequestID: "1", plan: planOf(s)}
		w := httptest.NewRecorder()
		x.Write(w, reply)
		answer := w.Result()
		for name, texts := range answer.Header { // as it arrives
			delete(answer.Header, name)
			answer.Header[http.CanonicalHeaderKey(name)] = texts
		}
		got, err := ReadReply(s, op, answer)
		if err != nil {
			t.Errorf("%s: %v\n%s", op.Name, err, w.Body)
			return
		}
		have := got.Output
		if streamed(op.Output) != nil {
			have = without(have, "ContentLength")
		}
		if w.Code == http.StatusNoContent && op.Output != nil { // no body: what is in it is lost
			return
		}
		if !value.Equal(have, out) {
			t.Errorf("%s: %d %v %s\ngot  %s\nwant %s", op.Name, w.Code, w.Header(), w.Body, have.Compact(), out.Compact())
		}
	})
}
