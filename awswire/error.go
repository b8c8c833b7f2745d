package awswire

import (
	"net/http"
	"strconv"

	"github.com/statelark/statelark/value"
)

// Namespaces of errors that no service declares: the framework below AWS's services raises them.
const (
	coralService  = "com.amazon.coral.service"
	coralValidate = "com.amazon.coral.validate"
)

// Error is an answer that says no.
type Error struct {
	Namespace string // what stands before the # of __type; "": the service's own
	Code      string
	Message   string
	Status    int // 0: 400
	// Extra are members beside the message, such as the reason of a ValidationException.
	Extra []value.Member
	// Header are fields of HTTP beside those that the protocol has, such as x-amz-delete-marker; may be nil.
	Header http.Header
	// Limit is the limit that was hit, by its name as a setting; "": none. Service.Hit is told.
	Limit string

	// Of an answer that came over HTTP:

	// RequestID is what the service calls the request, HostID what S3 calls it besides. "" in process.
	RequestID, HostID string
	// Attempts is how often the request was made; 0: once.
	Attempts int
}

// Unanswered is the error of a Caller whose request got no answer: it could not be sent, or nothing came back.
type Unanswered struct {
	Message  string // what AWS's SDKs say, whole, without any secret
	Attempts int    // 0: once
}

func (e *Unanswered) Error() string { return e.Message }

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// serialization is the answer to a body that does not have the form of the operation's input.
func serialization(message string) *Error {
	return &Error{Namespace: coralService, Code: "SerializationException", Message: message}
}

func unknownOperation(message string) *Error {
	return &Error{Namespace: coralService, Code: "UnknownOperationException", Message: message}
}

func tooLarge(limit int64) *Error {
	return &Error{Namespace: coralService, Code: "RequestEntityTooLarge", Limit: "request-bytes",
		Message: "The request is larger than " + strconv.FormatInt(limit, 10) + " bytes", Status: http.StatusRequestEntityTooLarge}
}

// internalFailure is what clients see of a fault; the fault itself is the operator's to read.
func internalFailure() *Error {
	return &Error{Namespace: coralService, Code: "InternalFailure",
		Message: "The request processing has failed because of an unknown error, exception or failure.",
		Status:  http.StatusInternalServerError}
}

// appendBody appends the body of e as JSON 1.0 has it.
func (e *Error) appendBody(dst []byte, namespace string) []byte {
	if e.Namespace != "" {
		namespace = e.Namespace
	}
	w := Writer{append(dst, '{')}
	w.Str("__type", namespace+"#"+e.Code)
	w.Str("message", e.Message)
	for _, m := range e.Extra {
		w.Key(m.Key)
		w.Raw(m.Value.AppendCompact)
	}
	w.Close('}')
	return w.buf
}

// throttles are the codes with which services ask for fewer requests.
var throttles = map[string]bool{
	"Throttling": true, "ThrottlingException": true, "ThrottledException": true, "RequestThrottledException": true,
	"RequestThrottled": true, "TooManyRequestsException": true, "ProvisionedThroughputExceededException": true,
	"TransactionInProgressException": true, "RequestLimitExceeded": true, "BandwidthLimitExceeded": true,
	"LimitExceededException": true, "SlowDown": true, "PriorRequestNotComplete": true, "EC2ThrottledException": true,
}

// Throttles reports whether the code of an error asks for fewer requests: the same one may be sent again later.
func Throttles(code string) bool { return throttles[code] }
