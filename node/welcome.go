package node

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// WelcomeStart is what the page at GET / begins with. Clients know a Statelark server by it.
const WelcomeStart = "Statelark "

// welcome is the page at GET /.
func (n *Node) welcome() string {
	return WelcomeStart + fmt.Sprintf(`%s runs Amazon States Language workflows behind the AWS Step Functions API.

Point a client at it:

  %s
  aws stepfunctions list-state-machines

or name it in the call:

  aws stepfunctions list-state-machines --endpoint-url %s
  boto3.client("stepfunctions", endpoint_url=%q, region_name=%q)

Any credentials will do. These services are at the same address, for tasks and for clients:

  %s

%s

  GET /health   200 when executions can go on
`, n.version(), n.Exports(), n.URL(), n.URL(), n.cfg.Place.Region, strings.Join(n.Services(), ", "), HostPrefixNote)
}

// HostPrefixNote is for the two operations before whose host AWS's clients put a prefix. No resolver knows a
// host "sync-127.0.0.1".
const HostPrefixNote = `For StartSyncExecution and TestState, AWS clients call the host sync-HOST. The line above tells the AWS CLI and
boto3 not to. Elsewhere: disableHostPrefix in JavaScript, or this address as HTTP_PROXY.`

// Exports is the line for a shell that makes AWS clients use the node. Some go by AWS_REGION, some by AWS_DEFAULT_REGION.
func (n *Node) Exports() string {
	url, region := n.URL(), n.cfg.Place.Region
	return strings.Join([]string{
		"export AWS_ENDPOINT_URL=" + url,
		"AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region,
		"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_DISABLE_HOST_PREFIX_INJECTION=true",
	}, " ")
}

// Services are the names that the AWS CLI has for the services that are built in.
func (n *Node) Services() []string {
	names := slices.Collect(maps.Keys(n.callers.own))
	for name := range n.builders() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (n *Node) version() string {
	if n.opts.Version == "" {
		return "devel"
	}
	return n.opts.Version
}
