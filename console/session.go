package console

import (
	"net"
	"net/http"

	"github.com/statelark/statelark"
)

// Auth tells who sends a request. Package console/auth has those that ask people to sign in.
type Auth interface {
	// Who returns the sender. A *statelark.Error says why nobody may pass: UnauthorizedException when signing in would help.
	Who(r *http.Request) (*Person, error)
	// Mode is how people sign in: none, token, oidc or proxy.
	Mode() string
	// Handler answers what is below /api/auth/, to whoever asks; nil: there is nothing.
	Handler() http.Handler
}

// Person is who sends a request.
type Person struct {
	Name     string // "": nobody has signed in
	Address  string // from where, as a proxy says that is believed; "": that of the connection
	Role     Role
	Payloads bool // may see them
	// Masked are the names of fields whose values are hidden from them.
	Masked []string
	// Mask returns JSON text with those values hidden; nil: nothing is.
	Mask func(text string) string
}

// payload returns JSON text as the person may see it, nil when not at all.
func (p *Person) payload(text string) *string {
	if !p.Payloads {
		return nil
	}
	text = p.text(text)
	return &text
}

// cause returns why something failed, "" for who may not see payloads: causes quote them.
func (p *Person) cause(text string) string {
	if !p.Payloads {
		return ""
	}
	return p.text(text)
}

// text returns a text, JSON or not, with the values hidden that are.
func (p *Person) text(text string) string {
	if p.Mask == nil {
		return text
	}
	return p.Mask(text)
}

// ranks orders the roles.
var ranks = map[Role]int{Viewer: 1, Operator: 2, Editor: 3, Admin: 4}

// AtLeast reports whether who has the role may do what takes the other one.
func (r Role) AtLeast(other Role) bool { return ranks[r] >= ranks[other] }

// Open is the Auth that takes everybody on this machine for an admin, and nobody else for anything.
type Open struct{}

// Who returns an admin.
func (Open) Who(r *http.Request) (*Person, error) {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err != nil || !net.ParseIP(host).IsLoopback() {
		return nil, &statelark.Error{Code: codeUnauthorized, Message: "The console is for this machine alone, since nobody has to sign in."}
	}
	return &Person{Role: Admin, Payloads: true}, nil
}

// Mode returns none.
func (Open) Mode() string { return "none" }

// Handler returns nil.
func (Open) Handler() http.Handler { return nil }

var sessionRoutes = []route{
	{"GET", "session", Viewer, (*Server).session},
}

func (s *Server) session(c *call) (any, error) {
	masked := c.person.Masked
	if masked == nil {
		masked = []string{}
	}
	return &Session{
		User: c.person.Name, Role: c.person.Role, Payloads: c.person.Payloads, Auth: s.opts.Auth.Mode(), Masked: masked, Server: s.opts.Server,
	}, nil
}
