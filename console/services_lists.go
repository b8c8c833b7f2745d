package console

import (
	"strconv"

	"github.com/statelark/statelark/value"
)

// shelves are what is shown of the services, in the order in which they are.
var shelves = []shelf{
	{"dynamodb", "Amazon DynamoDB", "table", "AWS::DynamoDB::Table", listTables, scanTable},
	{"sqs", "Amazon SQS", "queue", "AWS::SQS::Queue", listQueues, peekQueue},
	{"sns", "Amazon SNS", "topic", "AWS::SNS::Topic", listTopics, listSubscriptions},
	{"s3", "Amazon S3", "bucket", "AWS::S3::Bucket", listBuckets, listObjects},
	{"lambda", "AWS Lambda", "function", "AWS::Lambda::Function", listFunctions, listFunctionVersions},
	{"logs", "Amazon CloudWatch Logs", "log group", "AWS::Logs::LogGroup", listLogGroups, listLogEvents},
	{"events", "Amazon EventBridge", "rule", "AWS::Events::Rule", listRules, listTargets},
	{"secretsmanager", "AWS Secrets Manager", "secret", "AWS::SecretsManager::Secret", listSecrets, showSecret},
	{"ssm", "AWS Systems Manager Parameter Store", "parameter", "AWS::SSM::Parameter", listParameters, showParameter},
	{"batch", "AWS Batch", "job queue", "AWS::Batch::JobQueue", listJobQueues, listBatchJobs},
	{"ecs", "Amazon ECS", "cluster", "AWS::ECS::Cluster", listClusters, listClusterTasks},
	{"glue", "AWS Glue", "job", "AWS::Glue::Job", listGlueJobs, listJobRuns},
}

// listing reads a page of a list: the operation, the names of the token in its input and in its output, the one of the size
// of a page, "" when it has none, and the member that has the rows.
type listing struct{ operation, tokenIn, tokenOut, size, rows string }

func (l listing) read(v *viewing, after string, row func(value.Value) (*Resource, error)) (*Resources, error) {
	in := with(nil, l.tokenIn, after)
	if l.size != "" {
		in = append(in, paramInt(l.size, pageResources))
	}
	out, err := v.call(l.operation, in...)
	if err != nil {
		return nil, err
	}
	page := &Resources{Resources: []Resource{}, Next: textAt(out, l.tokenOut)}
	for _, found := range at(out, l.rows).Elems() {
		r, err := row(found)
		if err != nil {
			return nil, err
		}
		page.Resources = append(page.Resources, *r)
	}
	return page, nil
}

func listTables(v *viewing, after string, wanted bool) (*Resources, error) {
	return listing{"ListTables", "ExclusiveStartTableName", "LastEvaluatedTableName", "Limit", "TableNames"}.read(v, after, func(row value.Value) (*Resource, error) {
		r := &Resource{Name: row.Str(), ID: row.Str(), Facts: facts()}
		if !wanted {
			return r, nil
		}
		out, err := v.call("DescribeTable", param("TableName", r.Name))
		if err != nil {
			return nil, err
		}
		t := at(out, "Table")
		r.Created = secondsAt(t, "CreationDateTime")
		keys := ""
		for _, k := range at(t, "KeySchema").Elems() {
			if keys != "" {
				keys += ", "
			}
			keys += textAt(k, "AttributeName")
		}
		r.Facts = facts("items", textAt(t, "ItemCount"), "size", bytesOf(at(t, "TableSizeBytes")), "status", textAt(t, "TableStatus"), "key", keys)
		return r, nil
	})
}

func listQueues(v *viewing, after string, wanted bool) (*Resources, error) {
	return listing{"ListQueues", "NextToken", "NextToken", "MaxResults", "QueueUrls"}.read(v, after, func(row value.Value) (*Resource, error) {
		r := &Resource{Name: lastOf(row.Str(), "/"), ID: row.Str(), Facts: facts()}
		if !wanted {
			return r, nil
		}
		out, err := v.call("GetQueueAttributes", param("QueueUrl", r.ID),
			value.Member{Key: "AttributeNames", Value: value.NewArray([]value.Value{value.FromString("All")})})
		if err != nil {
			return nil, err
		}
		a := at(out, "Attributes")
		if seconds, err := strconv.ParseInt(textAt(a, "CreatedTimestamp"), 10, 64); err == nil {
			created := timeOf(float64(seconds))
			r.Created = &created
		}
		r.Facts = facts("messages", textAt(a, "ApproximateNumberOfMessages"), "in flight", textAt(a, "ApproximateNumberOfMessagesNotVisible"),
			"delayed", textAt(a, "ApproximateNumberOfMessagesDelayed"), "dead letters to", lastOf(textAt(redrivePolicy(a), "deadLetterTargetArn"), ":"))
		return r, nil
	})
}

func redrivePolicy(attributes value.Value) value.Value {
	policy, _ := value.Parse(textAt(attributes, "RedrivePolicy")) // none, or what the service has checked
	return policy
}

func listTopics(v *viewing, after string, wanted bool) (*Resources, error) {
	return listing{"ListTopics", "NextToken", "NextToken", "", "Topics"}.read(v, after, func(row value.Value) (*Resource, error) {
		id := textAt(row, "TopicArn")
		r := &Resource{Name: lastOf(id, ":"), ID: id, Facts: facts()}
		if !wanted {
			return r, nil
		}
		out, err := v.call("GetTopicAttributes", param("TopicArn", id))
		if err != nil {
			return nil, err
		}
		r.Facts = facts("subscriptions", textAt(out, "Attributes", "SubscriptionsConfirmed"), "pending", textAt(out, "Attributes", "SubscriptionsPending"))
		return r, nil
	})
}

func listBuckets(v *viewing, after string, _ bool) (*Resources, error) {
	return listing{"ListBuckets", "ContinuationToken", "ContinuationToken", "MaxBuckets", "Buckets"}.read(v, after, func(row value.Value) (*Resource, error) {
		return &Resource{Name: textAt(row, "Name"), ID: textAt(row, "Name"), Created: secondsAt(row, "CreationDate"), Facts: facts("region", textAt(row, "BucketRegion"))}, nil
	})
}

func listFunctions(v *viewing, after string, _ bool) (*Resources, error) {
	return listing{"ListFunctions", "Marker", "NextMarker", "MaxItems", "Functions"}.read(v, after, func(row value.Value) (*Resource, error) {
		return &Resource{Name: textAt(row, "FunctionName"), ID: textAt(row, "FunctionName"), Facts: facts("runtime", textAt(row, "Runtime"),
			"handler", textAt(row, "Handler"), "code", bytesOf(at(row, "CodeSize")), "changed", textAt(row, "LastModified"))}, nil
	})
}

func listLogGroups(v *viewing, after string, _ bool) (*Resources, error) {
	return listing{"DescribeLogGroups", "nextToken", "nextToken", "limit", "logGroups"}.read(v, after, func(row value.Value) (*Resource, error) {
		days := textAt(row, "retentionInDays")
		if days != "" {
			days += " days"
		}
		return &Resource{Name: textAt(row, "logGroupName"), ID: textAt(row, "logGroupName"), Created: millisAt(row, "creationTime"),
			Facts: facts("size", bytesOf(at(row, "storedBytes")), "kept", days)}, nil
	})
}

// listRules lists the rules of all buses: the position is the bus, and the token of the list of its rules.
func listRules(v *viewing, after string, _ bool) (*Resources, error) {
	out, err := v.call("ListEventBuses", paramInt("Limit", 100))
	if err != nil {
		return nil, err
	}
	page := &Resources{Resources: []Resource{}}
	for _, bus := range at(out, "EventBuses").Elems() {
		token := ""
		for {
			rules, err := v.call("ListRules", with([]value.Member{param("EventBusName", textAt(bus, "Name"))}, "NextToken", token)...)
			if err != nil {
				return nil, err
			}
			for _, row := range at(rules, "Rules").Elems() {
				page.Resources = append(page.Resources, ruleResource(row))
			}
			if token = textAt(rules, "NextToken"); token == "" {
				break
			}
		}
	}
	return slicePage(page, after)
}

func ruleResource(row value.Value) Resource {
	bus := textAt(row, "EventBusName")
	return Resource{Name: textAt(row, "Name"), ID: bus + "/" + textAt(row, "Name"), Facts: facts("bus", bus, "state", textAt(row, "State"),
		"schedule", textAt(row, "ScheduleExpression"), "pattern", textAt(row, "EventPattern"))}
}

// slicePage cuts a page out of all resources: the position is how many came before.
func slicePage(all *Resources, after string) (*Resources, error) {
	from, _ := strconv.Atoi(after) // "": the first
	from = min(max(from, 0), len(all.Resources))
	to := min(from+pageResources, len(all.Resources))
	if to < len(all.Resources) {
		all.Next = strconv.Itoa(to)
	}
	all.Resources = all.Resources[from:to]
	return all, nil
}

func listSecrets(v *viewing, after string, _ bool) (*Resources, error) {
	return listing{"ListSecrets", "NextToken", "NextToken", "MaxResults", "SecretList"}.read(v, after, func(row value.Value) (*Resource, error) {
		return &Resource{Name: textAt(row, "Name"), ID: textAt(row, "ARN"), Created: secondsAt(row, "CreatedDate"),
			Facts: facts("description", textAt(row, "Description"), "changed", stamp(secondsAt(row, "LastChangedDate")))}, nil
	})
}

func listParameters(v *viewing, after string, _ bool) (*Resources, error) {
	return listing{"DescribeParameters", "NextToken", "NextToken", "MaxResults", "Parameters"}.read(v, after, func(row value.Value) (*Resource, error) {
		return &Resource{Name: textAt(row, "Name"), ID: textAt(row, "Name"), Facts: facts("type", textAt(row, "Type"), "version", textAt(row, "Version"),
			"changed", stamp(secondsAt(row, "LastModifiedDate")), "description", textAt(row, "Description"))}, nil
	})
}

func listJobQueues(v *viewing, after string, _ bool) (*Resources, error) {
	return listing{"DescribeJobQueues", "nextToken", "nextToken", "maxResults", "jobQueues"}.read(v, after, func(row value.Value) (*Resource, error) {
		return &Resource{Name: textAt(row, "jobQueueName"), ID: textAt(row, "jobQueueName"),
			Facts: facts("state", textAt(row, "state"), "status", textAt(row, "status"), "priority", textAt(row, "priority"))}, nil
	})
}

func listClusters(v *viewing, after string, _ bool) (*Resources, error) {
	return listing{"ListClusters", "nextToken", "nextToken", "maxResults", "clusterArns"}.read(v, after, func(row value.Value) (*Resource, error) {
		return &Resource{Name: lastOf(row.Str(), "/"), ID: row.Str(), Facts: facts()}, nil
	})
}

func listGlueJobs(v *viewing, after string, _ bool) (*Resources, error) {
	return listing{"GetJobs", "NextToken", "NextToken", "MaxResults", "Jobs"}.read(v, after, func(row value.Value) (*Resource, error) {
		return &Resource{Name: textAt(row, "Name"), ID: textAt(row, "Name"), Created: secondsAt(row, "CreatedOn"),
			Facts: facts("script", textAt(row, "Command", "ScriptLocation"), "runs as", textAt(row, "Command", "Name"))}, nil
	})
}
