package aws

import (
	"encoding/base64"

	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// modelBody makes bytes of the Body of invokeModel. What lies in S3 is not fetched.
func modelBody(c *task.Call, in value.Value) (value.Value, error) {
	for _, name := range []string{"Input", "Output"} {
		if _, given := in.Get(name); given {
			return in, task.Fatalf("The Parameters '%s' could not be used to start the Task: [%s]", c.Input.Compact(), unknownField(name))
		}
	}
	body, given := in.Get("Body")
	if !given {
		return in, nil
	}
	return in.With("Body", value.FromString(base64.StdEncoding.EncodeToString(plain(body)))), nil
}

// modelAnswer has the Body as JSON, where it is that.
func modelAnswer(_ *task.Call, out value.Value) value.Value {
	body, given := out.Get("Body")
	if !given {
		return out
	}
	raw, err := base64.StdEncoding.DecodeString(body.Str())
	if err != nil {
		return out
	}
	return out.With("Body", payload(raw))
}
