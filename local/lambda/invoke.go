package lambda

import (
	"context"
	"encoding/base64"
	"net/http"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

// invoke carries out Invoke, whose body and answer are the payloads themselves. A function of another account may be
// called, as AWS lets one be whose policy says so.
func (h *Handler) invoke(ctx context.Context, c *awswire.Call) error {
	ref, err := function.ParseRef(c.Str("FunctionName"), c.Str("Qualifier"))
	if err == nil {
		err = reachable(c, &ref)
	}
	if err != nil {
		return err
	}
	inv := function.Invocation{RequestID: c.RequestID, WantLog: c.Str("LogType") == "Tail", Payload: c.Payload}
	if inv.ClientContext, err = decodeClientContext(c.Str("ClientContext")); err != nil {
		return err
	}
	c.Raw = []byte{}
	switch c.Str("InvocationType") {
	case "Event":
		c.Status = http.StatusAccepted
		return h.catalog.InvokeEvent(ref, inv)
	case "DryRun":
		c.Status = http.StatusNoContent
		return h.catalog.CheckInvoke(ref)
	}
	res, err := h.catalog.Invoke(ctx, ref, inv)
	if err != nil {
		return err
	}
	c.Head.Set("X-Amz-Executed-Version", res.Version)
	if res.FunctionError != "" {
		c.Head.Set("X-Amz-Function-Error", res.FunctionError)
	}
	if inv.WantLog {
		c.Head.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(res.Log))
	}
	c.Raw = res.Payload
	return nil
}
