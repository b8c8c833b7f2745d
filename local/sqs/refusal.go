package sqs

import (
	"fmt"
	"net/http"

	"github.com/statelark/statelark/awswire"
)

// The codes of answers that say no, by the names of their shapes. Those that the model does not have are AWS's all the same.
const (
	invalidParameter   = "InvalidParameterValueException"
	missingParameter   = "MissingRequiredParameterException"
	invalidAttrName    = "InvalidAttributeName"
	invalidAttrValue   = "InvalidAttributeValue"
	queueNameExists    = "QueueNameExists"
	queueDoesNotExist  = "QueueDoesNotExist"
	invalidContents    = "InvalidMessageContents"
	handleIsInvalid    = "ReceiptHandleIsInvalid"
	resourceNotFound   = "ResourceNotFoundException"
	unsupported        = "UnsupportedOperation"
	overLimit          = "OverLimit"
	purgeInProgress    = "PurgeQueueInProgress"
	emptyBatch         = "EmptyBatchRequest"
	tooManyEntries     = "TooManyEntriesInBatchRequest"
	idsNotDistinct     = "BatchEntryIdsNotDistinct"
	invalidBatchID     = "InvalidBatchEntryId"
	batchTooLong       = "BatchRequestTooLong"
	invalidAddress     = "InvalidAddress"
	noSuchQueueMessage = "The specified queue does not exist."
)

// queryCodes are the codes of old where they are not the shape's name; entries of batches that fail have these.
var queryCodes = map[string]string{
	invalidParameter: "InvalidParameterValue",
	missingParameter: "MissingParameter",
}

func queryCode(code string) string {
	if old := queryCodes[code]; old != "" {
		return old
	}
	return code
}

func refuse(code, format string, a ...any) *awswire.Error {
	return &awswire.Error{Code: code, Message: fmt.Sprintf(format, a...), Status: http.StatusBadRequest}
}

// notFound refuses what the ARN in a parameter names. (Recorded: 404, where a queue that is missing is a 400.)
func notFound(parameter string) *awswire.Error {
	return &awswire.Error{Code: resourceNotFound, Status: http.StatusNotFound,
		Message: "The resource that you specified for the " + parameter + " parameter doesn't exist."}
}

// invalidValue refuses the value of a parameter.
func invalidValue(value any, parameter, reason string) *awswire.Error {
	return refuse(invalidParameter, "Value %v for parameter %s is invalid. Reason: %s", value, parameter, reason)
}

func missing(parameter string) *awswire.Error {
	return refuse(missingParameter, "The request must contain the parameter %s.", parameter)
}

func noSuchQueue() *awswire.Error { return refuse(queueDoesNotExist, noSuchQueueMessage) }
