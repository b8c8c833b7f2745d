package http

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"syscall"
	"time"
)

// guard says which endpoints may be called. Whatever a workflow is given as a URL, it is not to reach the machine of the
// server, the networks beside it, or what a cloud tells its machines about themselves. Addresses are looked at when the
// connection is made, after the name was resolved: what a name leads to may change at any time.
type guard struct {
	hosts    []string // patterns, lower case
	ranges   []netip.Prefix
	resolver *net.Resolver
}

// CheckAllow says what is wrong with a list of what may be called, as ClientOptions.Allow has it.
func CheckAllow(allow []string) error {
	_, err := newGuard(allow, nil)
	return err
}

func newGuard(allow []string, resolver *net.Resolver) (*guard, error) {
	g := &guard{resolver: resolver}
	for _, entry := range allow {
		if p, err := netip.ParsePrefix(entry); err == nil {
			g.ranges = append(g.ranges, p.Masked())
			continue
		}
		if a, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
			g.ranges = append(g.ranges, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		if _, err := path.Match(entry, ""); err != nil || entry == "" || strings.ContainsAny(entry, "/: ") {
			return nil, fmt.Errorf("%q is no host that could be called: it has to be a name, a pattern such as *.internal, an address or a range such as 10.0.0.0/8", entry)
		}
		g.hosts = append(g.hosts, strings.ToLower(entry))
	}
	return g, nil
}

// named reports whether a host is allowed by its name.
func (g *guard) named(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, pattern := range g.hosts {
		if ok, _ := path.Match(pattern, host); ok { // well-formed, see newGuard
			return true
		}
	}
	return false
}

// open reports whether plain HTTP may be spoken with a host.
func (g *guard) open(host string) bool {
	a, err := netip.ParseAddr(host)
	return g.named(host) || err == nil && g.ranged(a)
}

func (g *guard) ranged(a netip.Addr) bool {
	a = a.Unmap()
	for _, p := range g.ranges {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// url refuses a URL that is not to be called, as far as that can be seen of it.
func (g *guard) url(u *url.URL) error {
	switch {
	case u.Host == "" || u.Hostname() == "":
		return &RefusedError{"The endpoint has no host."}
	case u.User != nil:
		return &RefusedError{"The endpoint has credentials in it; those belong into a connection."}
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return &RefusedError{"The endpoint has to begin with https://."}
	case !g.open(u.Hostname()):
		return &RefusedError{"The endpoint has to begin with https://: plain HTTP is spoken only with hosts that http-allow in the configuration of this server names, and " +
			u.Hostname() + " is none of them."}
	}
	return nil
}

// dial connects to a host by its name, if where that leads is allowed.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := &net.Dialer{Timeout: 20 * time.Second, KeepAlive: 30 * time.Second, Resolver: g.resolver}
	if !g.named(host) {
		d.Control = func(_, address string, _ syscall.RawConn) error { return g.address(host, address) }
	}
	return d.DialContext(ctx, network, address)
}

// address refuses an address that is about to be connected to.
func (g *guard) address(host, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return &RefusedError{"The endpoint " + host + " leads to an address that cannot be read."}
	}
	a := at.Addr().Unmap().WithZone("")
	if g.ranged(a) || public(a) {
		return nil
	}
	return &RefusedError{"The endpoint " + host + " leads to " + a.String() +
		", which is on this machine or in a private network: the configuration of this server does not allow it."}
}

// closed are ranges that are not public and that net/netip has no question for: shared addresses of carriers, of protocols, of
// benchmarks, documentation and the future; addresses of IPv4 in IPv6 by way of translators.
var closed = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("::/96"),
}

// public reports whether an address is one of the internet. What clouds tell their machines is at link-local ones, or at
// fd00:ec2::254, which is private.
func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
