package events

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

func TestBuses(t *testing.T) {
	run(t, func(b *bench) {
		b.want(b.do("ListEventBuses", `{}`), `"default"`, "EventBuses", 0, "Name")
		b.want(b.do("CreateEventBus", `{"Name":"x","Tags":[{"Key":"k","Value":"v"}]}`), `"arn:aws:events:us-east-1:123456789012:event-bus/x"`, "EventBusArn")
		b.refused("CreateEventBus", `{"Name":"x"}`, "ResourceAlreadyExistsException", "Event bus x already exists.")
		b.refused("CreateEventBus", `{"Name":"default"}`, "ResourceAlreadyExistsException", "")
		b.do("PutPermission", `{"EventBusName":"x","Action":"events:PutEvents","Principal":"111122223333","StatementId":"one"}`)
		b.do("PutPermission", `{"EventBusName":"x","Action":"events:PutEvents","Principal":"*","StatementId":"two"}`)
		b.do("RemovePermission", `{"EventBusName":"x","StatementId":"two"}`)
		b.refused("RemovePermission", `{"EventBusName":"x","StatementId":"two"}`, "ResourceNotFoundException", "Statement with the provided id does not exist.")
		want := `{"Version":"2012-10-17","Statement":[{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},` +
			`"Action":"events:PutEvents","Resource":"arn:aws:events:us-east-1:123456789012:event-bus/x"}]}`
		if got := at(b.do("DescribeEventBus", `{"Name":"x"}`), "Policy").Str(); got != want {
			b.Errorf("the policy is %s", got)
		}
		b.do("RemovePermission", `{"EventBusName":"x","RemoveAllPermissions":true}`)
		b.want(b.do("DescribeEventBus", `{"Name":"x"}`), "", "Policy")
		b.do("PutRule", `{"Name":"r","EventBusName":"x","EventPattern":"{\"source\":[\"s\"]}"}`)
		b.refused("DeleteEventBus", `{"Name":"x"}`, "ValidationException", "has rules")
		b.do("DeleteRule", `{"Name":"r","EventBusName":"x"}`)
		b.do("DeleteEventBus", `{"Name":"x"}`)
		b.refused("DescribeEventBus", `{"Name":"x"}`, "ResourceNotFoundException", "Event bus x does not exist.")
		b.refused("DeleteEventBus", `{"Name":"default"}`, "ValidationException", "Cannot delete event bus default.")
	})
}

func TestRules(t *testing.T) {
	run(t, func(b *bench) {
		b.refused("PutRule", `{"Name":"r"}`, "ValidationException", "EventPattern or ScheduleExpression must be specified")
		b.refused("PutRule", `{"Name":"r","EventPattern":"{\"a\":1}"}`, "InvalidEventPatternException", "Event pattern is not valid. Reason:")
		b.refused("PutRule", `{"Name":"r","ScheduleExpression":"rate(1 minutes)"}`, "ValidationException", "Parameter ScheduleExpression is not valid.")
		b.refused("DescribeRule", `{"Name":"r"}`, "ResourceNotFoundException", "Rule r does not exist on EventBus default.")
		b.rule("r", `{"source":["s"]}`, `"Arn":"`+queue+`"`)
		b.want(b.do("ListRuleNamesByTarget", `{"TargetArn":"`+queue+`"}`), `["r"]`, "RuleNames")
		b.refused("DeleteRule", `{"Name":"r"}`, "ValidationException", "Rule can't be deleted since it has targets.")
		b.do("DisableRule", `{"Name":"r"}`)
		b.put(`{}`)
		b.wantTold()
		b.do("EnableRule", `{"Name":"r"}`)
		b.want(b.do("RemoveTargets", `{"Rule":"r","Ids":["1","2"]}`), "1", "FailedEntryCount")
		b.do("TagResource", `{"ResourceARN":"arn:aws:events:us-east-1:123456789012:rule/r","Tags":[{"Key":"k","Value":"v"}]}`)
		b.want(b.do("ListTagsForResource", `{"ResourceARN":"arn:aws:events:us-east-1:123456789012:rule/r"}`), `[{"Key":"k","Value":"v"}]`, "Tags")
		b.do("DeleteRule", `{"Name":"r"}`)
		b.do("DeleteRule", `{"Name":"r"}`)
	})
}

func TestTargetChecks(t *testing.T) {
	run(t, func(b *bench) {
		b.do("PutRule", `{"Name":"r","EventPattern":"{\"source\":[\"s\"]}"}`)
		for _, c := range []struct{ target, text string }{
			{`"Arn":"` + queue + `","Input":"{}","InputPath":"$"`, "Only one of Input, InputPath, or InputTransformer must be provided for target 1."},
			{`"Arn":"` + queue + `","Input":"{"`, "JSON syntax error"},
			{`"Arn":"` + queue + `","InputPath":"x"`, "Invalid InputPath"},
			{`"Arn":"` + queue + `.fifo"`, "MessageGroupId must be specified for target: 1."},
			{`"Arn":"x"`, "Provided Arn is not in correct format."},
			{`"Arn":"arn:aws:states:us-east-1:123456789012:stateMachine:m"`, "RoleArn is required"},
			{`"Arn":"` + queue + `","InputTransformer":{"InputPathsMap":{"a":"$.a"},"InputTemplate":"\"<a> <b>\""}`, "contains invalid placeholder b."},
			{`"Arn":"` + queue + `","InputTransformer":{"InputTemplate":"{\"a\": }"}`, "Invalid InputTemplate"},
		} {
			b.refused("PutTargets", `{"Rule":"r","Targets":[{"Id":"1",`+c.target+`}]}`, "ValidationException", c.text)
		}
		var six []string
		for i := range 6 {
			six = append(six, fmt.Sprintf(`{"Id":"%d","Arn":"%s"}`, i, queue))
		}
		b.refused("PutTargets", `{"Rule":"r","Targets":[`+strings.Join(six, ",")+`]}`, "LimitExceededException", "exceeds the maximum number allowed")
	})
}

func TestPutEvents(t *testing.T) {
	run(t, func(b *bench) {
		b.rule("r", `{"detail":{"n":[{"numeric":[">",1]}]}}`, `"Arn":"`+queue+`"`)
		id := b.put(`{"n": 2}`)
		b.put(`{"n":1}`)
		body := value.FromString(`{"version":"0","id":"` + id + `","detail-type":"t","source":"s","account":"123456789012","time":"1970-01-01T00:00:00Z",` +
			`"region":"us-east-1","resources":[],"detail":{"n":2}}`)
		b.wantTold(`sqs SendMessage {"QueueUrl":"http://e/123456789012/q","MessageBody":` + body.Text() + `}`)

		for _, c := range []struct{ entry, code, text string }{
			{`{"DetailType":"t","Detail":"{}"}`, "InvalidArgument", "Source is a required argument"},
			{`{"Source":"s","Detail":"{}"}`, "InvalidArgument", "DetailType is a required argument"},
			{`{"Source":"s","DetailType":"t"}`, "InvalidArgument", "Detail is a required argument"},
			{`{"Source":"s","DetailType":"t","Detail":"[]"}`, "MalformedDetail", "Detail is malformed."},
			{`{"Source":"aws.x","DetailType":"t","Detail":"{}"}`, "NotAuthorizedForSourceException", "Not authorized for the source."},
		} {
			out := b.do("PutEvents", `{"Entries":[`+c.entry+`,{"Source":"s","DetailType":"t","Detail":"{}","EventBusName":"none"}]}`)
			b.want(out, "1", "FailedEntryCount")
			b.want(out, `"`+c.code+`"`, "Entries", 0, "ErrorCode")
			if text := at(out, "Entries", 0, "ErrorMessage").Str(); !strings.Contains(text, c.text) {
				b.Errorf("%s: %s", c.entry, text)
			}
		}
		b.refused("PutEvents", `{"Entries":[{"Source":"s","DetailType":"t","Detail":"{\"x\":\"`+strings.Repeat("x", maxEntriesBytes)+`\"}"}]}`, "ValidationException", "Total size")
		b.wantTold()
	})
}

// TestEmit puts an event of the server's own, whose source nobody outside may use.
func TestEmit(t *testing.T) {
	run(t, func(b *bench) {
		b.rule("r", `{"source":["aws.states"]}`, `"Arn":"`+queue+`","InputPath":"$.detail.status"`)
		by := callers(func(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
			return b.Operations()[r.Operation](ctx, r)
		})
		if err := Emit(b.Context(), by, here, Event{Source: "aws.states", DetailType: "x", Detail: `{"status":"DONE"}`}); err != nil {
			b.Fatal(err)
		}
		b.wantTold(`"MessageBody":"\"DONE\""`)
		if err := Emit(b.Context(), by, here, Event{Source: "aws.states", DetailType: "x", Detail: `x`}); err == nil {
			b.Error("a malformed event was put")
		}
	})
}

type callers func(ctx context.Context, r *awswire.Request) (*awswire.Reply, error)

func (c callers) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	return c(ctx, r)
}

func TestInputs(t *testing.T) {
	run(t, func(b *bench) {
		for _, c := range []struct{ more, want string }{
			{`"Input":"{\"fixed\":1}"`, `{"fixed":1}`},
			{`"InputPath":"$.detail.list[1]"`, `{"b":2}`},
			{`"InputPath":"$.detail.none"`, `null`},
			{`"InputTransformer":{"InputPathsMap":{"t":"$.detail-type","n":"$.detail.n","l":"$.detail.list","x":"$.none"},"InputTemplate":"{\"t\":<t>,\"n\":<n>,\"l\":<l>,\"x\":<x>,\"in\":\"<t> of <n><x>\"}"}`,
				`{"t":"t","n":3,"l":[1,{"b":2}],"x":"","in":"t of 3"}`},
			{`"InputTransformer":{"InputPathsMap":{"q":"$.detail.q","o":"$.detail.o"},"InputTemplate":"\"<q> and <o>\""}`, `"say \"hi\" and {a:1}"`},
			{`"InputTransformer":{"InputTemplate":"{\"rule\":<aws.events.rule-name>}"}`, `{"rule":"r"}`},
		} {
			b.rule("r", `{"source":["s"]}`, `"Arn":"`+queue+`",`+c.more)
			b.put(`{"n":3,"list":[1,{"b":2}],"q":"say \"hi\"","o":{"a":1}}`)
			b.wantTold(`"MessageBody":` + value.FromString(c.want).Text() + `}`)
		}
	})
}

func TestTargets(t *testing.T) {
	run(t, func(b *bench) {
		role := `,"RoleArn":"arn:aws:iam::123456789012:role/r"`
		for _, c := range []struct{ target, want string }{
			{`"Arn":"` + queue + `.fifo","SqsParameters":{"MessageGroupId":"g"}`, `"MessageGroupId":"g"`},
			{`"Arn":"arn:aws:sns:us-east-1:123456789012:t"`, `sns Publish {"Message":"1","TopicArn":"arn:aws:sns:us-east-1:123456789012:t"}`},
			{`"Arn":"arn:aws:lambda:us-east-1:123456789012:function:f"`, `"InvocationType":"Event","Payload":"MQ=="`},
			{`"Arn":"arn:aws:states:us-east-1:123456789012:stateMachine:m"` + role, `stepfunctions StartExecution {"input":"1","name":"`},
			{`"Arn":"arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/g:*"`, `logs PutLogEvents {"logEvents":[{"message":"1",`},
			{`"Arn":"arn:aws:ecs:us-east-1:123456789012:cluster/c","EcsParameters":{"TaskDefinitionArn":"d","TaskCount":2}` + role, `"count":2`},
			{`"Arn":"arn:aws:batch:us-east-1:123456789012:job-queue/q","BatchParameters":{"JobDefinition":"d","JobName":"n"}` + role, `batch SubmitJob {"jobDefinition":"d","jobName":"n",`},
		} {
			b.rule("r", `{"source":["s"]}`, c.target+`,"Input":"1"`)
			b.put(`{}`)
			b.wantTold(c.want)
		}
	})
}

// TestForward puts an event that goes from bus to bus, and one that would go in a circle for ever.
func TestForward(t *testing.T) {
	run(t, func(b *bench) {
		other := b.do("CreateEventBus", `{"Name":"other"}`)
		b.rule("out", `{"source":["s"]}`, `"Arn":`+at(other, "EventBusArn").Text())
		b.do("PutRule", `{"Name":"in","EventBusName":"other","EventPattern":"{\"source\":[\"s\"]}"}`)
		b.do("PutTargets", `{"Rule":"in","EventBusName":"other","Targets":[{"Id":"1","Arn":"`+queue+`"}]}`)
		b.put(`{}`)
		b.wantTold(`sqs SendMessage`)
		b.do("PutTargets", `{"Rule":"in","EventBusName":"other","Targets":[{"Id":"2","Arn":"arn:aws:events:us-east-1:123456789012:event-bus/default"}]}`)
		b.put(`{}`)
		b.wantTold(`sqs SendMessage`, `sqs SendMessage`, `sqs SendMessage`)
	})
}

// TestRetries has a queue that is unavailable for a while, over a restart.
func TestRetries(t *testing.T) {
	run(t, func(b *bench) {
		b.rule("r", `{"source":["s"]}`, `"Arn":"`+queue+`"`)
		b.answers(func(string) *awswire.Error { return &awswire.Error{Code: "ServiceUnavailable", Status: 503} })
		b.put(`{}`)
		b.wantTold("SendMessage")
		time.Sleep(firstPause)
		b.wantTold("SendMessage")
		b.restart(time.Minute)
		b.wantTold("SendMessage")
		b.answers(nil)
		time.Sleep(maxPause)
		b.wantTold("SendMessage")
		time.Sleep(24 * time.Hour)
		b.wantTold()
	})
}

func TestDeadLetters(t *testing.T) {
	run(t, func(b *bench) {
		dead := `,"DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:123456789012:dead"}`
		fail := func(status int) {
			b.answers(func(call string) *awswire.Error {
				if strings.Contains(call, "/q\"") {
					return &awswire.Error{Code: "QueueDoesNotExist", Message: "no queue", Status: status}
				}
				return nil
			})
		}
		fail(400)
		b.rule("r", `{"source":["s"]}`, `"Arn":"`+queue+`"`+dead)
		b.put(`{}`)
		b.wantTold(`/q"`, `"ERROR_CODE":{"DataType":"String","StringValue":"QueueDoesNotExist"}`)

		fail(500)
		b.rule("r", `{"source":["s"]}`, `"Arn":"`+queue+`","RetryPolicy":{"MaximumRetryAttempts":1}`+dead)
		b.put(`{}`)
		time.Sleep(time.Hour)
		b.wantTold(`/q"`, `/q"`, `"StringValue":"MaximumRetryAttempts"`)

		b.rule("r", `{"source":["s"]}`, `"Arn":"`+queue+`","RetryPolicy":{"MaximumEventAgeInSeconds":60}`+dead)
		b.put(`{}`)
		time.Sleep(time.Hour)
		all := b.told()
		if last := all[len(all)-1]; len(all) != 7 || !strings.Contains(last, "MaximumEventAgeInSeconds") {
			b.Errorf("%d calls, the last %s", len(all), last)
		}
	})
}

// TestSchedules has a rule every five minutes, also over a restart: what was missed is made up for once.
func TestSchedules(t *testing.T) {
	run(t, func(b *bench) {
		b.do("PutRule", `{"Name":"r","ScheduleExpression":"rate(5 minutes)"}`)
		b.do("PutTargets", `{"Rule":"r","Targets":[{"Id":"1","Arn":"`+queue+`"}]}`)
		b.wantTold()
		time.Sleep(5 * time.Minute)
		b.wantTold(`\"detail-type\":\"Scheduled Event\"`)
		time.Sleep(10 * time.Minute)
		b.wantTold("SendMessage", "SendMessage")
		b.restart(23 * time.Minute)
		b.wantTold("SendMessage")
		time.Sleep(2 * time.Minute) // 40 minutes after its beginning
		b.wantTold("SendMessage")
		b.do("DisableRule", `{"Name":"r"}`)
		time.Sleep(time.Hour)
		b.wantTold()
		b.do("PutRule", `{"Name":"r","ScheduleExpression":"cron(30 12 * * ? *)"}`)
		time.Sleep(48 * time.Hour)
		b.wantTold("T12:30:00Z", "T12:30:00Z")
	})
}

func TestArchiveAndReplay(t *testing.T) {
	run(t, func(b *bench) {
		bus := busARN(here, defaultBus)
		b.do("CreateArchive", `{"ArchiveName":"a","EventSourceArn":"`+bus+`","EventPattern":"{\"detail\":{\"keep\":[true]}}","RetentionDays":1}`)
		b.refused("CreateArchive", `{"ArchiveName":"a","EventSourceArn":"`+bus+`"}`, "ResourceAlreadyExistsException", "Archive a already exists.")
		b.rule("r", `{"source":["s"]}`, `"Arn":"`+queue+`","InputPath":"$.replay-name"`)
		from := time.Now().Unix()
		for range replayPage + 5 {
			b.put(`{"keep":true}`)
		}
		b.put(`{"keep":false}`)
		b.told()
		b.want(b.do("DescribeArchive", `{"ArchiveName":"a"}`), fmt.Sprint(replayPage+5), "EventCount")
		start := func(name string) string {
			return fmt.Sprintf(`{"ReplayName":"%s","EventSourceArn":"%s","EventStartTime":%d,"EventEndTime":%d,"Destination":{"Arn":"%s"}}`,
				name, archiveARN(here, "a"), from, from+60, bus)
		}
		b.want(b.do("StartReplay", start("one")), `"STARTING"`, "State")
		b.refused("StartReplay", start("one"), "ResourceAlreadyExistsException", "Replay one already exists.")
		time.Sleep(time.Minute)
		if got := b.told(); len(got) != replayPage+5 || !strings.Contains(got[0], `"MessageBody":"\"one\""`) {
			b.Errorf("replayed %d, the first %s", len(got), got[0])
		}
		b.want(b.do("DescribeReplay", `{"ReplayName":"one"}`), `"COMPLETED"`, "State")
		b.do("StartReplay", start("two"))
		b.want(b.do("CancelReplay", `{"ReplayName":"two"}`), `"CANCELLING"`, "State")
		b.refused("CancelReplay", `{"ReplayName":"two"}`, "IllegalStatusException", "")
		b.restart(time.Minute)
		b.wantTold()
		b.want(b.do("DescribeReplay", `{"ReplayName":"two"}`), `"CANCELLED"`, "State")
		for i := range maxReplays {
			b.do("StartReplay", start(fmt.Sprint("many", i)))
		}
		b.refused("StartReplay", start("more"), "LimitExceededException", "")
		b.do("DeleteArchive", `{"ArchiveName":"a"}`)
		b.refused("DescribeArchive", `{"ArchiveName":"a"}`, "ResourceNotFoundException", "Archive a does not exist.")
	})
}

// invoker notes the inputs of http:invoke.
type invoker struct {
	mu     sync.Mutex
	inputs []string
	fail   error
}

func (i *invoker) failing(with error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fail = with
}

// Start is Invoker's.
func (i *invoker) Start(_ context.Context, c *task.Call) (task.Outcome, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.inputs = append(i.inputs, c.Input.Compact())
	return task.Outcome{}, i.fail
}

func TestConnections(t *testing.T) {
	run(t, func(b *bench) {
		http := &invoker{}
		b.Invoke(http)
		c := b.do("CreateConnection", `{"Name":"c","AuthorizationType":"API_KEY","AuthParameters":{"ApiKeyAuthParameters":{"ApiKeyName":"k","ApiKeyValue":"hush"},`+
			`"InvocationHttpParameters":{"HeaderParameters":[{"Key":"h","Value":"quiet","IsValueSecret":true},{"Key":"o","Value":"open","IsValueSecret":false}]}}}`)
		b.refused("CreateConnection", `{"Name":"c","AuthorizationType":"API_KEY","AuthParameters":{"ApiKeyAuthParameters":{"ApiKeyName":"k","ApiKeyValue":"v"}}}`, "ResourceAlreadyExistsException", "Connection c already exists.")
		b.refused("CreateConnection", `{"Name":"d","AuthorizationType":"BASIC","AuthParameters":{}}`, "ValidationException", "")
		b.want(c, `"AUTHORIZED"`, "ConnectionState")
		shown := b.do("DescribeConnection", `{"Name":"c"}`).Text()
		if strings.Contains(shown, "hush") || strings.Contains(shown, "quiet") || !strings.Contains(shown, "open") {
			b.Errorf("shown is %s", shown)
		}
		b.wantTold(`secretsmanager CreateSecret {"Name":"events!connection/c/`)
		full := at(c, "ConnectionArn").Str()
		got, err := b.Connection(b.Context(), full)
		if err != nil || got.APIKey.Value != "hush" || got.Headers[0].Value != "quiet" {
			b.Errorf("the connection is %+v, %v", got, err)
		}
		if got, err := b.Connection(b.Context(), full+"x"); got != nil || err != nil {
			b.Errorf("another connection is %+v, %v", got, err)
		}

		b.do("UpdateConnection", `{"Name":"c","AuthParameters":{"ApiKeyAuthParameters":{"ApiKeyName":"k2"}}}`)
		if got, err = b.Connection(b.Context(), full); err != nil || *got.APIKey != (struct{ Name, Value string }{"k2", "hush"}) {
			b.Errorf("after the update: %+v, %v", got.APIKey, err)
		}
		b.told()
		b.do("CreateApiDestination", `{"Name":"d","ConnectionArn":"`+full+`","HttpMethod":"POST","InvocationEndpoint":"https://x/*/y"}`)
		d := b.do("DescribeApiDestination", `{"Name":"d"}`)
		b.want(d, `"ACTIVE"`, "ApiDestinationState")
		b.rule("r", `{"source":["s"]}`, `"Arn":`+at(d, "ApiDestinationArn").Text()+`,"Input":"{\"a\":1}","HttpParameters":{"PathParameterValues":["p"],"QueryStringParameters":{"q":"1"}}`)
		b.put(`{}`)
		b.wantTold()
		want := `{"ApiEndpoint":"https://x/p/y","Authentication":{"ConnectionArn":"` + full + `"},"Method":"POST","QueryParameters":{"q":"1"},"RequestBody":{"a":1}}`
		if len(http.inputs) != 1 || http.inputs[0] != want {
			b.Errorf("invoked with %q", http.inputs)
		}
		http.failing(task.Errorf("States.Http.StatusCode.503", "later"))
		b.put(`{}`)
		time.Sleep(firstPause)
		b.told()
		http.failing(nil)
		time.Sleep(time.Hour)
		b.told()
		if len(http.inputs) != 4 {
			b.Errorf("invoked %d times", len(http.inputs))
		}

		b.do("DeauthorizeConnection", `{"Name":"c"}`)
		if _, err := b.Connection(b.Context(), full); err == nil {
			b.Error("a connection without authorization is given")
		}
		b.want(b.do("DeleteConnection", `{"Name":"c"}`), `"DELETING"`, "ConnectionState")
		b.wantTold(`secretsmanager DeleteSecret`)
		b.refused("DescribeConnection", `{"Name":"c"}`, "ResourceNotFoundException", "Failed to describe the connection(s). Connection 'c' does not exist.")
	})
}

func TestOAuthState(t *testing.T) {
	run(t, func(b *bench) {
		b.do("CreateConnection", `{"Name":"c","AuthorizationType":"OAUTH_CLIENT_CREDENTIALS","AuthParameters":{"OAuthParameters":{"AuthorizationEndpoint":"https://x","HttpMethod":"POST",`+
			`"ClientParameters":{"ClientID":"i","ClientSecret":"hush"}}}}`)
		b.want(b.do("DescribeConnection", `{"Name":"c"}`), `"AUTHORIZING"`, "ConnectionState")
		time.Sleep(authorizing)
		b.want(b.do("DescribeConnection", `{"Name":"c"}`), `"AUTHORIZED"`, "ConnectionState")
	})
}

func TestTestEventPattern(t *testing.T) {
	run(t, func(b *bench) {
		const event = `{\"id\":\"1\",\"account\":\"1\",\"source\":\"s\",\"time\":\"t\",\"region\":\"r\",\"detail-type\":\"d\"}`
		b.want(b.do("TestEventPattern", `{"EventPattern":"{\"source\":[\"s\"]}","Event":"`+event+`"}`), "true", "Result")
		b.refused("TestEventPattern", `{"EventPattern":"{\"source\":[\"s\"]}","Event":"{}"}`, "ValidationException", "Parameter Event is not valid.")
		b.refused("TestEventPattern", `{"EventPattern":"[]","Event":"`+event+`"}`, "InvalidEventPatternException", "Filter is not an object")
	})
}
