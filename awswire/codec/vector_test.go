package codec

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// The vectors are Smithy's own protocol tests (see ../model/make/vectors.py).

const (
	compressed = "bodies are not compressed"
	unsaid     = "botocore's form of the model does not say what it takes; botocore leaves it out as well"
	nulls      = "documents have no nulls; a caller leaves them out"
)

// apart are the cases that we do not do as the vectors have it, and why.
var apart = map[string]string{
	"SDKAppliedContentEncoding_ec2Query":                      compressed,
	"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query":   compressed,
	"SDKAppendedGzipAfterProvidedEncoding_ec2Query":           compressed,
	"SDKAppliedContentEncoding_awsJson1_1":                    compressed,
	"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1": compressed,
	"SDKAppendedGzipAfterProvidedEncoding_awsJson1_1":         compressed,
	"SDKAppliedContentEncoding_awsJson1_0":                    compressed,
	"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0": compressed,
	"SDKAppendedGzipAfterProvidedEncoding_awsJson1_0":         compressed,
	"SDKAppliedContentEncoding_awsQuery":                      compressed,
	"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery":   compressed,
	"SDKAppendedGzipAfterProvidedEncoding_awsQuery":           compressed,
	"SDKAppliedContentEncoding_restJson1":                     compressed,
	"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_restJson1":  compressed,
	"SDKAppendedGzipAfterProvidedEncoding_restJson1":          compressed,
	"SDKAppliedContentEncoding_restXml":                       compressed,
	"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_restXml":    compressed,
	"SDKAppendedGzipAfterProvidedEncoding_restXml":            compressed,
	"QueryFlattenedListArgWithXmlName":                        unsaid,
	"RestJsonHttpPayloadWithUnsetUnion":                       unsaid,
	"MediaTypeHeaderInputBase64":                              unsaid,
	"BodyWithXmlName":                                         unsaid,
	"RestXmlHttpPayloadWithUnion":                             unsaid,
	"HttpPayloadWithXmlName":                                  unsaid,
	"HttpPayloadWithXmlNamespace":                             unsaid,
	"HttpPayloadWithXmlNamespaceAndPrefix":                    unsaid,
	"XmlAttributesOnPayload":                                  unsaid,
	"Ec2ComplexError":                                         unsaid, "ComplexError": unsaid, "MediaTypeHeaderOutputBase64": unsaid,
	"HttpPrefixHeadersAreNotPresent": "a map without a key is not there", "IgnoreQueryParamsInResponse": "no answer has a query",
	"RestJsonDeserializesDenseSetMapAndSkipsNull": "nulls in maps are kept, which some services mean",
	"AwsJson11StructuresDontSerializeNullValues":  nulls,
}

// c2j is a model as botocore writes them.
type c2j struct {
	Side, File string
	Metadata   struct {
		Protocol, APIVersion, JSONVersion, TargetPrefix, ServiceID, XMLNamespace string
		AWSQueryCompatible                                                       *struct{}
	}
	ClientEndpoint string
	Shapes         map[string]*c2jShape
	Cases          []c2jCase
}

type c2jShape struct {
	Type               string
	Members            map[string]*c2jRef
	Member, Key, Value *c2jRef
	Required           []string
	Payload            string
	Error              *struct {
		Code           string
		HTTPStatusCode int
	}
	Exception, Fault bool
	c2jTraits
}

type c2jRef struct {
	Shape         string
	Location      string
	QueryName     string
	ResultWrapper string
	XMLAttribute  bool
	IDToken       bool `json:"idempotencyToken"`
	HostLabel     bool
	JSONValue     bool
	c2jTraits
}

// c2jTraits are what both a shape and its use may say.
type c2jTraits struct {
	LocationName                                string
	TimestampFormat                             string
	Flattened, Streaming, EventStream, Document bool
	XMLNamespace                                json.RawMessage
}

type c2jCase struct {
	ID, Description string
	Given           struct {
		Name string
		HTTP struct {
			Method, RequestURI string
			ResponseCode       int
		}
		Input, Output *c2jRef
		Errors        []c2jRef
		Endpoint      struct{ HostPrefix string }
		Checksum      bool `json:"httpChecksumRequired"`
	}
	Params     json.RawMessage
	Serialized struct {
		Method, URI, Host             string
		Headers                       map[string]string
		Body                          *string
		RequireHeaders, ForbidHeaders []string
	}
	Response struct {
		StatusCode int `json:"status_code"`
		Headers    map[string]string
		Body       string
	}
	Result, Error           json.RawMessage
	ErrorCode, ErrorMessage string
}

// loader makes a model of one in JSON.
type loader struct {
	c2j  *c2j
	made map[string]*model.Shape
}

func (l *loader) service(c *c2jCase) (*model.Service, *model.Operation) {
	m := &l.c2j.Metadata
	s := &model.Service{
		Name: "vectors", ID: m.ServiceID, TargetPrefix: m.TargetPrefix, JSONVersion: m.JSONVersion, Version: m.APIVersion, Namespace: m.XMLNamespace,
		Protocol: map[string]model.Protocol{"json": model.JSON, "rest-json": model.RESTJSON, "rest-xml": model.RESTXML, "query": model.Query,
			"ec2": model.EC2, "smithy-rpc-v2-cbor": model.CBOR}[m.Protocol],
		QueryErrors: m.AWSQueryCompatible != nil,
	}
	g := &c.Given
	op := &model.Operation{Name: g.Name, Method: g.HTTP.Method, Path: g.HTTP.RequestURI, Status: 200, HostPrefix: g.Endpoint.HostPrefix, Checksum: g.Checksum}
	if g.Input != nil {
		op.Input = l.root(g.Input)
	}
	if g.Output != nil {
		op.Output = l.root(g.Output)
		if op.ResultWrapper = g.Output.ResultWrapper; op.ResultWrapper == "" {
			op.ResultWrapper = g.Name + "Result"
		}
	}
	for _, e := range g.Errors {
		op.Errors = append(op.Errors, l.shape(e.Shape))
	}
	s.Operations = map[string]*model.Operation{op.Name: op}
	return s, op
}

// root is the shape of an input or output, with what its use says.
func (l *loader) root(ref *c2jRef) *model.Shape {
	shape := *l.shape(ref.Shape)
	if ref.LocationName != "" {
		shape.XMLName = ref.LocationName
	}
	if uri, prefix := namespace(ref.XMLNamespace); uri != "" {
		shape.Namespace, shape.Prefix = uri, prefix
	}
	return &shape
}

func namespace(raw json.RawMessage) (uri, prefix string) {
	var full struct{ URI, Prefix string }
	if json.Unmarshal(raw, &full) != nil {
		_ = json.Unmarshal(raw, &full.URI)
	}
	return full.URI, full.Prefix
}

func (l *loader) shape(name string) *model.Shape {
	if s := l.made[name]; s != nil {
		return s
	}
	from := l.c2j.Shapes[name]
	s := &model.Shape{
		Name: name, Payload: from.Payload, Flattened: from.Flattened, Streaming: from.Streaming, EventStream: from.EventStream, Document: from.Document,
		TimeFormat: from.TimestampFormat, XMLName: from.LocationName, Error: from.Exception, Fault: from.Fault,
		Kind: map[string]model.Kind{"string": model.String, "character": model.String, "integer": model.Integer, "long": model.Long, "float": model.Float,
			"double": model.Double, "boolean": model.Boolean, "timestamp": model.Timestamp, "blob": model.Blob, "list": model.List, "map": model.Map,
			"structure": model.Structure}[from.Type],
	}
	s.Namespace, s.Prefix = namespace(from.XMLNamespace)
	if from.Error != nil {
		s.ErrorCode, s.ErrorStatus = from.Error.Code, from.Error.HTTPStatusCode
	}
	l.made[name] = s
	if from.Member != nil {
		s.Elem, s.ElemName = l.used(from.Member), l.wire(from.Member)
	}
	if from.Key != nil {
		s.Key, s.KeyName = l.used(from.Key), from.Key.LocationName
		s.Elem, s.ElemName = l.used(from.Value), from.Value.LocationName
	}
	for _, member := range slices.Sorted(maps.Keys(from.Members)) {
		s.Members = append(s.Members, l.member(member, from.Members[member], from))
	}
	return s
}

// used is a shape with the form of times that its use says.
func (l *loader) used(ref *c2jRef) *model.Shape {
	s := l.shape(ref.Shape)
	if ref.TimestampFormat == "" && len(ref.XMLNamespace) == 0 {
		return s
	}
	own := *s
	if ref.TimestampFormat != "" {
		own.TimeFormat = ref.TimestampFormat
	}
	if uri, prefix := namespace(ref.XMLNamespace); uri != "" {
		own.Namespace, own.Prefix = uri, prefix
	}
	return &own
}

func (l *loader) wire(ref *c2jRef) string {
	if ref.LocationName != "" {
		return ref.LocationName
	}
	return l.c2j.Shapes[ref.Shape].LocationName
}

func (l *loader) member(name string, ref *c2jRef, of *c2jShape) model.Member {
	target := l.c2j.Shapes[ref.Shape]
	m := model.Member{
		Name: name, Shape: l.used(ref), Required: slices.Contains(of.Required, name), Wire: l.wire(ref), QueryName: ref.QueryName,
		Location: map[string]model.Location{"uri": model.Path, "querystring": model.QueryString, "header": model.Header, "headers": model.Headers,
			"statusCode": model.Status}[ref.Location],
		Flattened: ref.Flattened || target.Flattened, Attribute: ref.XMLAttribute, Token: ref.IDToken, HostLabel: ref.HostLabel, JSONValue: ref.JSONValue,
		Streaming: ref.Streaming || target.Streaming,
	}
	if m.Wire == name {
		m.Wire = ""
	}
	if m.Location == model.QueryString && m.Shape.Kind == model.Map {
		m.Location = model.QueryStrings
	}
	m.Namespace, m.Prefix = namespace(ref.XMLNamespace)
	if m.Namespace == "" {
		m.Namespace, m.Prefix = namespace(target.XMLNamespace)
	}
	return m
}

// documented makes of what a vector has a document: blobs are text there.
func documented(v value.Value, s *model.Shape) value.Value {
	if s == nil || s.Document || v.IsNull() {
		return v
	}
	switch s.Kind {
	case model.Blob:
		return value.FromString(base64.StdEncoding.EncodeToString([]byte(v.Str())))
	case model.Structure:
		var members []value.Member
		for _, m := range v.Members() {
			if of := s.Member(m.Key); of != nil && !of.JSONValue && !of.Shape.EventStream {
				m.Value = documented(m.Value, of.Shape)
			}
			members = append(members, m)
		}
		return value.NewObject(members)
	}
	return eachElem(v, s, documented)
}

func vectors(t *testing.T, side string, f func(t *testing.T, suite *c2j, c *c2jCase)) {
	file, err := os.Open("testdata/vectors.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Suites []*c2j }
	if err := json.NewDecoder(unpacked).Decode(&all); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, suite := range all.Suites {
		if suite.Side != side {
			continue
		}
		for i := range suite.Cases {
			c := &suite.Cases[i]
			seen++
			t.Run(suite.File+"/"+c.ID, func(t *testing.T) {
				if why, ok := apart[c.ID]; ok {
					t.Skip(why)
				}
				f(t, suite, c)
			})
		}
	}
	if seen < 350 {
		t.Errorf("%d vectors", seen)
	}
}

// TestInputVectors makes requests.
func TestInputVectors(t *testing.T) {
	vectors(t, "input", func(t *testing.T, suite *c2j, c *c2jCase) {
		s, op := (&loader{suite, map[string]*model.Shape{}}).service(c)
		in, err := value.ParseBytes(c.Params)
		if err != nil {
			t.Fatal(err)
		}
		if op.Input != nil {
			for i := range op.Input.Members { // who calls fills these in
				if m := &op.Input.Members[i]; m.Token {
					if _, ok := in.Get(m.Name); !ok {
						in = value.NewObject(append(slices.Clone(in.Members()), value.Member{Key: m.Name, Value: value.FromString("00000000-0000-4000-8000-000000000000")}))
					}
				}
			}
		}
		request := &awswire.Request{Input: documented(in, op.Input)}
		if m := streamed(op.Input); m != nil {
			v, _ := in.Get(m.Name)
			request.Body, request.Length = strings.NewReader(v.Str()), int64(len(v.Str()))
		}
		endpoint := suite.ClientEndpoint
		if endpoint == "" {
			endpoint = "https://host"
		}
		r, err := NewRequest(t.Context(), s, op, endpoint, request)
		if err != nil {
			t.Fatal(err)
		}
		want := &c.Serialized
		u, err := url.Parse(want.URI)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.URL.EscapedPath(); r.Method != want.Method || got != u.EscapedPath() || !sameQuery(r.URL.Query(), u.Query()) {
			t.Errorf("%s %s, want %s %s", r.Method, r.URL, want.Method, want.URI)
		}
		prefix, err := HostPrefix(op, in)
		if want.Host != "" && (err != nil || prefix+r.URL.Host+strings.TrimSuffix(strings.Split(endpoint, r.URL.Host)[1], "/") != want.Host) {
			t.Errorf("host %s%s (%v), want %s", prefix, r.URL.Host, err, want.Host)
		}
		for name, texts := range r.Header { // as it leaves
			delete(r.Header, name)
			r.Header[http.CanonicalHeaderKey(name)] = texts
		}
		for name, text := range want.Headers {
			got := r.Header.Get(name)
			if strings.EqualFold(name, "Content-Type") && strings.HasPrefix(got, text+";") {
				continue
			}
			if strings.ReplaceAll(got, ", ", ",") != strings.ReplaceAll(text, ", ", ",") {
				t.Errorf("%s: %q, want %q", name, got, text)
			}
		}
		for _, name := range want.ForbidHeaders {
			if got := r.Header.Get(name); got != "" {
				t.Errorf("%s: %q, want none", name, got)
			}
		}
		var body []byte
		if r.Body != nil {
			if body, err = io.ReadAll(r.Body); err != nil {
				t.Fatal(err)
			}
		}
		if want.Body == nil {
			return
		}
		expected := []byte(*want.Body)
		if s.Protocol == model.CBOR {
			expected, _ = base64.StdEncoding.DecodeString(*want.Body)
			a, err := parseCBOR(body)
			b, err2 := parseCBOR(expected)
			if len(expected)+len(body) > 0 && (err != nil || err2 != nil || !value.Equal(a, b)) {
				t.Errorf("body %x, want %x: %v", body, expected, err)
			}
			return
		}
		if !sameBody(s.Protocol, body, expected) {
			t.Errorf("body\n%s\nwant\n%s", body, expected)
		}
	})
}

// TestOutputVectors reads answers.
func TestOutputVectors(t *testing.T) {
	vectors(t, "output", func(t *testing.T, suite *c2j, c *c2jCase) {
		s, op := (&loader{suite, map[string]*model.Shape{}}).service(c)
		if op.Output != nil && hasEvents(op.Output) {
			return
		}
		body := c.Response.Body
		if s.Protocol == model.CBOR {
			raw, _ := base64.StdEncoding.DecodeString(body)
			body = string(raw)
		}
		w := &http.Response{StatusCode: c.Response.StatusCode, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
		for name, text := range c.Response.Headers {
			w.Header.Set(name, text)
		}
		reply, err := ReadReply(s, op, w)
		if c.Error != nil {
			wantError(t, op, c, err)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		want, err := value.ParseBytes(c.Result)
		if err != nil {
			t.Fatal(err)
		}
		want = documented(want, op.Output)
		got := reply.Output
		if m := streamed(op.Output); m != nil {
			raw, err := io.ReadAll(reply.Body)
			if err != nil {
				t.Fatal(err)
			}
			if len(raw) > 0 {
				got = value.NewObject(append(slices.Clone(got.Members()), text1(m.Name, base64.StdEncoding.EncodeToString(raw))...))
			}
		}
		if !value.Equal(nonNull(got), want) {
			t.Errorf("%s\ngot  %s\nwant %s", body, got.Compact(), want.Compact())
		}
	})
}

// nonNull returns v without top-level members that are null, which mean that they are not there.
func nonNull(v value.Value) value.Value {
	var members []value.Member
	for _, m := range v.Members() {
		if !m.Value.IsNull() {
			members = append(members, m)
		}
	}
	return value.NewObject(members)
}

func wantError(t *testing.T, op *model.Operation, c *c2jCase, err error) {
	t.Helper()
	e, ok := err.(*awswire.Error)
	if !ok {
		t.Fatalf("%v, want %s", err, c.ErrorCode)
	}
	name := e.Code
	for _, s := range op.Errors { // botocore has the name, or the code
		if s.ErrorCode == e.Code && c.ErrorCode == s.Name {
			name = s.Name
		}
	}
	if name != c.ErrorCode && !strings.Contains(c.Response.Headers["x-amzn-query-error"], c.ErrorCode) || e.Status != c.Response.StatusCode || e.Message != c.ErrorMessage {
		t.Errorf("%s %q %d, want %s %q", e.Code, e.Message, e.Status, c.ErrorCode, c.ErrorMessage)
	}
	want, err := value.ParseBytes(c.Error)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range want.Members() {
		if strings.EqualFold(m.Key, "message") {
			continue
		}
		i := slices.IndexFunc(e.Extra, func(x value.Member) bool { return x.Key == m.Key })
		if i < 0 || !value.Equal(e.Extra[i].Value, m.Value) {
			t.Errorf("%s: %v, want %s", m.Key, e.Extra, m.Value.Compact())
		}
	}
}
