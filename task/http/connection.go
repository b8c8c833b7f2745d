package http

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// Connections knows the connections of EventBridge, with their secrets.
type Connections interface {
	// Connection returns the connection of an ARN, nil when there is none. An error may be one of ConnectionError.
	Connection(ctx context.Context, arn string) (*Connection, error)
}

// Connection is how an endpoint is called: who calls it, and what each call of it has. At most one of Basic, APIKey and
// OAuth is there.
type Connection struct {
	Basic  *Basic
	APIKey *APIKey
	OAuth  *OAuth
	Parameters
}

// Basic is a user with a password.
type Basic struct{ Username, Password string }

// APIKey is a header with a key.
type APIKey struct{ Name, Value string }

// OAuth says where a token is to be had for client credentials.
type OAuth struct {
	Endpoint     string // URL
	Method       string // GET, POST or PUT
	ClientID     string
	ClientSecret string
	Parameters   // of the request for a token
}

// Parameters are what a connection adds to a request. All of it is taken for secret.
type Parameters struct{ Headers, Query, Body []Parameter }

// Parameter is a name with its value.
type Parameter struct{ Key, Value string }

// ConnectionError is the failure of a Task whose connection cannot be used. code is that of EventBridge without its prefix:
// ResourceNotFound, InvalidConnectionState, AuthInProgress, AccessDenied, InternalError.
func ConnectionError(code, format string, a ...any) *task.Error {
	return task.Errorf("Events.ConnectionResource."+code, format, a...)
}

// authorize adds what tells who is calling.
func (c *Connection) authorize(r *Request, token string) {
	switch {
	case c.Basic != nil:
		pair := base64.StdEncoding.EncodeToString([]byte(c.Basic.Username + ":" + c.Basic.Password))
		r.Headers = override(r.Headers, Parameter{"Authorization", "Basic " + pair}, strings.EqualFold)
	case c.APIKey != nil:
		r.Headers = override(r.Headers, Parameter{c.APIKey.Name, c.APIKey.Value}, strings.EqualFold)
	case c.OAuth != nil:
		r.Headers = override(r.Headers, Parameter{"Authorization", token}, strings.EqualFold)
	}
	for _, p := range c.Headers {
		r.Headers = override(r.Headers, p, strings.EqualFold)
	}
	for _, p := range c.Query {
		r.Query = override(r.Query, p, func(a, b string) bool { return a == b })
	}
}

// override sets a field of that name in the place of those there are.
func override(fields []Field, p Parameter, same func(a, b string) bool) []Field {
	kept := fields[:0:0]
	for _, f := range fields {
		if !same(f.Name, p.Key) {
			kept = append(kept, f)
		}
	}
	return append(kept, Field{p.Key, p.Value, true})
}

// merge adds the body parameters of a connection to a body, false when it is none that could take them.
func merge(body value.Value, parameters []Parameter) (value.Value, bool) {
	if len(parameters) == 0 {
		return body, true
	}
	if !body.Exists() {
		body = value.EmptyObj
	}
	if body.Kind() != value.Object {
		return body, false
	}
	for _, p := range parameters {
		body = body.With(p.Key, value.FromString(p.Value))
	}
	return body, true
}

// without is a body without what a connection put into it.
func without(body value.Value, parameters []Parameter) value.Value {
	if len(parameters) == 0 || body.Kind() != value.Object {
		return body
	}
	var kept []value.Member
	for _, m := range body.Members() {
		secret := false
		for _, p := range parameters {
			secret = secret || p.Key == m.Key
		}
		if !secret {
			kept = append(kept, m)
		}
	}
	return value.NewObject(kept)
}
