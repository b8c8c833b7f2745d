package sns

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/statelark/statelark/awswire"
)

// The codes of answers that say no.
const (
	invalidParameter  = "InvalidParameter"
	invalidValue      = "ParameterValueInvalid"
	validationError   = "ValidationError"
	emptyBatch        = "EmptyBatchRequest"
	tooManyEntries    = "TooManyEntriesInBatchRequest"
	idsNotDistinct    = "BatchEntryIdsNotDistinct"
	invalidBatchID    = "InvalidBatchEntryId"
	batchTooLong      = "BatchRequestTooLong"
	tagLimit          = "TagLimitExceeded"
	subscriptionLimit = "SubscriptionLimitExceeded"
)

func refuse(code, format string, a ...any) *awswire.Error {
	return &awswire.Error{Code: code, Message: fmt.Sprintf(format, a...), Status: http.StatusBadRequest}
}

// invalid refuses a parameter.
func invalid(format string, a ...any) *awswire.Error {
	return refuse(invalidParameter, "Invalid parameter: "+format, a...)
}

func notFound(what string) *awswire.Error {
	return &awswire.Error{Code: "NotFound", Message: what + " does not exist", Status: http.StatusNotFound}
}

// nullMember refuses a request without a member, in the words of the framework.
func nullMember(member string) *awswire.Error {
	return refuse(validationError, "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

// tooFewParts refuses what is no ARN.
func tooFewParts(parameter, text string) *awswire.Error {
	return invalid("%s Reason: An ARN must have at least 6 elements, not %d", parameter, strings.Count(text, ":")+1)
}
