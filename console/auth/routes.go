package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/console"
)

// mode is GET /api/auth/mode, which anybody may ask for.
type mode struct {
	Auth  string `json:"auth"`
	Login string `json:"login,omitempty"` // where a browser is to go to sign in, with ?return=, where it is not the console's own page
}

// tokenRequest is POST /api/auth/token.
type tokenRequest struct {
	Token string `json:"token"`
}

const loginPath = "/api/auth/login"

// routes are the addresses below /api/auth/.
func (a *Auth) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/auth/mode", func(w http.ResponseWriter, _ *http.Request) {
		said := mode{Auth: a.mode}
		if a.mode == OIDC {
			said.Login = loginPath
		}
		answer(w, http.StatusOK, said)
	})
	mux.HandleFunc("POST /api/auth/logout", a.signOut)
	switch a.mode {
	case Token:
		mux.HandleFunc("POST /api/auth/token", a.exchange)
	case OIDC:
		mux.HandleFunc("GET "+loginPath, a.login)
		mux.HandleFunc("GET "+callbackPath, a.callback)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusNotFound, console.Failure{Code: "ResourceNotFound", Message: "There is no such way to sign in at this server."})
	})
	return mux
}

// Handler answers what is below /api/auth/.
func (a *Auth) Handler() http.Handler { return http.HandlerFunc(a.serve) }

func (a *Auth) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.URL.Query().Has("token") { // it would be in histories and logs
		answer(w, http.StatusBadRequest, console.Failure{Code: "ValidationException", Message: "A token belongs into a body or a header, and never into a URL."})
		return
	}
	a.handler.ServeHTTP(w, r)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the browser is gone: there is nobody to tell
}

// refuse answers with a refusal.
func refuse(w http.ResponseWriter, err error) {
	var refused *statelark.Error
	if !errors.As(err, &refused) {
		refused = &statelark.Error{Code: "InternalFailure", Message: "The server could not answer; its log says why."}
	}
	status := map[string]int{
		"UnauthorizedException": http.StatusUnauthorized, "AccessDeniedException": http.StatusForbidden,
		statelark.CodeThrottling: http.StatusTooManyRequests, "InternalFailure": http.StatusInternalServerError,
	}[refused.Code]
	if status == 0 {
		status = http.StatusBadRequest
	}
	answer(w, status, console.Failure{Code: refused.Code, Message: refused.Message})
}

// own checks that a page of the console has sent a POST: no form, and no simple request of another page, has these headers.
func own(r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || r.Header.Get(console.Header) != "1" {
		return &statelark.Error{Code: "AccessDeniedException", Message: "This needs the headers Content-Type: application/json and " + console.Header + ": 1."}
	}
	return nil
}

// maxTokenBody bounds the body of a request with a token.
const maxTokenBody = 4 << 10

// exchange gives who has the token a session.
func (a *Auth) exchange(w http.ResponseWriter, r *http.Request) {
	if err := own(r); err != nil {
		refuse(w, err)
		return
	}
	var given tokenRequest
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTokenBody))
	if err == nil {
		err = json.Unmarshal(text, &given)
	}
	if err != nil {
		refuse(w, &statelark.Error{Code: "SerializationException", Message: `The body has to be {"token": …}.`})
		return
	}
	p, err := a.owner(r, given.Token)
	if err != nil {
		if codeOf(err) != statelark.CodeThrottling { // else there is no end of them
			a.note(r, nil, "SignIn", codeOf(err))
		}
		refuse(w, err)
		return
	}
	a.sessions.begin(w, p, a.secure(r))
	a.note(r, p, "SignIn", "ok")
	answer(w, http.StatusOK, struct{}{})
}

func codeOf(err error) string {
	var refused *statelark.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return "InternalFailure"
}

// owner is who has the token.
func (a *Auth) owner(r *http.Request, given string) (*console.Person, error) {
	from := addressOf(r)
	if !a.attempts.allowed(from) {
		return nil, &statelark.Error{Code: statelark.CodeThrottling, Message: "There were too many attempts. Try again in a minute."}
	}
	want, got := sha256.Sum256([]byte(a.token)), sha256.Sum256([]byte(given))
	if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		a.attempts.failed(from)
		return nil, unauthorized("This is not the token of this server.")
	}
	role := a.cfg.TokenRole
	if role == "" {
		role = console.Admin
	}
	return &console.Person{Name: "token", Role: role, Payloads: a.cfg.seesPayloads(role, nil)}, nil
}

// bearerOf is the token in the header of a program that has signed in by it.
func bearerOf(r *http.Request) (string, bool) {
	kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(kind, "Bearer")
}

// bearer is a program that has the token.
func (a *Auth) bearer(r *http.Request, token string) (*console.Person, error) {
	if a.mode != Token {
		return nil, unauthorized("This server has no token that programs could sign in by.")
	}
	return a.owner(r, token)
}

// signOut ends a session.
func (a *Auth) signOut(w http.ResponseWriter, r *http.Request) {
	if err := own(r); err != nil {
		refuse(w, err)
		return
	}
	if s, ok := a.sessions.end(w, r, a.secure(r)); ok {
		a.note(r, &console.Person{Name: s.User, Role: s.Role}, "SignOut", "ok")
	}
	answer(w, http.StatusOK, struct{}{})
}

// secure reports whether a browser has reached the server by TLS, be it that of a proxy.
func (a *Auth) secure(r *http.Request) bool { return strings.HasPrefix(a.base(r), "https:") }

// base is the URL at which a browser has reached the server.
func (a *Auth) base(r *http.Request) string {
	switch {
	case a.cfg.URL != "":
		return strings.TrimSuffix(a.cfg.URL, "/")
	case r.TLS != nil, r.Header.Get("X-Forwarded-Proto") == "https":
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// returnPath is where a browser goes when it has signed in: a page of the console, whatever it asked for.
func returnPath(asked string) string {
	u, err := url.Parse(asked)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(u.Path, console.Path) ||
		strings.ContainsAny(asked, "\\\r\n\t") || strings.Contains(u.Path, "/../") || strings.Contains(u.Path, "//") || strings.ContainsRune(u.Path, '\\') {
		return console.Path
	}
	return u.RequestURI()
}
