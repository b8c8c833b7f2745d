package main

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/v2"

	"github.com/statelark/statelark/console"
	"github.com/statelark/statelark/console/auth"
)

// ConsoleConfig is who may use the console; see auth.Config.
type ConsoleConfig struct {
	Auth        string        `koanf:"console-auth"` // none, token, oidc or proxy; "": by the address
	URL         string        `koanf:"console-url"`
	Session     time.Duration `koanf:"console-session"`
	Token       string        `koanf:"console-token"`
	TokenRole   string        `koanf:"console-token-role"`
	Roles       []string      `koanf:"console-roles"` // GROUP=ROLE
	DefaultRole string        `koanf:"console-default-role"`
	Payloads    []string      `koanf:"console-payloads"` // roles and groups
	Mask        []string      `koanf:"console-mask"`     // names of fields; "none" alone: none

	Issuer       string   `koanf:"oidc-issuer"`
	ClientID     string   `koanf:"oidc-client-id"`
	ClientSecret string   `koanf:"oidc-client-secret"`
	Scopes       []string `koanf:"oidc-scopes"`
	UserClaim    string   `koanf:"oidc-user-claim"`
	GroupsClaim  string   `koanf:"oidc-groups-claim"`

	Networks     []string `koanf:"proxy-networks"`
	UserHeader   string   `koanf:"proxy-user-header"`
	GroupsHeader string   `koanf:"proxy-groups-header"`
}

// maskNothing is the word in console-mask for no names.
const maskNothing = "none"

// auth returns what a node is told of who may use its console.
func (c *ConsoleConfig) auth() (auth.Config, error) {
	a := auth.Config{
		Mode: c.Auth, URL: c.URL, Session: c.Session, Token: c.Token, TokenRole: console.Role(c.TokenRole), Role: console.Role(c.DefaultRole),
		Payloads: nonEmpty(c.Payloads), Masked: nonEmpty(c.Mask),
		Provider: auth.Provider{Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret, Scopes: nonEmpty(c.Scopes), UserClaim: c.UserClaim, GroupsClaim: c.GroupsClaim},
		Front:    auth.Front{UserHeader: c.UserHeader, GroupsHeader: c.GroupsHeader},
	}
	if len(a.Masked) == 1 && a.Masked[0] == maskNothing {
		a.Masked = []string{}
	}
	for _, pair := range nonEmpty(c.Roles) {
		i := strings.LastIndex(pair, "=") // groups may be names of directories: CN=ops,…
		if i <= 0 {
			return a, fmt.Errorf("console-roles has %q; it has to be GROUP=ROLE", pair)
		}
		if a.Roles == nil {
			a.Roles = map[string]console.Role{}
		}
		a.Roles[strings.TrimSpace(pair[:i])] = console.Role(strings.TrimSpace(pair[i+1:]))
	}
	for _, text := range nonEmpty(c.Networks) {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			var ip netip.Addr
			if ip, err = netip.ParseAddr(text); err == nil {
				network, err = ip.Prefix(ip.BitLen())
			}
		}
		if err != nil {
			return a, fmt.Errorf("proxy-networks has %q; it has to be an address or a network, such as 10.1.0.0/16", text)
		}
		a.Front.Networks = append(a.Front.Networks, network)
	}
	if c.Session < 0 || c.Session > 0 && c.Session < time.Minute {
		return a, fmt.Errorf("console-session is %s; it has to be a minute at least", c.Session)
	}
	return a, nil
}

// nonEmpty returns the members of a list that are not blank, nil when there are none.
func nonEmpty(list []string) []string {
	var found []string
	for _, text := range list {
		if text = strings.TrimSpace(text); text != "" {
			found = append(found, text)
		}
	}
	return found
}

// mode is how people sign in, for people to read.
func (c *ConsoleConfig) mode() string {
	if c.Auth == "" {
		return "none on this machine, else token"
	}
	return c.Auth
}

// secretSettings are those whose values nobody is shown; urlSettings have URLs, which may have a secret in them.
var (
	secretSettings = map[string]bool{"console-token": true, "oidc-client-secret": true}
	urlSettings    = map[string]bool{"trace-endpoint": true, "status-changes": true, "lambda-endpoint": true, "service-endpoint": true, "execution-log": true}
)

// shownSettings are the settings in force and where each is from, for the console. k has all of them, file those of the file.
func shownSettings(k, file *koanf.Koanf, given map[string]any) []console.SettingSection {
	sections := map[string]*console.SettingSection{}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		title := sectionOf(name)
		if sections[title] == nil {
			sections[title] = &console.SettingSection{Title: title}
		}
		s := console.Setting{Name: name, Value: shownSetting(name, k.Get(name)), From: "default"}
		_, flag := given[name]
		switch {
		case flag:
			s.From = "flag"
		case os.Getenv(envPrefix+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))) != "":
			s.From = "environment"
		case file.Exists(name):
			s.From = "file"
		case localSettings(os.Getenv)[name] != nil:
			s.From = "environment"
		}
		sections[title].Settings = append(sections[title].Settings, s)
	}
	var all []console.SettingSection
	for _, title := range []string{"Server", "Console", "Services", "Functions", "Observability"} {
		if s := sections[title]; s != nil {
			all = append(all, *s)
		}
	}
	return all
}

// sectionOf is where people look for a setting.
func sectionOf(name string) string {
	word, _, _ := strings.Cut(name, "-")
	switch word {
	case "console", "oidc", "proxy":
		return "Console"
	case "service", "lambda", "auto", "http", "s3", "mock":
		return "Services"
	case "function", "pass":
		return "Functions"
	case "execution", "status", "metrics", "trace", "log":
		return "Observability"
	}
	return "Server"
}

// shownSetting is a value for people to read, with nothing in it that is secret.
func shownSetting(name string, v any) string {
	texts := []string{}
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		for _, e := range v {
			texts = append(texts, fmt.Sprint(e))
		}
	default:
		texts = strings.Split(fmt.Sprint(v), ",")
	}
	if secretSettings[name] && strings.Join(texts, "") != "" {
		return console.Hidden
	}
	for i, text := range texts {
		if u, err := url.Parse(strings.TrimSpace(text)); urlSettings[name] && err == nil && u.Host != "" {
			if u.User != nil {
				u.User = url.User(console.Hidden)
			}
			if u.RawQuery != "" {
				u.RawQuery = console.Hidden
			}
			texts[i], _ = url.PathUnescape(u.String())
		}
	}
	return strings.Join(texts, ", ")
}
