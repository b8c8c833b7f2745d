package function

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// ErrClosed is the answer of a catalogue that was closed.
var ErrClosed = errors.New("the functions are shut down")

// Error is a refusal by the service, in the terms of Lambda's API: the function did not run.
type Error struct {
	Code    string // "ResourceNotFoundException"
	Status  int    // of HTTP
	Message string
	Reason  string // of a TooManyRequestsException
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf makes an Error with a formatted message.
func Errorf(code string, status int, format string, a ...any) *Error {
	return &Error{Code: code, Status: status, Message: fmt.Sprintf(format, a...)}
}

func errNotFound(arn string) *Error {
	return Errorf("ResourceNotFoundException", http.StatusNotFound, "Function not found: %s", arn)
}

func errTooMany() *Error { return tooMany("ConcurrentInvocationLimitExceeded") }

// The errorType of payloads that the service writes in place of the function.
const (
	typeExit       = "Runtime.ExitError"
	typeEntrypoint = "Runtime.InvalidEntrypoint"
	typeMarshal    = "Runtime.MarshalError"
	typeTimeout    = "Sandbox.Timedout"
	typeTooLarge   = "Function.ResponseSizeTooLarge"
)

// failure is the payload of a function error that the service reports itself.
type failure struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// failed makes the result of an invocation that came to a bad end outside the function's own code.
func failed(errorType, format string, a ...any) *Result {
	message := fmt.Sprintf(format, a...)
	payload, err := json.Marshal(failure{Type: errorType, Message: message})
	if err != nil { // two strings always marshal
		panic(err)
	}
	return &Result{Payload: payload, FunctionError: unhandled, cause: message}
}

func timedOut(inv *Invocation, after time.Duration) *Result {
	return failed(typeTimeout, "RequestId: %s Error: Task timed out after %.2f seconds", inv.RequestID, after.Seconds())
}

func tooLarge() *Result {
	return failed(typeTooLarge, "Response payload size exceeded maximum allowed payload size (%d bytes).", MaxResponse)
}
