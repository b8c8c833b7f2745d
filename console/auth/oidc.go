package auth

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/console"
)

const (
	callbackPath = "/api/auth/callback"
	// maxLogin is how long somebody may take at the provider.
	maxLogin = 10 * time.Minute
	// maxReply bounds an answer of the provider, in bytes, and providerTimeout the time it takes.
	maxReply        = 1 << 20
	providerTimeout = 15 * time.Second
)

// algorithms are those that ID tokens may be signed with. Those with a shared secret, and none at all, are not among them.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
}

// provider is an OpenID provider. What it says of itself is read when somebody signs in for the first time.
type provider struct {
	cfg    Provider
	client *http.Client

	mu    sync.Mutex
	found *oidc.Provider
}

func newProvider(cfg Provider) *provider {
	return &provider{cfg: cfg, client: &http.Client{Timeout: providerTimeout, Transport: bounded{http.DefaultTransport}}}
}

// bounded bounds answers.
type bounded struct{ http.RoundTripper }

// RoundTrip carries out a request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = &limitedBody{answer.Body, io.LimitReader(answer.Body, maxReply)}
	}
	return answer, err
}

type limitedBody struct {
	io.Closer
	io.Reader
}

// context is one for calls to the provider.
func (p *provider) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

// discover returns what the provider says of itself.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// Keys are read with this context later on.
	found, err := oidc.NewProvider(p.context(context.WithoutCancel(ctx)), p.cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("asking the OpenID provider: %w", err)
	}
	p.found = found
	return found, nil
}

func (p *provider) oauth(found *oidc.Provider, base string) *oauth2.Config {
	scopes := p.cfg.Scopes
	if scopes == nil {
		scopes = []string{"profile", "email"}
	}
	return &oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: base + callbackPath,
		Scopes: append([]string{oidc.ScopeOpenID}, scopes...),
	}
}

// login is what a browser keeps while somebody is at the provider, signed.
type login struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Return   string `json:"r"`
	Until    int64  `json:"x"` // seconds since 1970
}

func (a *Auth) loginCookie() string { return a.sessions.name + "-login" }

// login sends a browser to the provider.
func (a *Auth) login(w http.ResponseWriter, r *http.Request) {
	found, err := a.provider.discover(r.Context())
	if err != nil {
		a.failed(w, r, "provider", err)
		return
	}
	l := login{State: draw(), Nonce: draw(), Verifier: oauth2.GenerateVerifier(), Return: returnPath(r.URL.Query().Get("return")), Until: a.now().Add(maxLogin).Unix()}
	// Lax, since the provider's page leads back here.
	http.SetCookie(w, &http.Cookie{
		Name: a.loginCookie(), Value: a.sessions.sign("login", l), Path: "/api/auth/", MaxAge: int(maxLogin.Seconds()),
		Secure: a.secure(r), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	to := a.provider.oauth(found, a.base(r)).AuthCodeURL(l.State, oidc.Nonce(l.Nonce), oauth2.S256ChallengeOption(l.Verifier))
	http.Redirect(w, r, to, http.StatusFound)
}

// failed leads back to the page for signing in, which says why by a word of our own; the log has the rest, of as many failures as
// an address has attempts.
func (a *Auth) failed(w http.ResponseWriter, r *http.Request, why string, err error) {
	if from := addressOf(r); a.attempts.allowed(from) { // anybody can come here, as often as they like
		a.attempts.failed(from)
		a.log.Warn("signing in by OpenID Connect", "reason", why, "address", from.String(), "error", err)
		a.note(r, nil, "SignIn", "UnauthorizedException")
	}
	http.Redirect(w, r, console.Path+"sign-in?error="+url.QueryEscape(why), http.StatusFound)
}

// callback is where the provider leads back to.
func (a *Auth) callback(w http.ResponseWriter, r *http.Request) {
	l, ok := a.begun(r)
	http.SetCookie(w, &http.Cookie{Name: a.loginCookie(), Path: "/api/auth/", MaxAge: -1, Secure: a.secure(r), HttpOnly: true, SameSite: http.SameSiteLaxMode})
	q := r.URL.Query()
	switch {
	case !ok || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(l.State)) != 1:
		a.failed(w, r, "expired", errors.New("this browser has not begun to sign in, or too long ago"))
		return
	case q.Has("error"):
		a.failed(w, r, "refused", fmt.Errorf("the provider says %q", cut(q.Get("error"))))
		return
	}
	p, why, err := a.redeem(r, l, q.Get("code"))
	if err != nil {
		a.failed(w, r, why, err)
		return
	}
	a.sessions.begin(w, p, a.secure(r))
	a.note(r, p, "SignIn", "ok")
	http.Redirect(w, r, l.Return, http.StatusFound)
}

// begun is the login that the browser has begun.
func (a *Auth) begun(r *http.Request) (l login, ok bool) {
	c, err := r.Cookie(a.loginCookie())
	return l, err == nil && a.sessions.read("login", c.Value, &l) && l.Until > a.now().Unix()
}

// cut keeps what others have written from filling the log.
func cut(text string) string { return text[:min(len(text), 200)] }

// redeem gets the ID token for a code and says who that is. why is a word for people.
func (a *Auth) redeem(r *http.Request, l login, code string) (p *console.Person, why string, err error) {
	ctx := a.provider.context(r.Context())
	found, err := a.provider.discover(ctx)
	if err != nil {
		return nil, "provider", err
	}
	tokens, err := a.provider.oauth(found, a.base(r)).Exchange(ctx, code, oauth2.VerifierOption(l.Verifier))
	if err != nil {
		return nil, "provider", fmt.Errorf("redeeming the code: %w", secretless(err))
	}
	raw, _ := tokens.Extra("id_token").(string)
	verifier := found.Verifier(&oidc.Config{ClientID: a.provider.cfg.ClientID, SupportedSigningAlgs: algorithms, Now: a.now})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, "provider", fmt.Errorf("checking the ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(l.Nonce)) != 1 {
		return nil, "provider", errors.New("the ID token is of another login")
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return nil, "provider", fmt.Errorf("reading the ID token: %w", err)
	}
	a.provider.complete(ctx, found, tokens, id.Subject, claims)
	name := a.provider.user(claims, id.Subject)
	p = a.cfg.person(name, a.provider.groups(claims))
	if p == nil {
		return nil, "role", noRole(name)
	}
	return p, "", nil
}

// noRole is the refusal of somebody who may do nothing.
func noRole(name string) error {
	return &statelark.Error{Code: "AccessDeniedException", Message: "No group of " + name + " has a role at this server."}
}

// secretless is an error of the exchange without the answer, which may have tokens.
func secretless(err error) error {
	var e *oauth2.RetrieveError
	if errors.As(err, &e) {
		return fmt.Errorf("the provider answered %d %s", e.Response.StatusCode, cut(e.ErrorCode))
	}
	return err
}

// complete adds what the provider says of somebody beside the ID token, if groups are not in that.
func (p *provider) complete(ctx context.Context, found *oidc.Provider, tokens *oauth2.Token, subject string, claims map[string]any) {
	if claimAt(claims, cmp.Or(p.cfg.GroupsClaim, "groups")) != nil || found.UserInfoEndpoint() == "" {
		return
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil || info.Subject != subject { // without it somebody has no groups
		return
	}
	more := map[string]any{}
	if info.Claims(&more) != nil {
		return
	}
	for name, claim := range more {
		if claims[name] == nil {
			claims[name] = claim
		}
	}
}

// user is what somebody is called.
func (p *provider) user(claims map[string]any, subject string) string {
	names := []string{"email", "preferred_username"}
	if p.cfg.UserClaim != "" {
		names = []string{p.cfg.UserClaim}
	}
	for _, name := range names {
		if text, ok := claimAt(claims, name).(string); ok && text != "" {
			return text
		}
	}
	return subject
}

// groups are those of somebody: a list, or one.
func (p *provider) groups(claims map[string]any) []string {
	var groups []string
	switch said := claimAt(claims, cmp.Or(p.cfg.GroupsClaim, "groups")).(type) {
	case string:
		groups = append(groups, said)
	case []any:
		for _, g := range said {
			if text, ok := g.(string); ok {
				groups = append(groups, text)
			}
		}
	}
	return groups
}

// claimAt is a claim of a name, which may stand inside of others: realm_access.roles.
func claimAt(claims map[string]any, name string) any {
	if claim, ok := claims[name]; ok {
		return claim
	}
	first, rest, ok := strings.Cut(name, ".")
	inner, isObject := claims[first].(map[string]any)
	if !ok || !isObject {
		return nil
	}
	return claimAt(inner, rest)
}
