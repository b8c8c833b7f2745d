package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/statelark/statelark/console"
)

// session is what a cookie says of who has signed in. It is signed, so that nobody needs to keep it.
type session struct {
	ID       string       `json:"i"` // drawn anew with every sign-in
	User     string       `json:"u"`
	Role     console.Role `json:"r"`
	Payloads bool         `json:"p,omitempty"`
	Until    int64        `json:"x"` // seconds since 1970
}

// maxEnded is how many sessions that were ended before their time are known. The oldest are forgotten when there are more: a
// cookie that was stolen would count again then, until its time is over.
const maxEnded = 10_000

// sessions signs cookies and reads them.
type sessions struct {
	key  []byte
	name string // of the cookie: servers of one machine share cookies, whatever their ports
	life time.Duration
	now  func() time.Time

	mu    sync.Mutex
	ended map[string]int64 // ids of those who have signed out, and until when they would have been valid
	order []string         // of ended
}

func newSessions(key []byte, life time.Duration, now func() time.Time) *sessions {
	sum := sha256.Sum256(key)
	return &sessions{key: key, name: "statelark-" + hex.EncodeToString(sum[:4]), life: life, now: now, ended: map[string]int64{}}
}

// sign returns a text that says a value, and by whom it was said. use keeps texts of one use from being taken for another's.
func (s *sessions) sign(use string, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers alone
	}
	body := base64.RawURLEncoding.EncodeToString(text)
	return body + "." + base64.RawURLEncoding.EncodeToString(s.mac(use, body))
}

func (s *sessions) mac(use, body string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(use + "\x00" + body))
	return mac.Sum(nil)
}

// read reads what sign has signed for that use.
func (s *sessions) read(use, text string, v any) bool {
	body, sum, ok := strings.Cut(text, ".")
	if !ok {
		return false
	}
	given, err := base64.RawURLEncoding.DecodeString(sum)
	if err != nil || !hmac.Equal(given, s.mac(use, body)) {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	return err == nil && json.Unmarshal(raw, v) == nil
}

// of returns the session of a request.
func (s *sessions) of(r *http.Request) (*session, bool) {
	for _, c := range r.CookiesNamed(s.name) {
		var found session
		if s.read("session", c.Value, &found) && found.Until > s.now().Unix() && !s.hasEnded(found.ID) {
			return &found, true
		}
	}
	return nil, false
}

func (s *sessions) hasEnded(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ended := s.ended[id]
	return ended
}

// begin gives a browser a session, whatever it had before.
func (s *sessions) begin(w http.ResponseWriter, p *console.Person, secure bool) {
	until := s.now().Add(s.life)
	text := s.sign("session", session{ID: draw(), User: p.Name, Role: p.Role, Payloads: p.Payloads, Until: until.Unix()})
	http.SetCookie(w, &http.Cookie{
		Name: s.name, Value: text, Path: "/api/", Expires: until, Secure: secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// end ends the session of a request, for whoever has its cookie.
func (s *sessions) end(w http.ResponseWriter, r *http.Request, secure bool) (*session, bool) {
	http.SetCookie(w, &http.Cookie{Name: s.name, Path: "/api/", MaxAge: -1, Secure: secure, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	found, ok := s.of(r)
	if !ok {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.order) > 0 && (len(s.order) >= maxEnded || s.ended[s.order[0]] < s.now().Unix()) {
		delete(s.ended, s.order[0])
		s.order = s.order[1:]
	}
	s.ended[found.ID] = found.Until
	s.order = append(s.order, found.ID)
	return found, true
}
