package dynamodb

import (
	"errors"
	"fmt"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
)

// invalidPrefix begins most errors about parameters.
const invalidPrefix = "One or more parameter values were invalid: "

func validation(format string, args ...any) *awswire.Error {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	return &awswire.Error{Namespace: "com.amazon.coral.validate", Code: "ValidationException", Message: message}
}

func invalidParameter(format string, args ...any) *awswire.Error {
	return validation(invalidPrefix+format, args...)
}

// notFound is the error of operations on items.
func notFound() *awswire.Error {
	return &awswire.Error{Code: "ResourceNotFoundException", Message: "Requested resource not found"}
}

// tableNotFound is the error of operations on tables.
func tableNotFound(name string) *awswire.Error {
	return &awswire.Error{Code: "ResourceNotFoundException", Message: "Requested resource not found: Table: " + name + " not found"}
}

func inUse(message string) *awswire.Error {
	return &awswire.Error{Code: "ResourceInUseException", Message: message}
}

func conditionFailed() *awswire.Error {
	return &awswire.Error{Code: "ConditionalCheckFailedException", Message: "The conditional request failed"}
}

// refusal makes the error of an answer of what attribute and expression say no with. Others are faults, and stay.
func refusal(err error) error {
	var parse *attribute.ParseError
	var wrong expression.Error
	switch {
	case errors.As(err, &parse) && parse.Serialization:
		return &awswire.Error{Namespace: "com.amazon.coral.service", Code: "SerializationException", Message: parse.Message}
	case errors.As(err, &parse):
		return validation("%s", parse.Message)
	case errors.As(err, &wrong):
		return validation("%s", string(wrong))
	}
	return err
}
