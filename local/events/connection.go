package events

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	httptask "github.com/statelark/statelark/task/http"
)

// connection is how an endpoint is called, with its secrets. Times are Unix ms.
type connection struct {
	Name        string          `json:"name"`
	ID          string          `json:"id"`
	Description string          `json:"description,omitempty"`
	Type        string          `json:"type"`
	Auth        *authParameters `json:"auth"`
	Secret      string          `json:"secret,omitempty"` // ARN; that in Secrets Manager is for those who look, this one is used
	Created     int64           `json:"created"`
	Modified    int64           `json:"modified"`
	Revoked     bool            `json:"revoked,omitempty"`
}

type authParameters struct {
	Basic      *basicAuth  `json:"BasicAuthParameters,omitempty"`
	APIKey     *apiKeyAuth `json:"ApiKeyAuthParameters,omitempty"`
	OAuth      *oauthAuth  `json:"OAuthParameters,omitempty"`
	Invocation *httpFields `json:"InvocationHttpParameters,omitempty"`
}

type basicAuth struct {
	Username string
	Password string `json:",omitempty"`
}

type apiKeyAuth struct {
	Name  string `json:"ApiKeyName"`
	Value string `json:"ApiKeyValue,omitempty"`
}

type oauthAuth struct {
	Client struct {
		ID     string `json:"ClientID"`
		Secret string `json:"ClientSecret,omitempty"`
	} `json:"ClientParameters"`
	Endpoint string      `json:"AuthorizationEndpoint"`
	Method   string      `json:"HttpMethod"`
	Fields   *httpFields `json:"OAuthHttpParameters,omitempty"`
}

type httpFields struct {
	Headers []httpField `json:"HeaderParameters,omitempty"`
	Query   []httpField `json:"QueryStringParameters,omitempty"`
	Body    []httpField `json:"BodyParameters,omitempty"`
}

type httpField struct {
	Key    string
	Value  string `json:",omitempty"`
	Secret bool   `json:"IsValueSecret"`
}

// shown is what there is to tell of some fields: secret values are not.
func (f *httpFields) shown() *httpFields {
	if f == nil {
		return nil
	}
	hide := func(fields []httpField) []httpField {
		fields = slices.Clone(fields)
		for i := range fields {
			if fields[i].Secret {
				fields[i].Value = ""
			}
		}
		return fields
	}
	return &httpFields{hide(f.Headers), hide(f.Query), hide(f.Body)}
}

func (f *httpFields) parameters() (p httptask.Parameters) {
	if f == nil {
		return p
	}
	list := func(fields []httpField) (out []httptask.Parameter) {
		for _, x := range fields {
			out = append(out, httptask.Parameter{Key: x.Key, Value: x.Value})
		}
		return out
	}
	return httptask.Parameters{Headers: list(f.Headers), Query: list(f.Query), Body: list(f.Body)}
}

// shown is what there is to tell of how a connection authorizes.
func (a *authParameters) shown() *authParameters {
	out := &authParameters{Invocation: a.Invocation.shown()}
	if a.Basic != nil {
		out.Basic = &basicAuth{Username: a.Basic.Username}
	}
	if a.APIKey != nil {
		out.APIKey = &apiKeyAuth{Name: a.APIKey.Name}
	}
	if a.OAuth != nil {
		o := *a.OAuth
		o.Client.Secret, o.Fields = "", o.Fields.shown()
		out.OAuth = &o
	}
	return out
}

// Kinds of authorization.
const basicType, apiKeyType, oauthType = "BASIC", "API_KEY", "OAUTH_CLIENT_CREDENTIALS"

// fits reports whether the parameters are those of a kind of authorization.
func (a *authParameters) fits(kind string) bool {
	return a != nil && (a.Basic != nil) == (kind == basicType) && (a.APIKey != nil) == (kind == apiKeyType) && (a.OAuth != nil) == (kind == oauthType)
}

// authorizing is how long a connection that has to get a token is said to be getting it. Whether it gets one shows when it is used.
const authorizing = 3 * time.Second

func (x *connection) state(now time.Time) string {
	switch {
	case x.Revoked:
		return "DEAUTHORIZED"
	case x.Type == oauthType && now.UnixMilli()-x.Modified < authorizing.Milliseconds():
		return "AUTHORIZING"
	}
	return "AUTHORIZED"
}

func (x *connection) arn(at arn.Place) string {
	return at.ARN("events", "connection/"+x.Name+"/"+x.ID)
}

type connectionInput struct {
	pageInput
	Name              string
	Description       *string
	AuthorizationType string
	AuthParameters    *authParameters
	ConnectionState   string
}

type connectionOutput struct {
	ConnectionArn      string          `json:",omitempty"`
	Name               string          `json:",omitempty"`
	Description        string          `json:",omitempty"`
	ConnectionState    string          `json:",omitempty"`
	AuthorizationType  string          `json:",omitempty"`
	SecretArn          string          `json:",omitempty"`
	AuthParameters     *authParameters `json:",omitempty"`
	CreationTime       float64         `json:",omitempty"`
	LastModifiedTime   float64         `json:",omitempty"`
	LastAuthorizedTime float64         `json:",omitempty"`
}

func (x *connection) changed(at arn.Place, now time.Time) *connectionOutput {
	return &connectionOutput{ConnectionArn: x.arn(at), ConnectionState: x.state(now), CreationTime: seconds(x.Created), LastModifiedTime: seconds(x.Modified)}
}

// connectionAt returns a connection that there is.
func (s *Service) connectionAt(at arn.Place, name string) (*connection, error) {
	x, err := s.connections.Get(at, name)
	if err == nil && x == nil {
		err = notFound("Failed to describe the connection(s). Connection '%s' does not exist.", name)
	}
	return x, err
}

func (s *Service) createConnection(ctx context.Context, r *awswire.Request, in *connectionInput) (*connectionOutput, error) {
	if !in.AuthParameters.fits(in.AuthorizationType) {
		return nil, invalid("Parameter AuthParameters is not valid. Reason: it has to be that of the authorization type %s.", in.AuthorizationType)
	}
	old, err := s.connections.Get(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	if old != nil {
		return nil, exists("Connection %s already exists.", in.Name)
	}
	now := s.o.Now()
	x := &connection{Name: in.Name, ID: uuid.NewString(), Type: in.AuthorizationType, Auth: in.AuthParameters, Created: now.UnixMilli(), Modified: now.UnixMilli()}
	if in.Description != nil {
		x.Description = *in.Description
	}
	s.keepSecret(ctx, r.Place, x)
	s.mu.Lock()
	defer s.mu.Unlock()
	return x.changed(r.Place, now), s.connections.Save(x, r.Place, x.Name)
}

// keepSecret keeps what a connection has of secrets in Secrets Manager, where there is one.
func (s *Service) keepSecret(ctx context.Context, at arn.Place, x *connection) {
	name := "events!connection/" + x.Name + "/" + uuid.NewString()
	text, err := local.Document(x.Auth)
	if err == nil && x.Secret == "" {
		x.Secret = at.ARN("secretsmanager", "secret:"+name+"-"+uuid.NewString()[:6])
		out, failed := s.call(ctx, at, "secretsmanager", "CreateSecret", map[string]string{"Name": name, "SecretString": text.Text()})
		full, _ := out.Get("ARN")
		if err = failed; err == nil {
			x.Secret = full.Str()
		}
	} else if err == nil {
		_, err = s.call(ctx, at, "secretsmanager", "PutSecretValue", map[string]string{"SecretId": x.Secret, "SecretString": text.Text()})
	}
	if err != nil {
		s.o.Log.Debug("the secret of a connection is not in Secrets Manager", "connection", x.Name, "error", err)
	}
}

func (s *Service) updateConnection(ctx context.Context, r *awswire.Request, in *connectionInput) (*connectionOutput, error) {
	x, err := s.connectionAt(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	if in.Description != nil {
		x.Description = *in.Description
	}
	if in.AuthorizationType != "" {
		x.Type = in.AuthorizationType
	}
	if in.AuthParameters != nil {
		x.Auth.update(in.AuthParameters, x.Type)
	}
	if !x.Auth.fits(x.Type) {
		return nil, invalid("Parameter AuthParameters is not valid. Reason: it has to be that of the authorization type %s.", x.Type)
	}
	now := s.o.Now()
	x.Modified, x.Revoked = now.UnixMilli(), false
	s.keepSecret(ctx, r.Place, x)
	s.mu.Lock()
	defer s.mu.Unlock()
	return x.changed(r.Place, now), s.connections.Save(x, r.Place, x.Name)
}

// update takes over what others say; of the same kind what they leave out stays.
func (a *authParameters) update(b *authParameters, kind string) {
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	if b.Basic != nil && a.Basic != nil {
		fill(&b.Basic.Username, a.Basic.Username)
		fill(&b.Basic.Password, a.Basic.Password)
	}
	if b.APIKey != nil && a.APIKey != nil {
		fill(&b.APIKey.Name, a.APIKey.Name)
		fill(&b.APIKey.Value, a.APIKey.Value)
	}
	if b.OAuth != nil && a.OAuth != nil {
		fill(&b.OAuth.Client.ID, a.OAuth.Client.ID)
		fill(&b.OAuth.Client.Secret, a.OAuth.Client.Secret)
		fill(&b.OAuth.Endpoint, a.OAuth.Endpoint)
		fill(&b.OAuth.Method, a.OAuth.Method)
		if b.OAuth.Fields == nil {
			b.OAuth.Fields = a.OAuth.Fields
		}
	}
	if b.Invocation != nil {
		a.Invocation = b.Invocation
	}
	switch {
	case kind == basicType && b.Basic != nil:
		a.Basic, a.APIKey, a.OAuth = b.Basic, nil, nil
	case kind == apiKeyType && b.APIKey != nil:
		a.Basic, a.APIKey, a.OAuth = nil, b.APIKey, nil
	case kind == oauthType && b.OAuth != nil:
		a.Basic, a.APIKey, a.OAuth = nil, nil, b.OAuth
	}
}

func (s *Service) deauthorizeConnection(_ context.Context, r *awswire.Request, in *connectionInput) (*connectionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.connectionAt(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	x.Revoked, x.Modified = true, s.o.Now().UnixMilli()
	out := x.changed(r.Place, s.o.Now())
	out.ConnectionState, out.LastAuthorizedTime = "DEAUTHORIZING", seconds(x.Created)
	return out, s.connections.Save(x, r.Place, x.Name)
}

func (s *Service) deleteConnection(ctx context.Context, r *awswire.Request, in *connectionInput) (*connectionOutput, error) {
	x, err := s.connectionAt(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	if _, err := s.call(ctx, r.Place, "secretsmanager", "DeleteSecret", map[string]any{"SecretId": x.Secret, "ForceDeleteWithoutRecovery": true}); err != nil {
		s.o.Log.Debug("the secret of a connection was not deleted", "connection", x.Name, "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b kv.Batch
	s.connections.Delete(&b, r.Place, x.Name)
	out := x.changed(r.Place, s.o.Now())
	out.ConnectionState, out.LastAuthorizedTime = "DELETING", seconds(x.Created)
	return out, s.o.Store.Apply(&b)
}

func (s *Service) describeConnection(_ context.Context, r *awswire.Request, in *connectionInput) (*connectionOutput, error) {
	x, err := s.connectionAt(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	out := x.changed(r.Place, s.o.Now())
	out.Name, out.Description, out.AuthorizationType, out.SecretArn, out.AuthParameters = x.Name, x.Description, x.Type, x.Secret, x.Auth.shown()
	out.LastAuthorizedTime = seconds(x.Created)
	return out, nil
}

type connectionsOutput struct {
	Connections []*connectionOutput
	NextToken   string `json:",omitempty"`
}

func (s *Service) listConnections(_ context.Context, r *awswire.Request, in *connectionInput) (*connectionsOutput, error) {
	out := &connectionsOutput{Connections: []*connectionOutput{}}
	for x, err := range s.connections.All(r.Place) {
		if err != nil {
			return nil, err
		}
		d := x.changed(r.Place, s.o.Now())
		d.Name, d.AuthorizationType, d.LastAuthorizedTime = x.Name, x.Type, seconds(x.Created)
		if strings.HasPrefix(x.Name, in.NamePrefix) && (in.ConnectionState == "" || in.ConnectionState == d.ConnectionState) {
			out.Connections = append(out.Connections, d)
		}
	}
	var err error
	out.Connections, out.NextToken, err = page(out.Connections, in.pageInput)
	return out, err
}

// Connection is httptask.Connections': it returns a connection with its secrets.
func (s *Service) Connection(_ context.Context, name string) (*httptask.Connection, error) {
	a, ok := arn.Parse(name)
	parts := strings.Split(a.Resource, "/")
	if !ok || len(parts) < 2 || parts[0] != "connection" {
		return nil, nil
	}
	x, err := s.connections.Get(a.Place(), parts[1])
	if err != nil || x == nil || len(parts) == 3 && parts[2] != x.ID {
		return nil, err
	}
	if x.Revoked {
		return nil, httptask.ConnectionError("InvalidConnectionState", "Connection %s is in the state DEAUTHORIZED.", name)
	}
	c := &httptask.Connection{Parameters: x.Auth.Invocation.parameters()}
	switch auth := x.Auth; {
	case auth.Basic != nil:
		c.Basic = &httptask.Basic{Username: auth.Basic.Username, Password: auth.Basic.Password}
	case auth.APIKey != nil:
		c.APIKey = &httptask.APIKey{Name: auth.APIKey.Name, Value: auth.APIKey.Value}
	case auth.OAuth != nil:
		o := auth.OAuth
		c.OAuth = &httptask.OAuth{Endpoint: o.Endpoint, Method: o.Method, ClientID: o.Client.ID, ClientSecret: o.Client.Secret, Parameters: o.Fields.parameters()}
	}
	return c, nil
}
