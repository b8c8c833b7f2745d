package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/console"
)

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// lines is a log that a test reads. Goroutines of servers write to it.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// answering is the AWS API of a server that has nothing but a yes.
type answering struct{}

func (answering) Answer(_ context.Context, _ arn.Place, _ string, _ http.Header, _ string, dst []byte) (int, []byte) {
	return http.StatusOK, append(dst, `{"output":"{\"password\":\"hunter2\"}"}`...)
}

// site is a server with its console, over HTTP.
type site struct {
	t     *testing.T
	url   string
	auth  *Auth
	audit *console.AuditLog
	clock *clock
	log   *lines
}

// everywhere is an address that others reach.
const everywhere = "0.0.0.0:8083"

func newSite(t *testing.T, cfg Config, listen, dir string) *site {
	t.Helper()
	s := &site{t: t, clock: &clock{t: time.Now()}, log: &lines{}}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if s.audit, err = console.OpenAudit("", s.clock.now, log); err != nil {
		t.Fatal(err)
	}
	if s.auth, err = New(cfg, Options{Listen: listen, Dir: dir, Audit: s.audit, Now: s.clock.now, Log: log}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(console.New(console.Options{Auth: s.auth, Audit: s.audit, Log: log, AWS: answering{}, Now: s.clock.now}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// browser keeps cookies as browsers do, and follows no redirect.
type browser struct {
	*site

	cookies map[string]*http.Cookie
	header  http.Header // of every request
}

func (s *site) browser() *browser {
	return &browser{s, map[string]*http.Cookie{}, http.Header{}}
}

// send sends a request and returns the status, the text and the header of the answer.
func (b *browser) send(method, path, body string) (int, string, http.Header) {
	b.t.Helper()
	url := path
	if strings.HasPrefix(path, "/") {
		url = b.url + path
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(console.Header, "1")
	}
	for name, values := range b.header {
		r.Header[name] = values
	}
	for _, c := range b.cookies {
		if strings.HasPrefix(r.URL.Path, c.Path) && strings.HasPrefix(url, b.url) {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if strings.HasPrefix(url, b.url) {
		for _, c := range answer.Cookies() {
			if b.cookies[c.Name] = c; c.MaxAge < 0 {
				delete(b.cookies, c.Name)
			}
		}
	}
	return answer.StatusCode, string(text), answer.Header
}

// session is who the browser is, "" when nobody.
func (b *browser) session() (who console.Session) {
	b.t.Helper()
	status, text, _ := b.send("GET", "/api/session", "")
	if status != http.StatusOK {
		return console.Session{}
	}
	if err := json.Unmarshal([]byte(text), &who); err != nil {
		b.t.Fatal(err)
	}
	return who
}

// outcomes are those of an operation in the audit log, the newest first.
func (s *site) outcomes(operation string) []string {
	entries, _ := s.audit.Entries(1<<62, 1000)
	var all []string
	for _, e := range entries {
		if e.Operation == operation {
			all = append(all, e.User+" "+e.Outcome)
		}
	}
	return all
}

func TestCheck(t *testing.T) {
	provider := Provider{Issuer: "https://login.example.org", ClientID: "x"}
	front := Front{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	roles := map[string]console.Role{"ops": console.Operator}
	for _, c := range []struct {
		name   string
		cfg    Config
		listen string
		says   string // "": it is right
	}{
		{"nothing, on this machine", Config{}, "127.0.0.1:8083", ""},
		{"nothing, on this machine by IPv6", Config{}, "[::1]:8083", ""},
		{"nothing, elsewhere", Config{}, everywhere, ""},
		{"none, elsewhere", Config{Mode: None}, everywhere, "console-auth is none"},
		{"none, anywhere", Config{Mode: None}, ":8083", "console-auth is none"},
		{"none, by a name", Config{Mode: None}, "workstation:8083", "console-auth is none"},
		{"a short token", Config{Mode: Token, Token: "secret"}, everywhere, "16"},
		{"oidc without an issuer", Config{Mode: OIDC, Roles: roles}, everywhere, "oidc-issuer"},
		{"oidc", Config{Mode: OIDC, Provider: provider, Roles: roles}, everywhere, ""},
		{"oidc, where nobody has a role", Config{Mode: OIDC, Provider: provider}, everywhere, "nobody would have a role"},
		{"a proxy from anywhere", Config{Mode: Proxy, Role: console.Viewer}, everywhere, "proxy-networks"},
		{"a proxy", Config{Mode: Proxy, Front: front, Role: console.Viewer}, everywhere, ""},
		{"no role", Config{Mode: Proxy, Front: front, Role: "boss"}, everywhere, "is no role"},
		{"a group without one", Config{Mode: Proxy, Front: front, Roles: map[string]console.Role{"ops": ""}}, everywhere, "has no role"},
		{"no mode", Config{Mode: "password"}, everywhere, "has to be none"},
		{"a URL with a path", Config{Mode: Token, URL: "https://example.org/console"}, everywhere, "console-url"},
	} {
		err := c.cfg.Check(c.listen)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestNone(t *testing.T) {
	s := newSite(t, Config{}, "127.0.0.1:8083", "")
	if got := s.browser().session(); got.Role != console.Admin || got.Auth != None || got.User != "" || !got.Payloads || len(got.Masked) == 0 {
		t.Errorf("who calls from this machine is %+v", got)
	}
	for _, from := range []string{"192.0.2.1:5", "[2001:db8::1]:5", "nonsense"} {
		r := httptest.NewRequest("GET", "/api/session", nil)
		r.RemoteAddr = from
		if p, err := s.auth.Who(r); err == nil {
			t.Errorf("who calls from %s is %+v", from, p)
		}
	}
}

func tokenOf(t *testing.T, s *site) string {
	t.Helper()
	before, token, ok := strings.Cut(s.auth.Link("http://host:1"), "#token=")
	if !ok || before != "http://host:1/console/sign-in" || len(token) < 40 {
		t.Fatalf("the link is %s", s.auth.Link("http://host:1"))
	}
	return token
}

func TestToken(t *testing.T) {
	dir := t.TempDir()
	s := newSite(t, Config{}, everywhere, dir)
	token, b := tokenOf(t, s), s.browser()
	if b.session().User != "" {
		t.Error("who has not signed in is somebody")
	}
	if status, text, _ := b.send("GET", "/api/auth/mode", ""); status != 200 || !strings.Contains(text, `"token"`) {
		t.Errorf("the mode: %d %s", status, text)
	}
	if status, _, _ := b.send("POST", "/api/auth/token", `{"token":"`+token[1:]+`"}`); status != http.StatusUnauthorized {
		t.Errorf("another token: %d", status)
	}
	if status, text, h := b.send("POST", "/api/auth/token", `{"token":"`+token+`"}`); status != 200 || strings.Contains(text+h.Get("Location"), token) {
		t.Errorf("the token: %d %s", status, text)
	}
	for _, c := range b.cookies {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/api/" || strings.Contains(c.Value, token) {
			t.Errorf("the cookie is %+v", c)
		}
	}
	if got := b.session(); got.User != "token" || got.Role != console.Admin {
		t.Errorf("who has signed in is %+v", got)
	}
	stolen := b.browserOf()
	if status, _, _ := b.send("POST", "/api/auth/logout", `{}`); status != 200 || b.session().User != "" {
		t.Error("who has signed out is somebody")
	}
	if stolen.session().User != "" {
		t.Error("a cookie counts after its session has ended")
	}
	if got := s.outcomes("SignIn"); len(got) != 2 || got[0] != "token ok" || got[1] != " UnauthorizedException" {
		t.Errorf("the audit log has sign-ins %q", got)
	}
	if strings.Contains(s.log.String(), token) {
		t.Error("the log has the token")
	}
	for _, name := range []string{TokenFile, keyFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
}

// browserOf is another browser with the same cookies.
func (b *browser) browserOf() *browser {
	other := b.browser()
	for name, c := range b.cookies {
		other.cookies[name] = c
	}
	return other
}

// A token is good in a body and in a header, and nowhere else.
func TestTokenPlaces(t *testing.T) {
	s := newSite(t, Config{Mode: Token, TokenRole: console.Operator, Payloads: []string{"admin"}}, everywhere, "")
	token := tokenOf(t, s)
	program := s.browser()
	program.header.Set("Authorization", "Bearer "+token)
	if got := program.session(); got.Role != console.Operator || got.Payloads {
		t.Errorf("a program with the token is %+v", got)
	}
	b := s.browser()
	if status, _, _ := b.send("GET", "/api/session?token="+token, ""); status != http.StatusUnauthorized {
		t.Errorf("a token in the query of what the pages read: %d", status)
	}
	if status, _, _ := b.send("POST", "/api/auth/token?token="+token, `{"token":"`+token+`"}`); status != http.StatusBadRequest || len(b.cookies) > 0 {
		t.Errorf("a token in the query of a sign-in: %d", status)
	}
	if status, _, _ := b.send("GET", "/api/auth/token?token="+token, ""); status != http.StatusBadRequest {
		t.Errorf("a token in a GET: %d", status)
	}
	for name, value := range map[string]string{"Content-Type": "text/plain", console.Header: ""} {
		b.header = http.Header{name: {value}}
		if status, _, _ := b.send("POST", "/api/auth/token", `{"token":"`+token+`"}`); status != http.StatusForbidden {
			t.Errorf("a sign-in with %s %q, as a form of another page has: %d", name, value, status)
		}
	}
	program.header.Set("Authorization", "Basic "+token)
	if program.session().User != "" {
		t.Error("a Basic header is taken for a token")
	}
	if strings.Contains(s.log.String(), token) {
		t.Error("the log has the token")
	}
}

func TestAttemptsAreBounded(t *testing.T) {
	s := newSite(t, Config{Mode: Token}, everywhere, "")
	token, b := tokenOf(t, s), s.browser()
	try := func(token string) int {
		status, _, _ := b.send("POST", "/api/auth/token", `{"token":"`+token+`"}`)
		return status
	}
	for i := range maxAttempts {
		if status := try("wrong"); status != http.StatusUnauthorized {
			t.Fatalf("attempt %d: %d", i, status)
		}
	}
	if status := try(token); status != http.StatusTooManyRequests {
		t.Errorf("the right token after too many attempts: %d", status)
	}
	program := s.browser()
	program.header.Set("Authorization", "Bearer "+token)
	if program.session().User != "" {
		t.Error("attempts by a header are not counted with the others")
	}
	s.clock.add(attemptEvery)
	if status := try(token); status != 200 {
		t.Errorf("the right token after a while: %d", status)
	}
}

// However many addresses try, what is kept of them is bounded.
func TestAttemptsOfManyAddresses(t *testing.T) {
	c := &clock{t: time.Now()}
	a := newAttempts(c.now)
	at := netip.MustParseAddr("2001:db8::1")
	for range maxAddresses + 10 {
		if a.allowed(at) {
			a.failed(at)
		}
		raw := at.As16()
		for i := 7; i >= 0; i-- {
			if raw[i]++; raw[i] != 0 {
				break
			}
		}
		at = netip.AddrFrom16(raw)
	}
	if len(a.spent) != maxAddresses {
		t.Errorf("%d addresses are kept", len(a.spent))
	}
	c.add(attemptEvery)
	if !a.allowed(at) || len(a.spent) != 0 {
		t.Errorf("%d addresses are kept although all have their attempts again", len(a.spent))
	}
	same := netip.MustParseAddr("2001:db8:1::1")
	for range maxAttempts {
		a.failed(same)
		same = same.Next()
	}
	if a.allowed(same) {
		t.Error("every address of a network has attempts of its own")
	}
}

// Sessions outlive the process, and end when their time is over or what they were begun by has changed.
func TestSessionsLast(t *testing.T) {
	dir := t.TempDir()
	s := newSite(t, Config{Mode: Token, Session: time.Hour}, everywhere, dir)
	b := s.browser()
	b.send("POST", "/api/auth/token", `{"token":"`+tokenOf(t, s)+`"}`)
	cookies := b.cookies
	for _, c := range []struct {
		name  string
		cfg   Config
		later time.Duration
		dir   string
		valid bool
	}{
		{"after a restart", Config{Mode: Token, Session: time.Hour}, 0, dir, true},
		{"later on", Config{Mode: Token, Session: time.Hour}, 59 * time.Minute, dir, true},
		{"too late", Config{Mode: Token, Session: time.Hour}, time.Hour + time.Second, dir, false},
		{"with another token", Config{Mode: Token, Token: "a token of my own"}, 0, dir, false},
		{"with another role", Config{Mode: Token, TokenRole: console.Viewer}, 0, dir, false},
		{"at another server", Config{Mode: Token}, 0, t.TempDir(), false},
	} {
		other := newSite(t, c.cfg, everywhere, c.dir)
		other.clock.add(c.later)
		again := other.browser()
		again.cookies = cookies
		if got := again.session(); (got.User != "") != c.valid {
			t.Errorf("%s it is %+v", c.name, got)
		}
	}
}

// A session is what the server has signed, and its id what the server has drawn.
func TestForgedSessions(t *testing.T) {
	s := newSite(t, Config{Mode: Token}, everywhere, "")
	token, b := tokenOf(t, s), s.browser()
	b.send("POST", "/api/auth/token", `{"token":"`+token+`"}`)
	name := s.auth.sessions.name
	good := b.cookies[name].Value
	body, sum, _ := strings.Cut(good, ".")
	other := &sessions{key: []byte("another key"), now: s.clock.now}
	forged := session{ID: "x", User: "eve", Role: console.Admin, Until: s.clock.now().Add(time.Hour).Unix()}
	for what, text := range map[string]string{
		"nothing": "", "no signature": body, "an empty one": body + ".", "another one": body + "." + sum[:len(sum)-2] + "AA",
		"another body": "x" + body + "." + sum, "another key": other.sign("session", forged),
		"a login": s.auth.sessions.sign("login", forged), "many": strings.Repeat("A", 4000) + "." + sum,
	} {
		eve := s.browser()
		eve.cookies[name] = &http.Cookie{Name: name, Value: text, Path: "/api/"}
		if got := eve.session(); got.User != "" {
			t.Errorf("with %s it is %+v", what, got)
		}
	}
	// Somebody plants a session of his own, and waits for the other one to sign in with it.
	victim := s.browser()
	victim.cookies[name] = &http.Cookie{Name: name, Value: good, Path: "/api/"}
	victim.send("POST", "/api/auth/token", `{"token":"`+token+`"}`)
	if victim.cookies[name].Value == good {
		t.Error("who signs in keeps the session that was there before")
	}
}

// What a Config names is masked in answers, for everybody.
func TestMaskedAnswers(t *testing.T) {
	for want, masked := range map[string][]string{`{\"password\":\"` + console.Hidden + `\"}`: nil, `{\"password\":\"hunter2\"}`: {}} {
		s := newSite(t, Config{Masked: masked}, "127.0.0.1:1", "")
		if status, text, _ := s.browser().send("POST", "/api/aws/DescribeExecution", `{"executionArn":"x"}`); status != 200 || !strings.Contains(text, want) {
			t.Errorf("with the names %q: %d %s", masked, status, text)
		}
	}
}

// What was masked is not sent back as if it were the value.
func TestMaskedInputs(t *testing.T) {
	body := `{"stateMachineArn":"x","input":"{\"password\":\"` + console.Hidden + `\"}"}`
	b := newSite(t, Config{}, "127.0.0.1:1", "").browser()
	if status, text, _ := b.send("POST", "/api/aws/StartExecution", body); status != http.StatusBadRequest || !strings.Contains(text, "masked") {
		t.Errorf("an input that was masked: %d %s", status, text)
	}
	if status, text, _ := b.send("POST", "/api/aws/TestState", body); status != 200 {
		t.Errorf("a test with one: %d %s", status, text)
	}
	if status, _, _ := newSite(t, Config{Masked: []string{}}, "127.0.0.1:1", "").browser().send("POST", "/api/aws/StartExecution", body); status != 200 {
		t.Errorf("dots where nothing is masked: %d", status)
	}
}

func TestProxy(t *testing.T) {
	cfg := Config{
		Mode: Proxy, Front: Front{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, GroupsHeader: "X-Groups"},
		Roles: map[string]console.Role{"ops": console.Operator, "dev": console.Editor}, Payloads: []string{"dev"},
	}
	s := newSite(t, cfg, everywhere, "")
	for _, c := range []struct {
		name   string
		header http.Header
		want   console.Session
	}{
		{"nobody", http.Header{}, console.Session{}},
		{"a blank", http.Header{"X-Forwarded-User": {" "}}, console.Session{}},
		{"somebody without a role", http.Header{"X-Forwarded-User": {"ada"}, "X-Groups": {"guests"}}, console.Session{}},
		{"an operator", http.Header{"X-Forwarded-User": {"ada"}, "X-Groups": {"guests, ops"}}, console.Session{User: "ada", Role: console.Operator}},
		{"the highest role", http.Header{"X-Forwarded-User": {"ada"}, "X-Groups": {"dev,ops"}}, console.Session{User: "ada", Role: console.Editor, Payloads: true}},
		{"two users", http.Header{"X-Forwarded-User": {"ada", "eve"}, "X-Groups": {"ops"}}, console.Session{}},
		{"groups twice", http.Header{"X-Forwarded-User": {"ada"}, "X-Groups": {"ops", "dev"}}, console.Session{}},
	} {
		b := s.browser()
		b.header = c.header
		if got := b.session(); got.User != c.want.User || got.Role != c.want.Role || got.Payloads != c.want.Payloads {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	for _, from := range []string{"192.0.2.9:5", "[::1]:5", "127.0.0.2:5", "@"} {
		r := httptest.NewRequest("GET", "/api/session", nil)
		r.RemoteAddr = from
		r.Header.Set("X-Forwarded-User", "eve")
		r.Header.Set("X-Groups", "dev")
		r.Header.Set("X-Forwarded-For", "127.0.0.1")
		if p, err := s.auth.Who(r); err == nil {
			t.Errorf("headers from %s make %+v", from, p)
		}
	}
}

// A default role lets in who is in no group.
func TestDefaultRole(t *testing.T) {
	c := Config{Role: console.Viewer, Roles: map[string]console.Role{"ops": console.Operator}}
	if p := c.person("ada", nil); p == nil || p.Role != console.Viewer || !p.Payloads {
		t.Errorf("who is in no group is %+v", p)
	}
	if p := c.person("ada", []string{"ops"}); p == nil || p.Role != console.Operator {
		t.Errorf("who is in one is %+v", p)
	}
}

func TestReturnPath(t *testing.T) {
	for asked, want := range map[string]string{
		"/console/executions?q=status%3AFAILED": "/console/executions?q=status%3AFAILED", "/console/": "/console/", "": "/console/",
		"https://evil.example/console/": "/console/", "//evil.example/console/": "/console/", "/\\evil.example": "/console/",
		"/console/..//evil.example": "/console/", "/console/../../x": "/console/", "javascript:alert(1)": "/console/", "/console/\r\nX: y": "/console/",
		"/api/auth/logout": "/console/", "/console//evil.example": "/console/", "/console/%5C%5Cevil": "/console/", "http:/console/": "/console/",
		"/console/%2e%2e/%2e%2e//evil": "/console/", "/console/machines/arn%3Aaws%2Fx": "/console/machines/arn%3Aaws%2Fx",
	} {
		if got := returnPath(asked); got != want {
			t.Errorf("%q leads to %q, want %q", asked, got, want)
		}
	}
}

func TestKept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, TokenFile)
	if err := os.WriteFile(path, []byte("a token of the operator's\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := kept(dir, TokenFile); err != nil || got != "a token of the operator's" {
		t.Errorf("the token in a file: %q %v", got, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is open to others: %v %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := kept(dir, TokenFile); err == nil {
		t.Error("an empty file is a token")
	}
}
