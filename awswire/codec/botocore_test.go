package codec

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// all has every operation compared with botocore, which takes a minute; else it is those of one service in twenty, and of
// services that are built in.
var all = flag.Bool("all", false, "compare the operations of all services with botocore, not of one in twenty")

// chosen are the services that are compared.
func chosen() []string {
	var names []string
	for i, name := range model.Names() {
		if *all || i%20 == 7 || model.Load(name).Constrained {
			names = append(names, name)
		}
	}
	return names
}

// oracle is botocore in a process of its own.
type oracle struct {
	in  io.Writer
	out *bufio.Reader
}

func newOracle(t *testing.T) *oracle {
	t.Helper()
	command := exec.Command("python3", "testdata/oracle.py")
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Skip("there is no Python: ", err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = command.Wait()
	})
	o := &oracle{in, bufio.NewReaderSize(out, 1<<20)}
	want := struct{ Version string }{}
	text, err := os.ReadFile("../model/make/PROVENANCE.json")
	if err != nil || json.Unmarshal(text, &want) != nil {
		t.Fatal(err)
	}
	var version string
	if failed := o.ask(t, map[string]any{"do": "version"}, &version); failed != "" || version != want.Version {
		if os.Getenv("STATELARK_REQUIRE_CLIENTS") != "" {
			t.Fatalf("botocore is %q, the table was made of %s", version, want.Version)
		}
		t.Skipf("botocore is %q, the table was made of %s", version, want.Version)
	}
	return o
}

// ask asks the oracle, and returns what went wrong there.
func (o *oracle) ask(t *testing.T, question map[string]any, answer any) (failed string) {
	t.Helper()
	line, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.in.Write(append(line, '\n')); err != nil {
		return err.Error()
	}
	line, err = o.out.ReadBytes('\n')
	if err != nil {
		return err.Error()
	}
	var got struct {
		OK     json.RawMessage
		Failed string
	}
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if got.Failed == "" {
		if err := json.Unmarshal(got.OK, answer); err != nil {
			t.Fatal(err)
		}
	}
	return got.Failed
}

// compared yields the operations to compare, each with its number.
func compared(t *testing.T, f func(s *model.Service, op *model.Operation)) {
	n := 0
	for _, name := range chosen() {
		s := model.Load(name)
		for _, op := range slices.SortedFunc(maps.Values(s.Operations), func(a, b *model.Operation) int { return strings.Compare(a.Name, b.Name) }) {
			if op.Input != nil && hasEvents(op.Input) || op.Output != nil && hasEvents(op.Output) {
				continue
			}
			n++
			f(s, op)
		}
	}
	t.Logf("%d operations were compared", n)
}

// TestBotocoreRequests makes a request of every operation, as botocore does.
func TestBotocoreRequests(t *testing.T) {
	o := newOracle(t)
	compared(t, func(s *model.Service, op *model.Operation) {
		in := value.EmptyObj
		if op.Input != nil {
			in = (&sampler{}).document(op.Input, nil, 4, false)
		}
		var want struct {
			Method, URL, Prefix string
			Headers             map[string]string
			Body                []byte
		}
		if failed := o.ask(t, map[string]any{"do": "write", "service": s.Name, "operation": op.Name, "protocol": s.Protocol,
			"input": json.RawMessage(in.Compact())}, &want); failed != "" {
			t.Errorf("%s.%s: botocore: %s", s.Name, op.Name, failed)
			return
		}
		r, err := NewRequest(t.Context(), s, op, "http://localhost:1", &awswire.Request{Input: in})
		if err != nil {
			t.Errorf("%s.%s: %v", s.Name, op.Name, err)
			return
		}
		prefix, err := HostPrefix(op, in)
		if err != nil || prefix != want.Prefix {
			t.Errorf("%s.%s: before the host %q (%v), want %q", s.Name, op.Name, prefix, err, want.Prefix)
		}
		wantURL, err := url.Parse(want.URL)
		if err != nil {
			t.Fatal(err)
		}
		if r.Method != want.Method || r.URL.EscapedPath() != wantURL.EscapedPath() || !sameQuery(r.URL.Query(), wantURL.Query()) {
			t.Errorf("%s.%s: %s %s, want %s %s", s.Name, op.Name, r.Method, r.URL, want.Method, want.URL)
		}
		compareFields(t, s, op, r.Header, want.Headers)
		var body []byte
		if r.Body != nil {
			if body, err = io.ReadAll(r.Body); err != nil {
				t.Fatal(err)
			}
		}
		if !sameBody(s.Protocol, body, want.Body) {
			t.Errorf("%s.%s: body\n%s\nwant\n%s", s.Name, op.Name, body, want.Body)
		}
	})
}

func sameQuery(a, b url.Values) bool {
	return maps.EqualFunc(a, b, func(a, b []string) bool {
		return slices.EqualFunc(a, b, func(a, b string) bool { return a == b || sameNumber(a, b) })
	})
}

// sameNumber reports whether two texts are one number: 1.5 and 1.50.
func sameNumber(a, b string) bool {
	x, err := value.Parse(a)
	if err != nil || x.Kind() != value.Number {
		return false
	}
	y, err := value.Parse(b)
	return err == nil && y.Kind() == value.Number && value.CompareNumbers(x, y) == 0
}

// compareFields compares headers, but for the checksums, which botocore adds elsewhere, and the type of XML, which it leaves open.
func compareFields(t *testing.T, s *model.Service, op *model.Operation, got http.Header, want map[string]string) {
	t.Helper()
	have := map[string]string{}
	for name, texts := range got {
		have[strings.ToLower(name)] = strings.Join(texts, ",")
	}
	lower := map[string]string{}
	for name, text := range want {
		lower[strings.ToLower(name)] = text
	}
	for _, fields := range []map[string]string{have, lower} {
		delete(fields, "content-md5")
		for _, algorithm := range []string{"crc32", "sha1", "sdk-checksum-algorithm"} {
			delete(fields, "x-amz-checksum-"+algorithm)
			delete(fields, "x-amz-"+algorithm)
		}
	}
	if m := payload(op.Input); lower["content-type"] == "" && (s.Protocol == model.RESTXML || m != nil && m.Shape.Kind != model.Structure) {
		delete(have, "content-type")
	}
	if !maps.EqualFunc(have, lower, sameField) {
		t.Errorf("%s.%s: header %q, want %q", s.Name, op.Name, have, lower)
	}
}

// sameField compares texts of fields. JSON in Base64 may have other escapes.
func sameField(a, b string) bool {
	x, err := base64.StdEncoding.DecodeString(a)
	y, err2 := base64.StdEncoding.DecodeString(b)
	return a == b || sameNumber(a, b) || err == nil && err2 == nil && sameBody(model.JSON, x, y)
}

func sameBody(p model.Protocol, got, want []byte) bool {
	switch {
	case bytes.Equal(got, want):
		return true
	case p == model.JSON || p == model.RESTJSON:
		a, err := value.Parse(string(got))
		b, err2 := value.Parse(string(want))
		return err == nil && err2 == nil && value.Equal(a, b)
	case p == model.Query || p == model.EC2:
		a, err := url.ParseQuery(string(got))
		b, err2 := url.ParseQuery(string(want))
		return err == nil && err2 == nil && sameQuery(a, b)
	case p == model.RESTXML:
		a, err := parseXML(bytes.NewReader(got), maxAsked)
		b, err2 := parseXML(bytes.NewReader(want), maxAsked)
		return err == nil && err2 == nil && sameElement(a, b)
	}
	return false
}

// sameElement compares elements. The order of members does not matter, that of elements of a list does.
func sameElement(a, b *element) bool {
	byName := func(a, b *element) int { return strings.Compare(a.name, b.name) }
	slices.SortStableFunc(a.kids, byName)
	slices.SortStableFunc(b.kids, byName)
	attrs := func(e *element) []string {
		var all []string
		for _, x := range e.attrs {
			all = append(all, x.Name.Space+" "+x.Name.Local+"="+x.Value)
		}
		return slices.Sorted(slices.Values(all))
	}
	return a.name == b.name && (strings.TrimSpace(a.text) == strings.TrimSpace(b.text) || sameNumber(a.text, b.text)) && slices.Equal(attrs(a), attrs(b)) && slices.EqualFunc(a.kids, b.kids, sameElement)
}

// TestBotocoreReplies has botocore read what the server writes.
func TestBotocoreReplies(t *testing.T) {
	o := newOracle(t)
	compared(t, func(s *model.Service, op *model.Operation) {
		out := value.EmptyObj
		if op.Output != nil {
			out = (&sampler{tame: true}).document(op.Output, nil, 4, true)
		}
		reply := &awswire.Reply{Output: out}
		if streamed(op.Output) != nil {
			reply.Body = io.NopCloser(strings.NewReader("stream"))
			reply.Length = 6
		}
		x := &Exchange{Service: s, Operation: op, Protocol: s.Protocol, RequestID: "1", plan: planOf(s), head: op.Method == http.MethodHead}
		w := httptest.NewRecorder()
		x.Write(w, reply)
		fields := map[string]string{}
		for name, texts := range w.Header() {
			fields[name] = strings.Join(texts, ",")
		}
		var got json.RawMessage
		if failed := o.ask(t, map[string]any{"do": "read", "service": s.Name, "operation": op.Name, "protocol": s.Protocol, "status": w.Code,
			"headers": fields, "body": base64.StdEncoding.EncodeToString(w.Body.Bytes())}, &got); failed != "" {
			t.Errorf("%s.%s: botocore: %s\n%d %v %s", s.Name, op.Name, failed, w.Code, w.Header(), w.Body)
			return
		}
		have := value.Checked(string(got))
		if s.Name == "s3" && op.Deprecated || s.Name == "dataexchange" && op.Name == "SendApiAsset" {
			return // it has one name for two members; it has all fields of the header
		}
		if w.Code == http.StatusNoContent && op.Output != nil || s.Name == "s3" && op.Name == "GetBucketLocation" {
			return // no body; botocore reads it elsewhere
		}
		if s.Protocol == model.RESTXML { // flattened lists that are empty are not there
			have, out = pruned(have, false, true), pruned(out, false, true)
		}
		if m := payload(op.Output); m != nil && m.Shape.Kind == model.Blob { // botocore streams all that are
			have, out = without(have, "ContentLength"), without(out, "ContentLength", m.Name)
		}
		if !value.Equal(have, out) {
			t.Errorf("%s.%s: %d %v %s\ngot  %s\nwant %s", s.Name, op.Name, w.Code, w.Header(), w.Body, have.Compact(), out.Compact())
		}
	})
}

func payload(s *model.Shape) *model.Member {
	if s == nil || s.Payload == "" {
		return nil
	}
	return s.Member(s.Payload)
}

// TestBotocoreEndpoints asks where services are, in every region.
func TestBotocoreEndpoints(t *testing.T) {
	o := newOracle(t)
	var want [][4]string
	if failed := o.ask(t, map[string]any{"do": "endpoints", "services": chosen()}, &want); failed != "" {
		t.Fatal(failed)
	}
	for _, w := range want {
		if host, signing := model.Endpoint(w[0], w[1]); host != w[2] || signing != w[3] {
			t.Errorf("%s in %s is at %s, signed for %s; want %s, %s", w[0], w[1], host, signing, w[2], w[3])
		}
	}
	if len(want) < 40*len(chosen()) {
		t.Errorf("%d endpoints", len(want))
	}
}
