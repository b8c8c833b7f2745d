package sns

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/value"
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

// required are the members without which a request is refused before it is looked at. Others have words of their own.
var required = map[string][]string{
	"AddPermission":                {"TopicArn", "Label", "AWSAccountId", "ActionName"},
	"CheckIfPhoneNumberIsOptedOut": {"phoneNumber"},
	"ConfirmSubscription":          {"TopicArn", "Token"},
	"CreatePlatformApplication":    {"Name", "Platform", "Attributes"},
	"CreatePlatformEndpoint":       {"PlatformApplicationArn", "Token"},
	"CreateTopic":                  {"Name"},
	"DeleteTopic":                  {"TopicArn"},
	"GetSubscriptionAttributes":    {"SubscriptionArn"},
	"GetTopicAttributes":           {"TopicArn"},
	"ListSubscriptionsByTopic":     {"TopicArn"},
	"ListTagsForResource":          {"ResourceArn"},
	"OptInPhoneNumber":             {"phoneNumber"},
	"Publish":                      {"Message"},
	"PublishBatch":                 {"TopicArn"},
	"RemovePermission":             {"TopicArn", "Label"},
	"SetEndpointAttributes":        {"EndpointArn", "Attributes"},
	"SetSMSAttributes":             {"attributes"},
	"SetSubscriptionAttributes":    {"SubscriptionArn", "AttributeName"},
	"SetTopicAttributes":           {"TopicArn", "AttributeName"},
	"Subscribe":                    {"TopicArn", "Protocol"},
	"TagResource":                  {"ResourceArn", "Tags"},
	"UntagResource":                {"ResourceArn", "TagKeys"},
}

// withMembers carries out an operation on inputs that have these members.
func withMembers(members []string, do local.Operation) local.Operation {
	return func(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
		for _, name := range members {
			if v, there := r.Input.Get(name); r.Input.Kind() != value.Object || !there || v.IsNull() {
				return nil, nullMember(strings.ToLower(name[:1]) + name[1:])
			}
		}
		return do(ctx, r)
	}
}
