package node

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/statelark/statelark/local/gateway"
	"github.com/statelark/statelark/value"
)

// hosts are the names by which a server is called. Nobody has to sign in, and a page of any name that somebody lets
// resolve to this machine (DNS rebinding) is no page of another origin for a browser. So a name has to be known.
type hosts struct {
	any   bool
	names []string // lower case; one that begins with "." stands for all below it
}

// allHosts is the word in the setting that lets any name pass.
const allHosts = "*"

// awsEndpoint is the name of an endpoint of AWS itself: who lets one of them lead here has the name service or the
// proxy setting of the client in his hand. Names that customers of AWS choose have more parts.
var awsEndpoint = regexp.MustCompile(`^[a-z0-9-]+\.[a-z]{2,}(-[a-z0-9]+)+\.(amazonaws\.com(\.cn)?|api\.aws)$`)

// newHosts returns the names of a server that listens at listen: those of the machine and those in the setting.
func newHosts(listen string, allowed []string) *hosts {
	h := &hosts{names: []string{"localhost", ".localhost", "host.docker.internal"}}
	if name, _, err := net.SplitHostPort(listen); err == nil && name != "" {
		h.add(name)
	}
	if name, err := os.Hostname(); err == nil && name != "" { // a machine without a name has none to be called by
		short, _, _ := strings.Cut(name, ".")
		h.add(name)
		h.add(short)
		h.add(short + ".local")
	}
	for _, name := range allowed {
		if name == allHosts {
			h.any = true
			continue
		}
		h.add(name)
	}
	return h
}

func (h *hosts) add(name string) { h.names = append(h.names, strings.ToLower(name)) }

// knows reports whether host, as a request names it, is this server. A request without a Host is no browser's. An
// address is no name that could lead here and elsewhere in turn. In a request in absolute form, as clients send it
// that have this server as HTTP_PROXY, the host is that of its URL.
func (h *hosts) knows(host string) bool {
	if host == "" || h.any {
		return true
	}
	name := host
	if only, _, err := net.SplitHostPort(host); err == nil {
		name = only
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	return h.isName(name) || h.isName(strings.TrimPrefix(name, "sync-"))
}

func (h *hosts) isName(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil || awsEndpoint.MatchString(name) {
		return true
	}
	return slices.ContainsFunc(h.names, func(known string) bool {
		return name == known || strings.HasPrefix(known, ".") && strings.HasSuffix(name, known)
	})
}

// guard refuses requests for hosts that are not this server.
func (h *hosts) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.knows(r.Host) {
			next.ServeHTTP(w, r)
			return
		}
		refuseHost(w, r)
	})
}

// sameOrigin refuses what pages of other origins send. Requests for S3 that a browser sends only after a preflight are let in: it
// has asked already whether a bucket lets that page do them. That an Authorization is AWS's says that a page has set it, since a
// browser adds others itself. serviceOf tells which service a request is for.
func sameOrigin(next http.Handler, serviceOf func(*http.Request) (string, bool)) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r
		if isAction(r) {
			asked = &http.Request{Method: http.MethodPost, URL: r.URL, Host: r.Host, Header: r.Header}
		}
		if err := protection.Check(asked); err != nil {
			preflighted := r.Method == http.MethodPut || r.Method == http.MethodDelete || strings.HasPrefix(r.Header.Get("Authorization"), "AWS")
			if service, _ := serviceOf(r); service != "s3" || !preflighted {
				http.Error(w, err.Error(), http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// isAction reports whether a GET may do something: those of the query protocol name an operation. A page can have one sent by
// nothing more than an image. Addresses in messages of SNS, which people follow from anywhere, have a secret of the subscription.
func isAction(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.URL.RawQuery != "" && r.URL.Query().Has("Action") && !gateway.IsLink(r)
}

// refuseHost answers in the form of AWS's APIs; their JSON is plain enough for people.
func refuseHost(w http.ResponseWriter, r *http.Request) {
	const code = "AccessDeniedException"
	name, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		name = r.Host
	}
	message := fmt.Sprintf("This server is not called %q. Where it should be, start it with --allowed-hosts %[1]s (or STATELARK_ALLOWED_HOSTS, "+
		"or allowed-hosts in its configuration file). Names are checked so that no page in a browser reaches it under a name of its own.", name)
	text := value.NewObject([]value.Member{
		{Key: "__type", Value: value.FromString("com.amazon.coral.service#" + code)},
		{Key: "message", Value: value.FromString(message)},
	}).Compact()
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(http.StatusForbidden)
	_, _ = w.Write([]byte(text + "\n")) // the client is gone: there is nobody to tell
}

// CheckHosts refuses what can be no name of a host, and patterns that would match nothing.
func CheckHosts(names []string) error {
	for _, name := range names {
		if name == "" || strings.ContainsAny(name, "/: ") || name != allHosts && strings.Contains(name, allHosts) {
			return fmt.Errorf("allowed-hosts has %q; it has to be names without port: example.org, or .example.org for all below it, or %s for any",
				name, allHosts)
		}
	}
	if len(names) > 1 && slices.Contains(names, allHosts) {
		return errors.New("allowed-hosts has " + allHosts + " and names; choose one")
	}
	return nil
}
