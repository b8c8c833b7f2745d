package http

import (
	"context"
	"errors"
	nethttp "net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// Target runs the Tasks of http:invoke.
type Target struct {
	client      *Client
	connections Connections
	tokens      *tokens
}

// New makes the target. connections may be nil: then there are none. now is a clock; nil: the wall's.
func New(c *Client, connections Connections, now func() time.Time) *Target {
	if now == nil {
		now = time.Now
	}
	return &Target{client: c, connections: connections, tokens: newTokens(c, now)}
}

var methods = []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"}

// refusedHeaders may not stand in a definition, nor what begins with one of refusedPrefixes.
var refusedHeaders = []string{
	"a-im", "accept-charset", "accept-datetime", "accept-encoding", "authorization", "cache-control", "connection",
	"content-encoding", "content-md5", "date", "expect", "forwarded", "from", "host", "http2-settings", "if-match",
	"if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "max-forwards", "origin", "pragma",
	"proxy-authorization", "referer", "server", "te", "trailer", "transfer-encoding", "upgrade", "via", "warning",
}

var refusedPrefixes = []string{"x-forwarded-", "x-amz-", "x-amzn-"}

// Start makes the request of a Task.
func (t *Target) Start(ctx context.Context, c *task.Call) (task.Outcome, error) {
	in, err := readParameters(c)
	if err != nil {
		return task.Outcome{}, err
	}
	ctx, cancel := t.client.within(ctx) // for the token as well
	defer cancel()
	conn := &Connection{}
	if in.connection != "" {
		if conn, err = t.connection(ctx, in.connection); err != nil {
			return task.Outcome{}, err
		}
	}
	answer, err := t.call(ctx, c, in, conn)
	if err != nil {
		return task.Outcome{}, failure(c, err)
	}
	if err := acceptable(answer); err != nil {
		return task.Outcome{}, err
	}
	return task.Outcome{Output: answer.Result()}, nil
}

// connection returns the connection of an ARN.
func (t *Target) connection(ctx context.Context, arn string) (*Connection, error) {
	if t.connections == nil {
		return nil, ConnectionError("ResourceNotFound", "Connection %s does not exist.", arn)
	}
	conn, err := t.connections.Connection(ctx, arn)
	var said *task.Error
	switch {
	case errors.As(err, &said) || err != nil && ctx.Err() != nil:
		return nil, err
	case err != nil: // its text may say anything
		return nil, ConnectionError("InternalError", "Connection %s could not be read.", arn)
	case conn == nil:
		return nil, ConnectionError("ResourceNotFound", "Connection %s does not exist.", arn)
	}
	return conn, nil
}

// call makes the request, with another token when one was refused.
func (t *Target) call(ctx context.Context, c *task.Call, in *parameters, conn *Connection) (*Response, error) {
	var refused string
	for again := false; ; again = true {
		var token string
		var err error
		if conn.OAuth != nil {
			if token, err = t.tokens.get(ctx, in.connection, conn.OAuth, refused); err != nil {
				return nil, err
			}
		}
		r, err := in.request(c, conn, token)
		if err != nil {
			return nil, err
		}
		answer, err := t.client.Do(ctx, r, c.Trace)
		denied := err == nil && (answer.Status == nethttp.StatusUnauthorized || answer.Status == nethttp.StatusProxyAuthRequired)
		if err != nil || again || conn.OAuth == nil || !denied {
			return answer, err
		}
		refused = token
	}
}

// failure is the failure of a Task without an answer.
func failure(c *task.Call, err error) error {
	var refused *RefusedError
	var silent *SocketError
	switch {
	case errors.As(err, &refused):
		return unusable(c, refused.Reason)
	case errors.As(err, &silent):
		return task.Errorf("States.Http.Socket", "%s", silent.Reason)
	case errors.Is(err, ErrTooLarge):
		return task.Errorf("States.DataLimitExceeded",
			"The state/task 'http' returned a result with a size exceeding the maximum number of bytes service limit.")
	}
	return err
}

// unusable is the failure of a Task whose parameters cannot be used.
func unusable(c *task.Call, reason string) *task.Error {
	return task.Fatalf("The Parameters '%s' could not be used to start the Task: [%s]", c.Input.Compact(), reason)
}

// acceptable refuses an answer that is a failure or no text.
func acceptable(r *Response) error {
	if r.Status < 200 || r.Status > 299 {
		cause := string(r.Body)
		if !utf8.ValidString(cause) || cause == "" {
			cause = r.StatusText
		}
		return task.Errorf("States.Http.StatusCode."+value.FromInt(int64(r.Status)).Text(), "%s", cause)
	}
	kind := strings.ToLower(r.Header("Content-Type"))
	for _, binary := range []string{"application/octet-stream", "image/", "video/", "audio/"} {
		if strings.HasPrefix(kind, binary) {
			return task.Fatalf("The response has the content type %s, which is not supported.", r.Header("Content-Type"))
		}
	}
	if !utf8.Valid(r.Body) {
		return task.Fatalf("The response could not be read as text.")
	}
	return nil
}

// parameters are those of a Task.
type parameters struct {
	url        *url.URL
	method     string
	connection string // ARN, "": none
	headers    []Field
	query      []Field
	body       value.Value
	encoded    bool // as a form
	arrays     string
}

// readParameters reads the parameters of a Task.
func readParameters(c *task.Call) (*parameters, error) {
	p := &parameters{arrays: indices}
	text := func(names ...string) string {
		v := c.Input
		for _, name := range names {
			v, _ = v.Get(name)
		}
		if v.Kind() != value.String {
			return ""
		}
		return v.Str()
	}
	var err error
	if p.url, err = url.Parse(text("ApiEndpoint")); err != nil || p.url.Host == "" {
		return nil, unusable(c, "The ApiEndpoint is no URL.")
	}
	if p.method = text("Method"); !slices.Contains(methods, p.method) {
		return nil, unusable(c, "The Method has to be one of "+strings.Join(methods, ", ")+".")
	}
	p.connection = text("Authentication", "ConnectionArn")
	if arn := text("InvocationConfig", "ConnectionArn"); arn != "" {
		p.connection = arn
	}
	p.body, _ = c.Input.Get("RequestBody")
	if reason := p.readTransform(text("Transform", "RequestBodyEncoding"), text("Transform", "RequestEncodingOptions", "ArrayFormat")); reason != "" {
		return nil, unusable(c, reason)
	}
	if reason := p.readFields(c); reason != "" {
		return nil, unusable(c, reason)
	}
	return p, nil
}

func (p *parameters) readTransform(encoding, arrays string) (reason string) {
	switch encoding {
	case "", "NONE":
	case "URL_ENCODED":
		p.encoded = true
	default:
		return "The RequestBodyEncoding has to be NONE or URL_ENCODED."
	}
	switch arrays {
	case "":
	case indices, repeat, commas, brackets:
		p.arrays = arrays
	default:
		return "The ArrayFormat has to be INDICES, REPEAT, COMMAS or BRACKETS."
	}
	return ""
}

// readFields reads the headers and the query.
func (p *parameters) readFields(c *task.Call) (reason string) {
	given, _ := c.Input.Get("Headers")
	if given.Exists() && given.Kind() != value.Object {
		return "The Headers have to be an object."
	}
	for _, f := range fields(given) {
		name := strings.ToLower(f.Name)
		if slices.Contains(refusedHeaders, name) ||
			slices.ContainsFunc(refusedPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			return "The header " + f.Name + " is not allowed."
		}
		if !isToken(f.Name) || strings.ContainsAny(f.Value, "\r\n\x00") {
			return "A header has a name or a value that HTTP does not allow."
		}
		if name != "user-agent" && name != "range" { // ours
			p.headers = append(p.headers, f)
		}
	}
	switch query, _ := c.Input.Get("QueryParameters"); {
	case !query.Exists():
	case query.Kind() == value.Object:
		p.query = fields(query)
	case query.Kind() == value.String:
		more, err := url.ParseQuery(strings.TrimPrefix(query.Str(), "?"))
		if err != nil {
			return "The QueryParameters are no query."
		}
		for _, name := range slices.Sorted(keys(more)) {
			for _, v := range more[name] {
				p.query = append(p.query, Field{name, v, false})
			}
		}
	default:
		return "The QueryParameters have to be an object or a string."
	}
	return ""
}

func keys(m url.Values) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range m {
			if !yield(name) {
				return
			}
		}
	}
}

// fields are the members of an object: those of an array come one after the other.
func fields(v value.Value) []Field {
	var all []Field
	for _, m := range v.Members() {
		if m.Value.Kind() != value.Array {
			all = append(all, Field{m.Key, plain(m.Value), false})
			continue
		}
		for _, e := range m.Value.Elems() {
			all = append(all, Field{m.Key, plain(e), false})
		}
	}
	return all
}

// isToken reports whether HTTP allows a text as the name of a header.
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return text != ""
}

// request puts together what is sent: what the definition says, and over it what the connection does.
func (p *parameters) request(c *task.Call, conn *Connection, token string) (*Request, error) {
	r := &Request{Method: p.method, URL: p.url, Headers: slices.Clone(p.headers), Query: slices.Clone(p.query)}
	conn.authorize(r, token)
	body, ok := merge(p.body, conn.Body)
	if !ok {
		return nil, unusable(c, "The connection has body parameters, which cannot be added to a RequestBody that is no object.")
	}
	if body.Exists() {
		r.Body, r.Shown = p.encode(body), p.encode(without(body, conn.Body))
		r.ContentType = p.contentType()
	}
	r.Headers = append(r.Headers,
		Field{"User-Agent", "Amazon|StepFunctions|HttpInvoke|" + c.Place().Region, false}, Field{"Range", "bytes=0-262144", false})
	return r, nil
}

func (p *parameters) contentType() string {
	if p.encoded {
		return "application/x-www-form-urlencoded"
	}
	return "application/json; charset=UTF-8"
}

// encode is a body as it is sent. A text goes as it is.
func (p *parameters) encode(body value.Value) []byte {
	switch {
	case body.Kind() == value.String:
		return []byte(body.Str())
	case p.encoded && body.Kind() == value.Object:
		return []byte(form(body, p.arrays))
	}
	return []byte(body.Compact())
}
