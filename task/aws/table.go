package aws

// The optimised integrations. What is not said here is the service's own: operations, names, shapes.

var table = []integration{
	{
		service: "dynamodb", errors: "DynamoDB", base: "AmazonDynamoDBException", client: "AmazonDynamoDBv2",
		actions: map[string]action{"getItem": {}, "putItem": {}, "updateItem": {}, "deleteItem": {}},
	},
	{
		service: "sqs", errors: "SQS", base: "AmazonSQSException", client: "AmazonSQS",
		codes: map[string]string{ // those of the query protocol, which the SDK shows
			"QueueDoesNotExist":    "AWS.SimpleQueueService.NonExistentQueue",
			"UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
		},
		actions: map[string]action{"sendMessage": {texts: []string{"MessageBody"}, prepare: queueHost}},
	},
	{
		service: "sns", errors: "SNS", base: "AmazonSNSException", client: "AmazonSNS",
		actions: map[string]action{"publish": {texts: []string{"Message"}}},
	},
	{
		service: "events", errors: "EventBridge", base: "AmazonEventBridgeException", client: "AmazonEventBridge", bare: true,
		actions: map[string]action{"putEvents": {prepare: eventEntries, fails: failedEntries}},
	},
}
