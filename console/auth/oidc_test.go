package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/console"
)

// idp is an OpenID provider that signs whatever a test wants it to.
type idp struct {
	t      *testing.T
	url    string
	rsa    *rsa.PrivateKey
	ec     *ecdsa.PrivateKey
	secret string

	mu        sync.Mutex
	claims    map[string]any // of the next ID token, over those that are right
	alg       string
	info      map[string]any // of the user, beside the ID token
	challenge string         // of the login under way
	nonce     string
	down      bool
}

// Keys are dear, and drawn once.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return drawn(rsa.GenerateKey(rand.Reader, 2048)) })
	otherKey = sync.OnceValue(func() *rsa.PrivateKey { return drawn(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { return drawn(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
)

func drawn[K any](key K, err error) K {
	if err != nil {
		panic(err)
	}
	return key
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	p := &idp{t: t, alg: "RS256", secret: "the client's secret", rsa: rsaKey(), ec: ecKey()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		answer(w, 200, map[string]any{
			"issuer": p.url, "authorization_endpoint": p.url + "/authorize", "token_endpoint": p.url + "/token", "jwks_uri": p.url + "/keys",
			"userinfo_endpoint": p.url + "/userinfo", "id_token_signing_alg_values_supported": []string{"RS256", "ES256", "HS256", "none"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, p.keys()) })
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		answer(w, 200, p.info)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *idp) keys() any {
	public, err := p.ec.PublicKey.Bytes() // 4, X, Y
	if err != nil {
		p.t.Error(err)
	}
	return map[string]any{"keys": []any{
		map[string]any{"kty": "RSA", "kid": "r", "alg": "RS256", "use": "sig", "n": b64(p.rsa.N.Bytes()), "e": b64(big.NewInt(int64(p.rsa.E)).Bytes())},
		map[string]any{"kty": "EC", "kid": "e", "alg": "ES256", "use": "sig", "crv": "P-256", "x": b64(public[1:33]), "y": b64(public[33:])},
	}}
}

// token redeems a code, if it comes with the verifier of the login.
func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	verifier := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if r.PostFormValue("code") != "the-code" || b64(verifier[:]) != p.challenge {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "no such code " + p.secret})
		return
	}
	claims := map[string]any{
		"iss": p.url, "aud": "statelark", "sub": "42", "email": "ada@example.org", "nonce": p.nonce,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(), "groups": []string{"ops"},
	}
	maps.Copy(claims, p.claims)
	answer(w, 200, map[string]any{"access_token": "access-" + p.secret, "token_type": "Bearer", "id_token": p.sign(claims)})
}

// sign makes a JWT as the test wants it.
func (p *idp) sign(claims map[string]any) string {
	kid := map[string]string{"RS256": "r", "ES256": "e", "other": "r", "HS256": "r", "none": ""}[p.alg]
	alg := strings.Replace(p.alg, "other", "RS256", 1)
	head, _ := json.Marshal(map[string]any{"alg": alg, "kid": kid})
	body, _ := json.Marshal(claims)
	signed := b64(head) + "." + b64(body)
	sum := sha256.Sum256([]byte(signed))
	var sig []byte
	var err error
	switch p.alg {
	case "RS256":
		sig, err = rsa.SignPKCS1v15(rand.Reader, p.rsa, crypto.SHA256, sum[:])
	case "ES256":
		r, s, signErr := ecdsa.Sign(rand.Reader, p.ec, sum[:])
		sig, err = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), signErr
	case "other": // a key that is not the provider's
		sig, err = rsa.SignPKCS1v15(rand.Reader, otherKey(), crypto.SHA256, sum[:])
	case "HS256": // with what everybody can read
		mac := hmac.New(sha256.New, p.rsa.N.Bytes())
		mac.Write([]byte(signed))
		sig = mac.Sum(nil)
	}
	if err != nil {
		p.t.Error(err)
	}
	return signed + "." + b64(sig)
}

func (p *idp) config() Config {
	return Config{
		Mode: OIDC, Provider: Provider{Issuer: p.url, ClientID: "statelark", ClientSecret: p.secret},
		Roles: map[string]console.Role{"ops": console.Operator, "root": console.Admin},
	}
}

// authorize goes to the provider, which notes what it was asked, and returns the query of the way back.
func (p *idp) authorize(b *browser, asked string) url.Values {
	b.t.Helper()
	status, _, h := b.send("GET", "/api/auth/login?return="+url.QueryEscape(asked), "")
	to, err := url.Parse(h.Get("Location"))
	if status != http.StatusFound || err != nil || !strings.HasPrefix(to.String(), p.url+"/authorize?") {
		b.t.Fatalf("signing in: %d to %q", status, h.Get("Location"))
	}
	q := to.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("redirect_uri") != b.url+callbackPath ||
		!strings.Contains(q.Get("scope"), "openid") || len(q.Get("state")) < 40 || len(q.Get("nonce")) < 40 {
		b.t.Errorf("the provider is asked %v", q)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.challenge, p.nonce = q.Get("code_challenge"), q.Get("nonce")
	return url.Values{"state": {q.Get("state")}, "code": {"the-code"}}
}

// back comes back from the provider and returns where it leads.
func back(b *browser, q url.Values) string {
	b.t.Helper()
	status, _, h := b.send("GET", callbackPath+"?"+q.Encode(), "")
	if status != http.StatusFound {
		b.t.Fatalf("coming back: %d", status)
	}
	return h.Get("Location")
}

func TestOIDC(t *testing.T) {
	p := newIDP(t)
	s := newSite(t, p.config(), everywhere, "")
	for _, alg := range []string{"RS256", "ES256"} {
		p.alg = alg
		b := s.browser()
		q := p.authorize(b, "/console/executions?q=x")
		for _, c := range b.cookies {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/api/auth/" {
				t.Errorf("the cookie of a login is %+v", c)
			}
		}
		if to := back(b, q); to != "/console/executions?q=x" {
			t.Errorf("%s: it leads to %s", alg, to)
		}
		if got := b.session(); got.User != "ada@example.org" || got.Role != console.Operator || got.Auth != OIDC {
			t.Errorf("%s: %+v", alg, got)
		}
		if c := b.cookies[s.auth.sessions.name]; c == nil || c.SameSite != http.SameSiteStrictMode || !c.HttpOnly {
			t.Errorf("the cookie is %+v", c)
		}
		if to := back(b, q); to != "/console/sign-in?error=expired" {
			t.Errorf("%s: coming back twice leads to %s", alg, to)
		}
	}
	if text := s.log.String(); strings.Contains(text, p.secret) || strings.Contains(text, "the-code") {
		t.Errorf("the log has secrets: %s", text)
	}
}

// What a provider, or somebody who passes for it, may send that is no sign-in.
func TestOIDCRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(p *idp, q url.Values)
		want   string
	}{
		{"no signature", func(p *idp, _ url.Values) { p.alg = "none" }, "provider"},
		{"a signature with a public key", func(p *idp, _ url.Values) { p.alg = "HS256" }, "provider"},
		{"a key of another", func(p *idp, _ url.Values) { p.alg = "other" }, "provider"},
		{"another login's nonce", func(p *idp, _ url.Values) { p.claims = map[string]any{"nonce": "x"} }, "provider"},
		{"no nonce", func(p *idp, _ url.Values) { p.claims = map[string]any{"nonce": nil} }, "provider"},
		{"another client's token", func(p *idp, _ url.Values) { p.claims = map[string]any{"aud": "other"} }, "provider"},
		{"another issuer", func(p *idp, _ url.Values) { p.claims = map[string]any{"iss": "https://evil.example"} }, "provider"},
		{"a token that is over", func(p *idp, _ url.Values) { p.claims = map[string]any{"exp": time.Now().Add(-time.Hour).Unix()} }, "provider"},
		{"another state", func(_ *idp, q url.Values) { q.Set("state", "x") }, "expired"},
		{"no state", func(_ *idp, q url.Values) { q.Del("state") }, "expired"},
		{"no code", func(_ *idp, q url.Values) { q.Del("code") }, "provider"},
		{"another verifier", func(p *idp, _ url.Values) { p.challenge = "x" }, "provider"},
		{"no group with a role", func(p *idp, _ url.Values) { p.claims = map[string]any{"groups": []string{"guests"}} }, "role"},
		{"groups that are none", func(p *idp, _ url.Values) { p.claims = map[string]any{"groups": 7} }, "role"},
		{"a no of the provider", func(_ *idp, q url.Values) { q.Set("error", "access_denied") }, "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newIDP(t)
			s := newSite(t, p.config(), everywhere, "")
			b := s.browser()
			q := p.authorize(b, "/console/")
			p.mu.Lock()
			c.change(p, q)
			p.mu.Unlock()
			if to := back(b, q); to != "/console/sign-in?error="+c.want {
				t.Errorf("it leads to %s", to)
			}
			if got := b.session(); got.User != "" {
				t.Errorf("and it is %+v", got)
			}
			if strings.Contains(s.log.String(), p.secret) {
				t.Errorf("the log has a secret: %s", s.log.String())
			}
			if got := s.outcomes("SignIn"); !slices.Equal(got, []string{" UnauthorizedException"}) {
				t.Errorf("the audit log has %q", got)
			}
		})
	}
}

// A login counts for the browser that has begun it: nobody is signed in to the account of another by a link.
func TestOIDCOfAnotherBrowser(t *testing.T) {
	p := newIDP(t)
	s := newSite(t, p.config(), everywhere, "")
	q := p.authorize(s.browser(), "/console/")
	victim := s.browser()
	if to := back(victim, q); to != "/console/sign-in?error=expired" || victim.session().User != "" {
		t.Errorf("another browser is led to %s as %+v", to, victim.session())
	}
	late := s.browser()
	q = p.authorize(late, "/console/")
	s.clock.add(maxLogin + time.Second)
	if to := back(late, q); to != "/console/sign-in?error=expired" {
		t.Errorf("who comes back too late is led to %s", to)
	}
}

func TestOIDCReturnsHere(t *testing.T) {
	p := newIDP(t)
	s := newSite(t, p.config(), everywhere, "")
	for _, asked := range []string{"https://evil.example/", "//evil.example/console/", "/\\evil.example/console/"} {
		b := s.browser()
		if to := back(b, p.authorize(b, asked)); to != "/console/" {
			t.Errorf("%s leads to %s", asked, to)
		}
	}
}

// Groups may stand elsewhere: in the answer about the user, or inside of another claim.
func TestOIDCGroups(t *testing.T) {
	p := newIDP(t)
	p.claims = map[string]any{"groups": nil}
	p.info = map[string]any{"sub": "42", "groups": []string{"root"}}
	s := newSite(t, p.config(), everywhere, "")
	b := s.browser()
	back(b, p.authorize(b, ""))
	if got := b.session(); got.Role != console.Admin {
		t.Errorf("with groups from the answer about the user: %+v", got)
	}
	p.mu.Lock()
	p.info["sub"] = "43"
	p.mu.Unlock()
	b = s.browser()
	if to := back(b, p.authorize(b, "")); to != "/console/sign-in?error=role" {
		t.Errorf("with groups of another user it leads to %s", to)
	}
	cfg := p.config()
	cfg.Provider.GroupsClaim, cfg.Provider.UserClaim = "realm_access.roles", "preferred_username"
	s = newSite(t, cfg, everywhere, "")
	p.mu.Lock()
	p.claims = map[string]any{"realm_access": map[string]any{"roles": []string{"ops"}}, "preferred_username": "ada"}
	p.mu.Unlock()
	b = s.browser()
	back(b, p.authorize(b, ""))
	if got := b.session(); got.Role != console.Operator || got.User != "ada" {
		t.Errorf("with groups inside of a claim: %+v", got)
	}
}

// A provider that is down when the server starts is asked again.
func TestOIDCProviderComesBack(t *testing.T) {
	p := newIDP(t)
	p.down = true
	s := newSite(t, p.config(), everywhere, "")
	b := s.browser()
	if status, _, h := b.send("GET", "/api/auth/login", ""); status != http.StatusFound || h.Get("Location") != "/console/sign-in?error=provider" {
		t.Errorf("signing in at a provider that is down: %d %s", status, h.Get("Location"))
	}
	p.mu.Lock()
	p.down = false
	p.mu.Unlock()
	back(b, p.authorize(b, ""))
	if got := b.session(); got.User == "" {
		t.Error("nobody can sign in when the provider is back")
	}
	program := s.browser()
	program.header.Set("Authorization", "Bearer x")
	if program.session().User != "" {
		t.Error("a server with a provider takes tokens")
	}
}

// Behind a proxy that speaks TLS cookies are for TLS alone, and the provider leads back to the URL that browsers use.
func TestOIDCBehindTLS(t *testing.T) {
	p := newIDP(t)
	cfg := p.config()
	cfg.URL = "https://workflows.example.org/"
	s := newSite(t, cfg, everywhere, "")
	b := s.browser()
	_, _, h := b.send("GET", "/api/auth/login", "")
	to, err := url.Parse(h.Get("Location"))
	if err != nil || to.Query().Get("redirect_uri") != "https://workflows.example.org"+callbackPath {
		t.Errorf("the provider leads back to %v", to)
	}
	for _, c := range b.cookies {
		if !c.Secure {
			t.Errorf("the cookie is %+v", c)
		}
	}
}
