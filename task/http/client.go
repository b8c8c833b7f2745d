package http

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	nethttp "net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/task"
)

// Field is a header or a parameter of a query. A secret one comes from a connection.
type Field struct {
	Name, Value string
	Secret      bool
}

// Request is what a Client sends.
type Request struct {
	Method  string
	URL     *url.URL // without what Query adds
	Query   []Field
	Headers []Field
	Body    []byte
	// ContentType is that of the body when no header says it.
	ContentType string
	// Shown is the body without what is secret.
	Shown []byte
}

// Response is an answer, whatever its status.
type Response struct {
	Proto      string
	Status     int
	StatusText string
	Headers    []Header // by name
	Body       []byte
}

// Header is a header of an answer with all its values.
type Header struct {
	Name   string
	Values []string
}

// ClientOptions is how a Client is made.
type ClientOptions struct {
	// Allow are hosts, addresses and ranges (CIDR) that may be called though they are on this machine or in a private network, and
	// over plain HTTP: "localhost", "*.internal", "10.0.0.0/8".
	Allow []string
	// Timeout is for a whole call; 0: none.
	Timeout time.Duration
	// MaxBody bounds what is read of an answer, in bytes; 0: 262,144.
	MaxBody int64
	// Resolver finds addresses; nil: the system's.
	Resolver *net.Resolver
	// Transport changes how connections are made, for tests; may be nil.
	Transport func(*nethttp.Transport)
}

const maxBody = 262_144

// Client makes requests. It follows no redirect: where one leads to is nobody's intention.
type Client struct {
	guard   *guard
	http    *nethttp.Client
	timeout time.Duration
	maxBody int64
}

// NewClient makes a Client. Entries of Allow that cannot be read are an error.
func NewClient(o ClientOptions) (*Client, error) {
	g, err := newGuard(o.Allow, o.Resolver)
	if err != nil {
		return nil, err
	}
	transport := &nethttp.Transport{
		DialContext: g.dial, ForceAttemptHTTP2: true, DisableCompression: true, MaxIdleConns: 64, MaxIdleConnsPerHost: 8,
		IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 20 * time.Second, MaxResponseHeaderBytes: 256 << 10,
	}
	if o.Transport != nil {
		o.Transport(transport)
	}
	return &Client{
		guard: g, timeout: o.Timeout, maxBody: cmp.Or(o.MaxBody, maxBody),
		http: &nethttp.Client{Transport: transport, CheckRedirect: func(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse }},
	}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// ErrTooLarge is the error for an answer that is larger than MaxBody.
var ErrTooLarge = errors.New("the answer is larger than it may be")

// RefusedError says that the endpoint is one that the Client may not call.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

// SocketError says that there was no answer. Its text has nothing of the request but the host.
type SocketError struct{ Reason string }

func (e *SocketError) Error() string { return e.Reason }

// Do makes a request and reads the answer. trace gets both, without what is secret unless it wants that; it may be nil.
func (c *Client) Do(ctx context.Context, r *Request, trace *task.Trace) (*Response, error) {
	if err := c.guard.url(r.URL); err != nil {
		return nil, err
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	req, err := r.wire(ctx)
	if err != nil {
		return nil, err
	}
	if trace != nil {
		trace.Request = r.shown(trace.Secrets)
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, c.failed(ctx, r, err)
	}
	defer func() { _ = answer.Body.Close() }() // read as far as it is wanted
	out := &Response{Proto: answer.Proto, Status: answer.StatusCode, StatusText: statusText(answer), Headers: headers(answer)}
	out.Body, err = io.ReadAll(io.LimitReader(answer.Body, c.maxBody+1))
	if err != nil {
		return nil, c.failed(ctx, r, err)
	}
	if int64(len(out.Body)) > c.maxBody {
		return nil, ErrTooLarge
	}
	if trace != nil {
		trace.Response = out.shown(r.URL.Scheme)
	}
	return out, nil
}

// within is ctx with the time that a call has.
func (c *Client) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.timeout > 0 {
		return context.WithTimeout(ctx, c.timeout)
	}
	return ctx, func() {}
}

// FullURL is the URL with the query.
func (r *Request) FullURL() *url.URL { return r.fullURL(true) }

func (r *Request) fullURL(secrets bool) *url.URL {
	u := *r.URL
	parts := make([]string, 0, len(r.Query)+1)
	if u.RawQuery != "" {
		parts = append(parts, u.RawQuery)
	}
	for _, f := range r.Query {
		if !f.Secret || secrets {
			parts = append(parts, escape(f.Name)+"="+escape(f.Value))
		}
	}
	u.RawQuery, u.Fragment = strings.Join(parts, "&"), ""
	return &u
}

// wire is the request as net/http has it.
func (r *Request) wire(ctx context.Context) (*nethttp.Request, error) {
	var body io.Reader
	if r.Body != nil {
		body = strings.NewReader(string(r.Body))
	}
	req, err := nethttp.NewRequestWithContext(ctx, r.Method, "http://host", body)
	if err != nil {
		return nil, &RefusedError{"The method " + strconv.Quote(r.Method) + " is none of HTTP."}
	}
	req.URL, req.Host = r.FullURL(), r.URL.Host
	req.Header.Set("User-Agent", "") // none of net/http's own
	for _, f := range r.Headers {
		if strings.EqualFold(f.Name, "User-Agent") {
			req.Header.Set(f.Name, f.Value)
			continue
		}
		req.Header.Add(f.Name, f.Value)
	}
	if r.Body != nil && r.ContentType != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	return req, nil
}

// failed words why there is no answer. What net/http says of it has the URL, which may hold secrets.
func (c *Client) failed(ctx context.Context, r *Request, err error) error {
	var refused *RefusedError
	var timeout net.Error
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return &SocketError{"The call to " + r.URL.Host + " timed out."}
	}
	for inner := (*url.Error)(nil); errors.As(err, &inner); {
		err = inner.Err
	}
	return &SocketError{"The call to " + r.URL.Host + " failed: " + err.Error()}
}

// statusText is the reason of the answer; HTTP/2 sends none.
func statusText(answer *nethttp.Response) string {
	if _, text, ok := strings.Cut(answer.Status, " "); ok && text != "" {
		return text
	}
	return nethttp.StatusText(answer.StatusCode)
}
