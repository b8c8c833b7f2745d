package lambda

import (
	"encoding/base64"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/statelark/statelark/task/function"
)

// invoke carries out Invoke, whose body and answer are the payloads themselves.
func (h *Handler) invoke(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	w.Header().Set("x-amzn-RequestId", id)
	ref, inv, err := readInvocation(r, id)
	if err != nil {
		writeError(w, err)
		return
	}
	switch kind := r.Header.Get("X-Amz-Invocation-Type"); kind {
	case "", "RequestResponse":
		h.respond(w, r, ref, inv)
	case "Event":
		accept(w, http.StatusAccepted, h.catalog.InvokeEvent(ref, inv))
	case "DryRun":
		accept(w, http.StatusNoContent, h.catalog.CheckInvoke(ref))
	default:
		writeError(w, invalid("Value '%s' at 'invocationType' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [Event, RequestResponse, DryRun]", kind))
	}
}

func readInvocation(r *http.Request, id string) (function.Ref, function.Invocation, error) {
	inv := function.Invocation{RequestID: id, WantLog: r.Header.Get("X-Amz-Log-Type") == "Tail"}
	ref, err := named(r)
	if err != nil {
		return ref, inv, err
	}
	if inv.ClientContext, err = function.DecodeClientContext(r.Header.Get("X-Amz-Client-Context")); err != nil {
		return ref, inv, err
	}
	inv.Payload, err = readBody(r, maxBody) // the catalogue knows how much each kind of invocation may have
	return ref, inv, err
}

func accept(w http.ResponseWriter, status int, err error) {
	if err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(status)
}

func (h *Handler) respond(w http.ResponseWriter, r *http.Request, ref function.Ref, inv function.Invocation) {
	res, err := h.catalog.Invoke(r.Context(), ref, inv)
	if err != nil {
		writeError(w, err)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "application/json")
	head.Set("Content-Length", strconv.Itoa(len(res.Payload)))
	head.Set("X-Amz-Executed-Version", res.Version)
	if res.FunctionError != "" {
		head.Set("X-Amz-Function-Error", res.FunctionError)
	}
	if inv.WantLog {
		head.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(res.Log))
	}
	_, _ = w.Write(res.Payload) // a client that has gone needs no answer
}
