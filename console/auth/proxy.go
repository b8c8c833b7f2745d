package auth

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/statelark/statelark/console"
)

// named is whom the proxy in front has signed in. Who comes from elsewhere is not believed, whatever the headers say.
func (a *Auth) named(r *http.Request) (*console.Person, error) {
	front, from := &a.cfg.Front, addressOf(r)
	if !from.IsValid() || !slices.ContainsFunc(front.Networks, func(n netip.Prefix) bool { return n.Contains(from) }) {
		return nil, unauthorized("The console is reached through its proxy alone.")
	}
	users := r.Header.Values(cmp.Or(front.UserHeader, "X-Forwarded-User"))
	if len(users) != 1 || strings.TrimSpace(users[0]) == "" { // of two, one may be the sender's own
		return nil, unauthorized("The proxy does not say who has signed in.")
	}
	var groups []string
	lines := r.Header.Values(cmp.Or(front.GroupsHeader, "X-Forwarded-Groups"))
	if len(lines) > 1 {
		return nil, unauthorized("The proxy says twice which groups somebody is in.")
	}
	for group := range strings.SplitSeq(strings.Join(lines, ""), ",") {
		if group = strings.TrimSpace(group); group != "" {
			groups = append(groups, group)
		}
	}
	p := a.cfg.person(strings.TrimSpace(users[0]), groups)
	if p == nil {
		return nil, noRole(users[0])
	}
	if hops := strings.Split(r.Header.Get("X-Forwarded-For"), ","); len(r.Header.Values("X-Forwarded-For")) == 1 {
		if ip, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil { // the last is the proxy's own word
			p.Address = ip.String()
		}
	}
	return p, nil
}
