package statelark

import (
	"errors"
	"fmt"
)

// The codes of refusals that the engine or the API gives, as AWS spells them. A ValidationException has a Reason, as
// ResourceNotFound and TooManyTags have a Resource.
const (
	CodeAccessDenied                 = "AccessDeniedException"
	CodeActivityAlreadyExists        = "ActivityAlreadyExists"
	CodeActivityDoesNotExist         = "ActivityDoesNotExist"
	CodeActivityLimitExceeded        = "ActivityLimitExceeded"
	CodeActivityWorkerLimitExceeded  = "ActivityWorkerLimitExceeded"
	CodeConflict                     = "ConflictException"
	CodeExecutionLimitExceeded       = "ExecutionLimitExceeded"
	CodeStateMachineLimitExceeded    = "StateMachineLimitExceeded"
	CodeExecutionAlreadyExists       = "ExecutionAlreadyExists"
	CodeExecutionDoesNotExist        = "ExecutionDoesNotExist"
	CodeInvalidArn                   = "InvalidArn"
	CodeInvalidDefinition            = "InvalidDefinition"
	CodeInvalidEncryption            = "InvalidEncryptionConfiguration"
	CodeInvalidExecutionInput        = "InvalidExecutionInput"
	CodeExecutionNotRedrivable       = "ExecutionNotRedrivable"
	CodeInvalidLogging               = "InvalidLoggingConfiguration"
	CodeInvalidName                  = "InvalidName"
	CodeInvalidOutput                = "InvalidOutput"
	CodeInvalidToken                 = "InvalidToken"
	CodeMissingRequiredParameter     = "MissingRequiredParameter"
	CodeResourceNotFound             = "ResourceNotFound"
	CodeServiceQuotaExceeded         = "ServiceQuotaExceededException"
	CodeServiceUnavailable           = "ServiceUnavailable"
	CodeStateMachineAlreadyExists    = "StateMachineAlreadyExists"
	CodeStateMachineDeleting         = "StateMachineDeleting"
	CodeStateMachineDoesNotExist     = "StateMachineDoesNotExist"
	CodeStateMachineTypeNotSupported = "StateMachineTypeNotSupported"
	CodeTaskTimedOut                 = "TaskTimedOut"
	CodeThrottling                   = "ThrottlingException"
	CodeTooManyTags                  = "TooManyTags"
	CodeValidation                   = "ValidationException"
)

// Error is an answer of the Step Functions API that says no. Code is AWS's exception name, Message its text;
// anything else that goes wrong is an internal fault, whose text is for the operator alone.
type Error struct {
	Code    string
	Message string
	// Reason is the reason member of a ValidationException, "" when it has none.
	Reason string
	// Resource is the resourceName member of ResourceNotFound and TooManyTags, "" when it has none.
	Resource string
	// Limit is the limit that was hit, by its name as a setting, "" where there is none. No caller is told: AWS has no
	// member for it.
	Limit string
}

// Over says which limit the error is about.
func (e *Error) Over(limit string) *Error {
	e.Limit = limit
	return e
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf makes an Error of AWS's code with a formatted message.
func Errorf(code, format string, a ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, a...)}
}

// TypeNotSupported is the answer to what state machines of the one type do and those of the other do not.
func TypeNotSupported() *Error {
	return Errorf(CodeStateMachineTypeNotSupported, "This operation is not supported by this type of state machine")
}

// Refused reports whether err is an answer of the API, and not a fault.
func Refused(err error) bool { return ErrorCode(err) != "" }

// ErrorCode returns the API code of err, "" when err is none of the API's.
func ErrorCode(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// ResourceNotFound is the answer about tags of, or a Map Run at, an ARN that names nothing.
func ResourceNotFound(arn string) *Error {
	return &Error{Code: CodeResourceNotFound, Message: "Resource not found: '" + arn + "'", Resource: arn}
}

// NoSuchResource is the answer about a version or an alias that is not there.
func NoSuchResource(arn string) *Error {
	return &Error{Code: CodeResourceNotFound, Message: "Request references a resource that does not exist.", Resource: arn}
}

// TooManyTags is the answer when a resource would have more tags than the limit.
func TooManyTags(arn string) *Error {
	return &Error{Code: CodeTooManyTags, Message: "Too Many Tags: '" + arn + "'", Resource: arn}
}
