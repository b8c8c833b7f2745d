package aws

import (
	"net/url"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// queueHost refuses what version 1 of the SDK does not get through to: it sends a message to the host of QueueUrl. One that has
// no queue in its path is none of SQS's. (Recorded with a name that no host has.)
func queueHost(_ *task.Call, in value.Value) (value.Value, error) {
	given, _ := in.Get("QueueUrl")
	u, err := url.Parse(given.Str())
	if err == nil && u.Host != "" && strings.Count(strings.Trim(u.Path, "/"), "/") == 0 {
		return in, &awswire.Unanswered{Message: "Unable to execute HTTP request: " + u.Hostname() + ": Name or service not known"}
	}
	return in, nil
}
