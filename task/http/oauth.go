package http

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// maxTokens is how many tokens are kept. One that falls out is asked for again.
const maxTokens = 1024

// tokenLife is how long a token lasts whose answer does not say so; early is how long before its end it is asked for again.
const (
	tokenLife = time.Hour
	early     = 30 * time.Second
)

// tokens keeps the access tokens of connections. A token belongs to the credentials it was given for, so that a connection
// that was changed gets another one.
type tokens struct {
	client *Client
	now    func() time.Time

	mu    sync.Mutex
	known map[[sha256.Size]byte]*token
}

// token is the header of a token. Whoever has put something into asking may touch the rest, and asks for all who wait.
type token struct {
	asking chan struct{} // of one
	header string
	until  time.Time
}

func newTokens(c *Client, now func() time.Time) *tokens {
	return &tokens{client: c, now: now, known: make(map[[sha256.Size]byte]*token)}
}

// entry is the place of the token of a connection.
func (t *tokens) entry(arn string, o *OAuth) *token {
	all, err := json.Marshal([]any{arn, o})
	if err != nil { // strings always marshal
		panic(err)
	}
	key := sha256.Sum256(all)
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.known[key]; e != nil {
		return e
	}
	if len(t.known) >= maxTokens {
		for old := range t.known {
			delete(t.known, old)
			break
		}
	}
	e := &token{asking: make(chan struct{}, 1)}
	t.known[key] = e
	return e
}

// get returns the Authorization header of a connection. refused is one that was not accepted: it is not given again.
func (t *tokens) get(ctx context.Context, arn string, o *OAuth, refused string) (string, error) {
	e := t.entry(arn, o)
	select {
	case e.asking <- struct{}{}:
		defer func() { <-e.asking }()
	case <-ctx.Done():
		return "", &SocketError{"The call for a token timed out."}
	}
	if e.header != "" && e.header != refused && t.now().Before(e.until) {
		return e.header, nil
	}
	header, life, err := t.ask(ctx, o)
	if err != nil {
		e.header = ""
		return "", err
	}
	e.header, e.until = header, t.now().Add(life-early)
	return header, nil
}

// ask asks for a token.
func (t *tokens) ask(ctx context.Context, o *OAuth) (header string, life time.Duration, err error) {
	r, err := o.request()
	if err != nil {
		return "", 0, err
	}
	answer, err := t.client.Do(ctx, r, nil)
	if err != nil {
		if ctx.Err() != nil {
			return "", 0, err
		}
		return "", 0, unauthorized("it did not answer: " + err.Error())
	}
	var got struct {
		AccessToken string      `json:"access_token"`
		TokenType   string      `json:"token_type"`
		ExpiresIn   json.Number `json:"expires_in"`
	}
	switch err := json.Unmarshal(answer.Body, &got); {
	case answer.Status < 200 || answer.Status > 299:
		return "", 0, unauthorized("it answered with the status " + value.FromInt(int64(answer.Status)).Text())
	case err != nil || got.AccessToken == "":
		return "", 0, unauthorized("its answer has no access_token")
	}
	life = tokenLife
	if seconds, err := got.ExpiresIn.Float64(); err == nil && seconds > 0 && seconds < 1e9 {
		life = time.Duration(seconds * float64(time.Second))
	}
	return "Bearer " + got.AccessToken, life, nil
}

func unauthorized(why string) *task.Error {
	return ConnectionError("InvalidConnectionState", "The authorization endpoint of the connection gave no token: %s", why)
}

// request is the request for a token: the credentials and the parameters of the connection as a form, or as a query with GET.
func (o *OAuth) request() (*Request, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil {
		return nil, ConnectionError("InvalidConnectionState", "The authorization endpoint of the connection is no URL.")
	}
	fields := []Field{{"grant_type", "client_credentials", false}, {"client_id", o.ClientID, true}, {"client_secret", o.ClientSecret, true}}
	exact := func(a, b string) bool { return a == b }
	r := &Request{Method: o.Method, URL: u, Headers: []Field{{"Accept", "application/json", false}}}
	for _, p := range o.Query {
		r.Query = override(r.Query, p, exact)
	}
	for _, p := range o.Body {
		fields = override(fields, p, exact)
	}
	if o.Method == "GET" {
		r.Query = append(r.Query, fields...)
	} else {
		var members []value.Member
		for _, f := range fields {
			members = append(members, value.Member{Key: f.Name, Value: value.FromString(f.Value)})
		}
		r.Body = []byte(form(value.NewObject(members), indices))
		r.Headers = append(r.Headers, Field{"Content-Type", "application/x-www-form-urlencoded", false})
	}
	for _, p := range o.Headers {
		r.Headers = override(r.Headers, p, strings.EqualFold)
	}
	return r, nil
}
