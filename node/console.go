package node

import (
	"fmt"
	"net/http"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/console/auth"
	"github.com/statelark/statelark/local/sqs"
)

// Whether there is a console.
const (
	ConsoleOn  = "on"
	ConsoleOff = "off"
)

// CheckConsole says what is wrong with Config.Console.
func CheckConsole(text string) error {
	switch text {
	case "", ConsoleOn, ConsoleOff:
		return nil
	}
	return fmt.Errorf("console is %q; it has to be %s or %s", text, ConsoleOn, ConsoleOff)
}

// openConsole opens what the console keeps, and makes what says who uses it.
func (n *Node) openConsole() (err error) {
	if n.cfg.Console == ConsoleOff {
		return nil
	}
	if n.audit, err = console.OpenAudit(n.folder("audit.log"), n.opts.Now, n.log); err != nil {
		return err
	}
	n.auth, err = auth.New(n.cfg.Auth, auth.Options{
		Listen: n.listener.Addr().String(), Dir: n.cfg.Data, Audit: n.audit, Now: n.opts.Now, Log: n.log.With("part", "console"),
	})
	return err
}

// newConsole makes what browsers are shown; nil when that is nothing.
func (n *Node) newConsole(states *awswire.Service) http.Handler {
	if n.cfg.Console == ConsoleOff {
		return nil
	}
	return console.New(console.Options{
		Auth:  n.auth,
		Audit: n.audit,
		Mask:  n.auth.Mask(),
		Log:   n.log,
		Server: console.ServerInfo{
			Version: n.version(), Endpoint: n.URL(), Region: n.cfg.Place.Region, Account: n.cfg.Place.Account,
			Durable: n.cfg.Data != "", Started: time.Now().UTC().Truncate(time.Millisecond), Services: n.Services(), Search: n.index != nil,
		},
		Engine:   n.engine,
		Hub:      n.hub,
		AWS:      states,
		Search:   n.finder(),
		Actions:  n.engine,
		Place:    n.cfg.Place,
		Limits:   n.cfg.Limits,
		Now:      n.opts.Now,
		Settings: n.opts.Settings,
		Services: shelves{insideOnly{n.callers}, n.queues},
	})
}

// Console is the URL of the console, "" when there is none.
func (n *Node) Console() string {
	if n.cfg.Console == ConsoleOff {
		return ""
	}
	return n.URL() + console.Path
}

// SignIn is where the owner of the server signs in to the console, with its token; "" when that is not how people sign in. It
// is as secret as the token.
func (n *Node) SignIn() string {
	if n.auth == nil {
		return ""
	}
	return n.auth.Link(n.URL())
}

// shelves are the services that are built in, as the console sees them.
type shelves struct {
	insideOnly
	queues *sqs.Service
}

// Where is where Tasks find a service.
func (s shelves) Where(service string) string { return s.endpoint(service) }

// Peek looks at messages of a queue.
func (s shelves) Peek(place arn.Place, queueURL, after string, most int) ([]console.Message, string, error) {
	list, next, err := s.queues.Peek(&awswire.Request{Service: "sqs", Place: place}, queueURL, after, most)
	messages := make([]console.Message, 0, len(list))
	for _, m := range list {
		messages = append(messages, console.Message(m))
	}
	return messages, next, err
}
