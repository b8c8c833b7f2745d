package node

import (
	"fmt"
	"net/http"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/console"
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

// newConsole makes what browsers are shown; nil when that is nothing.
func (n *Node) newConsole(states *awswire.Service) http.Handler {
	if n.cfg.Console == ConsoleOff {
		return nil
	}
	return console.New(console.Options{
		Log: n.log,
		Server: console.ServerInfo{
			Version: n.version(), Endpoint: n.URL(), Region: n.cfg.Place.Region, Account: n.cfg.Place.Account,
			Durable: n.cfg.Data != "", Started: time.Now().UTC().Truncate(time.Millisecond), Services: n.Services(),
		},
		Engine: n.engine,
		Hub:    n.hub,
		AWS:    states,
		Place:  n.cfg.Place,
		Limits: n.cfg.Limits,
		Now:    n.opts.Now,
	})
}

// Console is the URL of the console, "" when there is none.
func (n *Node) Console() string {
	if n.cfg.Console == ConsoleOff {
		return ""
	}
	return n.URL() + console.Path
}
