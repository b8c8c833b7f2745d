// Package auth tells who uses the console: anybody on this machine, who has the token, who has signed in by OpenID Connect,
// or whom a proxy in front names. It says what they may do, and keeps their sessions.
package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/console"
)

// The modes.
const (
	None  = "none"  // anybody on this machine is an admin
	Token = "token" // who has the token
	OIDC  = "oidc"
	Proxy = "proxy"
)

// Config says how people sign in. The zero value is None where the server can be reached from this machine alone, and Token
// elsewhere.
type Config struct {
	Mode string // "": see above
	// URL is where browsers reach the server: https://workflows.example.org. "": where they say that they do.
	URL string
	// Session is how long somebody stays signed in; 0: 12 hours.
	Session time.Duration

	// Token is that of Token; "": it is drawn, and kept in the directory.
	Token     string
	TokenRole console.Role // of whoever has it; "": admin

	// Roles are those of groups. Who is in several has the highest.
	Roles map[string]console.Role
	// Role is that of who is in none of those groups; "": they may not pass.
	Role console.Role
	// Payloads are the roles, and groups, that may see inputs, outputs and data of events; nil: all.
	Payloads []string
	// Masked are the names of fields whose values nobody sees; nil: console.MaskedByDefault.
	Masked []string

	Provider Provider
	Front    Front
}

// Provider is an OpenID provider.
type Provider struct {
	Issuer       string // URL
	ClientID     string
	ClientSecret string   // "": a public client
	Scopes       []string // beside openid; nil: profile, email
	UserClaim    string   // "": email, preferred_username or sub, the first that there is
	GroupsClaim  string   // "": groups
}

// Front is a proxy that signs people in.
type Front struct {
	Networks     []netip.Prefix // from where the proxy calls; nobody else is believed
	UserHeader   string         // "": X-Forwarded-User
	GroupsHeader string         // "": X-Forwarded-Groups; groups with commas between them
}

const (
	defaultSession = 12 * time.Hour
	minToken       = 16 // characters of a token that people choose
)

// Check says what is wrong with a Config for a server that listens at an address, HOST:PORT.
func (c *Config) Check(listen string) error {
	switch c.mode(listen) {
	case None:
		if !isLoopback(listen) {
			return fmt.Errorf("console-auth is none, and the server can be reached from elsewhere at %s: choose token, oidc or proxy, or listen on 127.0.0.1", listen)
		}
	case Token:
		if c.Token != "" && len(c.Token) < minToken {
			return fmt.Errorf("console-token has %d characters; it has to have %d at least", len(c.Token), minToken)
		}
	case OIDC:
		if u, err := url.Parse(c.Provider.Issuer); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || c.Provider.ClientID == "" {
			return errors.New("console-auth is oidc, which needs oidc-issuer, a URL such as https://login.example.org, and oidc-client-id")
		}
	case Proxy:
		if len(c.Front.Networks) == 0 {
			return errors.New("console-auth is proxy, which needs proxy-networks: from where the proxy calls, such as 10.1.2.3 or 10.1.0.0/16")
		}
	default:
		return fmt.Errorf("console-auth is %q; it has to be %s, %s, %s or %s", c.Mode, None, Token, OIDC, Proxy)
	}
	return errors.Join(c.checkRoles(), c.checkURL())
}

func (c *Config) checkURL() error {
	if c.URL == "" {
		return nil
	}
	if u, err := url.Parse(c.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("console-url is %q; it has to be a URL without a path, such as https://workflows.example.org", c.URL)
	}
	return nil
}

// mode is the Mode, or what stands for none.
func (c *Config) mode(listen string) string {
	switch {
	case c.Mode != "":
		return c.Mode
	case isLoopback(listen):
		return None
	}
	return Token
}

// isLoopback reports whether an address to listen at is one of this machine alone. A name but localhost may be anything.
func isLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// Options are what an Auth is lent.
type Options struct {
	Listen string            // where the server listens
	Dir    string            // where tokens and keys are kept; "": in memory, they go with the process
	Audit  *console.AuditLog // hears of who signs in
	Now    func() time.Time
	Log    *slog.Logger
}

// Auth is a console.Auth.
type Auth struct {
	cfg      Config
	mode     string
	now      func() time.Time
	log      *slog.Logger
	audit    *console.AuditLog
	mask     *console.Mask
	sessions *sessions
	attempts *attempts
	token    string    // of Token
	provider *provider // of OIDC
	handler  *http.ServeMux
}

var _ console.Auth = (*Auth)(nil)

// New makes what the configuration says. It asks nobody: an OpenID provider is looked for when somebody signs in.
func New(cfg Config, o Options) (*Auth, error) {
	if err := cfg.Check(o.Listen); err != nil {
		return nil, err
	}
	names := cfg.Masked
	if names == nil {
		names = console.MaskedByDefault
	}
	a := &Auth{cfg: cfg, mode: cfg.mode(o.Listen), now: o.Now, log: o.Log, audit: o.Audit, mask: console.NewMask(names), attempts: newAttempts(o.Now)}
	var err error
	if a.mode == Token {
		if a.token, err = ownToken(cfg.Token, o.Dir); err != nil {
			return nil, err
		}
	}
	key, err := ownKey(o.Dir)
	if err != nil {
		return nil, err
	}
	life := cfg.Session
	if life == 0 {
		life = defaultSession
	}
	a.sessions = newSessions(a.sessionKey(key), life, o.Now)
	if a.mode == OIDC {
		a.provider = newProvider(cfg.Provider)
	}
	a.handler = a.routes()
	return a, nil
}

// sessionKey makes a key of the server's own and of what people have signed in by: when that changes, everybody signs in anew.
func (a *Auth) sessionKey(key []byte) []byte {
	said, err := json.Marshal([]any{a.mode, a.token, a.cfg.Provider.Issuer, a.cfg.Provider.ClientID, a.cfg.TokenRole, a.cfg.Roles, a.cfg.Role, a.cfg.Payloads})
	if err != nil {
		panic(err) // texts alone
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(said)
	return mac.Sum(nil)
}

// Mode is how people sign in.
func (a *Auth) Mode() string { return a.mode }

// Mask is what nobody sees; nil: there is nothing.
func (a *Auth) Mask() *console.Mask { return a.mask }

// Link is where the owner of the server signs in: a URL with the token in its fragment, which browsers send to nobody. "" when
// it is no token that they sign in by, or one that they have chosen and so have.
func (a *Auth) Link(server string) string {
	if a.mode != Token || a.cfg.Token != "" {
		return ""
	}
	if a.cfg.URL != "" {
		server = strings.TrimSuffix(a.cfg.URL, "/")
	}
	return server + console.Path + "sign-in#token=" + a.token
}

// unauthorized is the refusal of who has not signed in.
func unauthorized(message string) error {
	return &statelark.Error{Code: "UnauthorizedException", Message: message}
}

// Who returns the sender of a request.
func (a *Auth) Who(r *http.Request) (*console.Person, error) {
	var p *console.Person
	var err error
	switch a.mode {
	case None:
		p, err = a.local(r)
	case Proxy:
		p, err = a.named(r)
	default:
		p, err = a.signedIn(r)
	}
	if err != nil {
		return nil, err
	}
	if a.mask != nil {
		p.Masked, p.Mask = a.mask.Names(), a.mask.Text
	}
	return p, nil
}

// local is whoever calls from this machine.
func (a *Auth) local(r *http.Request) (*console.Person, error) {
	if ip := addressOf(r); !ip.IsLoopback() {
		return nil, unauthorized("The console is for this machine alone, since nobody has to sign in.")
	}
	return &console.Person{Role: console.Admin, Payloads: true}, nil
}

// signedIn is who has a session, or the token.
func (a *Auth) signedIn(r *http.Request) (*console.Person, error) {
	if bearer, ok := bearerOf(r); ok {
		return a.bearer(r, bearer)
	}
	s, ok := a.sessions.of(r)
	if !ok {
		return nil, unauthorized("Nobody has signed in, or the session is over.")
	}
	return &console.Person{Name: s.User, Role: s.Role, Payloads: s.Payloads}, nil
}

// addressOf is the address that a request comes from; the zero Addr when it is none.
func addressOf(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// note puts a sign-in, or one that was refused, into the audit log.
func (a *Auth) note(r *http.Request, p *console.Person, operation, outcome string) {
	if a.audit == nil {
		return
	}
	e := console.AuditEntry{Address: addressOf(r).String(), Operation: operation, Outcome: outcome}
	if p != nil {
		e.User, e.Role = p.Name, p.Role
	}
	a.audit.Add(e)
}
