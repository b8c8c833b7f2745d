package gateway

import (
	"errors"
	"slices"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/codec"
	"github.com/statelark/statelark/awswire/model"
)

// checks says what of an input is checked in AWS's general words ("1 validation error detected: …") before a service sees it. Of a
// service that is not here it is the types alone: S3, SQS, SNS, ECS and Batch have words of their own for everything.
var checks = map[string]codec.Check{
	"dynamodb": codec.Everything, "events": codec.Everything, "logs": codec.Everything, "secretsmanager": codec.Everything,
	"ssm": codec.Everything, "sts": codec.Everything, "glue": codec.Everything, "lambda": codec.Everything,
	"stepfunctions": codec.Everything, "scheduler": codec.Everything,
}

// bodies are how many bytes of a request are held in memory, of services for which it is more than usual.
var bodies = map[string]int64{
	"dynamodb": 16 << 20, // a batch of 25 items
	"sqs":      4 << 20,  // ten messages that share 1 MiB, with what the query protocol makes of it
	"s3":       4 << 20,  // what is no object: 1,000 keys to delete, 10,000 parts
	"lambda":   72 << 20, // an archive
}

const usualBody = 2 << 20

func maxBody(service string) int64 {
	if limit, ok := bodies[service]; ok {
		return limit
	}
	return usualBody
}

// reworded gives an error of the checks the code that the service has for it: CloudWatch Logs calls it InvalidParameterException,
// in all operations that have that one.
func reworded(x *codec.Exchange, err error) error {
	const code = "InvalidParameterException"
	var no *awswire.Error
	if x.Service.Name != "logs" || x.Operation == nil || !errors.As(err, &no) || no.Code != "ValidationException" ||
		!slices.ContainsFunc(x.Operation.Errors, func(s *model.Shape) bool { return s.Name == code }) {
		return err
	}
	again := *no
	again.Namespace, again.Code = "", code
	return &again
}
