// Package aws calls services that others have: AWS itself, or whoever speaks as its services do at some URL. Requests are signed
// with the credentials that AWS's clients find.
package aws

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/codec"
	"github.com/statelark/statelark/awswire/model"
)

// Service says where a service is, and who calls it.
type Service struct {
	Endpoint string // URL; "": AWS's own
	// Region and Account are those of the calls, "": those of the execution. An account shows in the credentials of endpoints that
	// ask for none.
	Region, Account string
	Profile         string // of ~/.aws/config and credentials, "": what AWS's clients find
	Role            string // ARN of a role that is taken on, "": none
}

// Options is how a Caller is made.
type Options struct {
	// Service returns where a service is, by the name of its model; nil: all are at AWS.
	Service func(name string) Service
	// Pause waits between two attempts; nil: for a timer. It ends with ctx.
	Pause func(ctx context.Context, d time.Duration) error
	// Transport changes how connections are made, for tests; may be nil.
	Transport func(*http.Transport)
}

// Caller calls services over HTTP.
type Caller struct {
	o       Options
	http    *http.Client
	secrets secrets
}

const (
	attempts    = 3
	connectTime = 10 * time.Second
	// answerTime is how long a service may think: the longest polls take a minute. functionTime is for Invoke of Lambda.
	answerTime   = 75 * time.Second
	functionTime = 16 * time.Minute
	firstPause   = 100 * time.Millisecond
	throttled    = 500 * time.Millisecond
	longestPause = 20 * time.Second
)

// New makes a Caller.
func New(o Options) *Caller {
	if o.Service == nil {
		o.Service = func(string) Service { return Service{} }
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: connectTime, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2: true, DisableCompression: true, MaxIdleConns: 256, MaxIdleConnsPerHost: 32, MaxConnsPerHost: 256,
		IdleConnTimeout: 60 * time.Second, TLSHandshakeTimeout: connectTime, MaxResponseHeaderBytes: 256 << 10,
	}
	if o.Transport != nil {
		o.Transport(transport)
	}
	c := &Caller{o: o, http: &http.Client{
		Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	c.secrets.caller = c
	return c
}

// Close lets go of the connections that are idle.
func (c *Caller) Close() { c.http.CloseIdleConnections() }

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Call does an operation: up to three times, when what is wrong may pass.
func (c *Caller) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	s := model.Load(r.Service)
	if s == nil || s.Operations[r.Operation] == nil {
		return nil, &awswire.Error{Code: "UnknownOperationException", Message: "AWS has no operation " + r.Operation + " of " + r.Service + "."}
	}
	target, err := c.target(s, r)
	if err != nil {
		return nil, err
	}
	return c.insist(ctx, &call{Request: r, service: s, op: s.Operations[r.Operation], target: target, keys: c.secrets.of(target, r)})
}

// call is an operation, with all that every attempt needs.
type call struct {
	*awswire.Request
	service *model.Service
	op      *model.Operation
	target  *target
	keys    keys
	moved   string // the region to which the bucket says it belongs, of the last attempt
}

// insist makes attempts until one is answered for good.
func (c *Caller) insist(ctx context.Context, k *call) (*awswire.Reply, error) {
	for n := 1; ; n++ {
		reply, err := c.attempt(ctx, k)
		if err == nil {
			return reply, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		wait, again := k.again(err, n)
		if !again || n == attempts {
			return nil, counted(err, n)
		}
		if err := c.o.Pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// again reports whether another attempt may fare better than the one that failed, and how long to wait before it.
func (k *call) again(err error, n int) (time.Duration, bool) {
	var no *awswire.Error
	base := firstPause
	switch {
	case errors.As(err, new(*unsendable)), !k.repeatable():
		return 0, false
	case errors.As(err, &no) && (awswire.Throttles(no.Code) || no.Status == http.StatusTooManyRequests || no.Status == http.StatusServiceUnavailable):
		base = throttled
	case errors.As(err, &no) && no.Status < 500:
		return 0, k.target.follow(k.moved)
	case errors.As(err, &no) && no.Status == http.StatusNotImplemented:
		return 0, false
	}
	longest := min(base<<(n-1), longestPause)
	return time.Duration(rand.Int64N(int64(longest)) + 1), true
}

// repeatable reports whether the body can be sent again.
func (k *call) repeatable() bool {
	_, seeks := k.Body.(io.Seeker)
	return k.Body == nil || seeks
}

// counted says in an error how many attempts there were.
func counted(err error, n int) error {
	var (
		no      *awswire.Error
		silence *awswire.Unanswered
		never   *unsendable
	)
	switch {
	case errors.As(err, &never):
		return &awswire.Unanswered{Message: never.Error()}
	case errors.As(err, &no):
		no.Attempts = n
		return no
	case errors.As(err, &silence):
		silence.Attempts = n
		return silence
	}
	return silent(err, n)
}

// attempt makes one attempt.
func (c *Caller) attempt(ctx context.Context, k *call) (*awswire.Reply, error) {
	limit := answerTime
	if k.service.Name == "lambda" && k.op.Name == "Invoke" {
		limit = functionTime
	}
	within, cancel := context.WithTimeout(ctx, limit)
	req, err := k.request(within)
	if err != nil {
		cancel()
		return nil, err
	}
	answer, err := c.http.Do(req)
	if err != nil {
		cancel()
		return nil, err
	}
	k.moved = answer.Header.Get("X-Amz-Bucket-Region")
	reply, err := codec.ReadReply(k.service, k.op, answer)
	if err != nil || reply.Body == nil {
		cancel()
		return reply, err
	}
	reply.Body = &streamed{reply.Body, cancel}
	return reply, nil
}

// request makes the signed request of one attempt.
func (k *call) request(ctx context.Context) (*http.Request, error) {
	if again, ok := k.Body.(io.Seeker); ok {
		if _, err := again.Seek(0, io.SeekStart); err != nil {
			return nil, &unsendable{"Unable to read the body of the request again."}
		}
	}
	req, err := codec.NewRequest(ctx, k.service, k.op, k.target.base.String(), k.Request)
	if err != nil {
		return nil, &unsendable{err.Error()}
	}
	if err := k.target.host(req, k); err != nil {
		return nil, err
	}
	return req, k.sign(ctx, req)
}

// streamed is a body that ends the request when it is closed.
type streamed struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close closes the body.
func (s *streamed) Close() error {
	defer s.cancel()
	return s.ReadCloser.Close()
}
