package events

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// delivery is an event on its way to a target. Times are Unix ms.
type delivery struct {
	ID       string  `json:"id"`
	Region   string  `json:"region"` // of the rule
	Account  string  `json:"account"`
	RuleARN  string  `json:"ruleArn"`
	Rule     string  `json:"rule"`
	Target   *target `json:"target"`
	Event    string  `json:"event"`
	Created  int64   `json:"created"`
	Due      int64   `json:"due"`
	Attempts int     `json:"attempts,omitempty"` // that were made
	Hops     int     `json:"hops,omitempty"`     // buses that it came over
}

// How a delivery is retried when its target says nothing else.
const (
	usualAttempts   = 185
	usualAge        = 24 * time.Hour
	firstPause      = time.Second
	maxPause        = 5 * time.Minute
	deliveryTimeout = 30 * time.Second
)

// attempt tries to deliver.
func (s *Service) attempt(ctx context.Context, d *delivery) error {
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	to, _ := arn.Parse(d.Target.Arn)
	if to.Service == "events" && strings.HasPrefix(to.Resource, "event-bus/") {
		return s.forward(d, to)
	}
	payload, err := d.payload()
	if err != nil {
		return refuse("INVALID_JSON", "%s", err)
	}
	send := map[string]func(context.Context, *delivery, arn.ARN, string) error{
		"sqs": s.toQueue, "sns": s.toTopic, "lambda": s.toFunction, "states": s.toStateMachine, "logs": s.toLogGroup, "events": s.toAPIDestination,
		"ecs": s.toCluster, "batch": s.toJobQueue,
	}[to.Service]
	if send == nil {
		return &awswire.Error{Code: "NotImplemented", Message: "Events are not delivered to targets of " + to.Service + " here.", Status: http.StatusNotImplemented}
	}
	return send(ctx, d, to, payload)
}

// settle stores how an attempt ended: the delivery is over, or is due again later, or goes to the dead-letter queue.
func (s *Service) settle(ctx context.Context, d *delivery, failed error) error {
	if failed != nil && ctx.Err() != nil {
		return ctx.Err() // it was not the target's fault
	}
	var b kv.Batch
	s.deliveries.Delete(&b, nowhere, stamp(d.Due), d.ID)
	if failed != nil {
		attempts, age := usualAttempts, usualAge
		if r := d.Target.Retry; r != nil {
			if r.Attempts != nil {
				attempts = *r.Attempts
			}
			if r.Age != nil {
				age = time.Duration(*r.Age) * time.Second
			}
		}
		now := s.o.Now()
		next := now.Add(min(firstPause<<min(d.Attempts, 20), maxPause))
		condition := ""
		switch {
		case !transient(failed):
		case d.Attempts >= attempts:
			condition = "MaximumRetryAttempts"
		case next.UnixMilli()-d.Created > age.Milliseconds():
			condition = "MaximumEventAgeInSeconds"
		default:
			again := *d
			again.Due, again.Attempts = next.UnixMilli(), d.Attempts+1
			if err := s.deliveries.Set(&b, &again, nowhere, stamp(again.Due), again.ID); err != nil {
				return err
			}
			return s.o.Store.Apply(&b)
		}
		s.giveUp(ctx, d, failed, condition)
	}
	return s.o.Store.Apply(&b)
}

// transient reports whether another attempt may succeed.
func transient(err error) bool {
	var no *awswire.Error
	if errors.As(err, &no) {
		code := strings.ToLower(no.Code)
		return no.Status >= 500 && no.Status != http.StatusNotImplemented || strings.Contains(code, "throttl") || strings.Contains(code, "toomanyrequests") ||
			strings.Contains(code, "slowdown") || code == "internalfailure" || code == "serviceunavailable"
	}
	var failed *task.Error
	if errors.As(err, &failed) {
		status, isStatus := strings.CutPrefix(failed.Name, "States.Http.StatusCode.")
		return isStatus && (status == "429" || status >= "500") || failed.Name == "States.Http.Socket"
	}
	return true
}

// giveUp tells the log of an event that could not be delivered, and hands it to the dead-letter queue of its target.
func (s *Service) giveUp(ctx context.Context, d *delivery, failed error, condition string) {
	log := s.o.Log.With("rule", d.RuleARN, "target", d.Target.Arn)
	log.Warn("an event was not delivered", "attempts", d.Attempts+1, "error", failed)
	if d.Target.DeadLetter == nil {
		return
	}
	queue, ok := arn.Parse(d.Target.DeadLetter.Arn)
	if !ok || queue.Service != "sqs" {
		return
	}
	code, message := "SDK_CLIENT_ERROR", failed.Error()
	var no *awswire.Error
	if errors.As(failed, &no) {
		code, message = no.Code, no.Message
	}
	attributes := map[string]attribute{}
	for name, text := range map[string]string{"RULE_ARN": d.RuleARN, "TARGET_ARN": d.Target.Arn, "ERROR_CODE": code, "ERROR_MESSAGE": message,
		"EXHAUSTED_RETRY_CONDITION": condition, "RETRY_ATTEMPTS": strconv.Itoa(d.Attempts)} {
		if text != "" && !(name == "RETRY_ATTEMPTS" && condition == "") {
			attributes[name] = attribute{"String", text}
		}
	}
	_, err := s.call(ctx, queue.Place(), "sqs", "SendMessage", queueMessage{QueueURL: s.queueURL(queue), MessageBody: d.Event, Attributes: attributes})
	if err != nil {
		log.Error("an event was not taken by a dead-letter queue", "queue", d.Target.DeadLetter.Arn, "error", err)
	}
}

type attribute struct{ DataType, StringValue string }

type queueMessage struct {
	QueueURL      string `json:"QueueUrl"`
	MessageBody   string
	Attributes    map[string]attribute `json:"MessageAttributes,omitempty"`
	Group         string               `json:"MessageGroupId,omitempty"`
	Deduplication string               `json:"MessageDeduplicationId,omitempty"`
}

func (s *Service) queueURL(queue arn.ARN) string {
	return s.o.Endpoint + "/" + queue.Account + "/" + queue.Resource
}

// call does an operation of another service.
func (s *Service) call(ctx context.Context, at arn.Place, service, operation string, in any) (value.Value, error) {
	input, err := local.Document(in)
	if err != nil {
		return value.Value{}, err
	}
	if s.o.Others == nil {
		return value.Value{}, errors.New("there are no other services")
	}
	reply, err := s.o.Others.Call(ctx, &awswire.Request{Service: service, Operation: operation, Place: at, Input: input, ID: uuid.NewString(), Length: -1,
		Endpoint: s.o.Endpoint})
	if err != nil {
		return value.Value{}, err
	}
	if reply.Body != nil {
		return reply.Output, reply.Body.Close()
	}
	return reply.Output, nil
}

func (s *Service) toQueue(ctx context.Context, d *delivery, to arn.ARN, payload string) error {
	m := queueMessage{QueueURL: s.queueURL(to), MessageBody: payload}
	if d.Target.SQS != nil && d.Target.SQS.Group != "" {
		m.Group, m.Deduplication = d.Target.SQS.Group, d.ID
	}
	_, err := s.call(ctx, to.Place(), "sqs", "SendMessage", m)
	return err
}

func (s *Service) toTopic(ctx context.Context, d *delivery, to arn.ARN, payload string) error {
	in := map[string]string{"TopicArn": d.Target.Arn, "Message": payload}
	if strings.HasSuffix(d.Target.Arn, ".fifo") {
		in["MessageGroupId"], in["MessageDeduplicationId"] = d.RuleARN, d.ID
	}
	_, err := s.call(ctx, to.Place(), "sns", "Publish", in)
	return err
}

func (s *Service) toFunction(ctx context.Context, d *delivery, to arn.ARN, payload string) error {
	_, err := s.call(ctx, to.Place(), "lambda", "Invoke", struct {
		FunctionName, InvocationType string
		Payload                      []byte
	}{d.Target.Arn, "Event", []byte(payload)})
	return err
}

// toStateMachine starts an execution, under a name that follows from the delivery: a second attempt starts no second one.
func (s *Service) toStateMachine(ctx context.Context, d *delivery, to arn.ARN, payload string) error {
	_, err := s.call(ctx, to.Place(), "stepfunctions", "StartExecution", map[string]string{
		"stateMachineArn": d.Target.Arn, "input": payload, "name": d.ID,
	})
	return err
}

// toLogGroup puts the event into a stream of the rule.
func (s *Service) toLogGroup(ctx context.Context, d *delivery, to arn.ARN, payload string) error {
	group, _ := strings.CutPrefix(strings.TrimSuffix(to.Resource, ":*"), "log-group:")
	stream := uuid.NewSHA1(uuid.NameSpaceURL, []byte(d.RuleARN)).String()
	in := map[string]any{"logGroupName": group, "logStreamName": stream,
		"logEvents": []map[string]any{{"timestamp": s.o.Now().UnixMilli(), "message": payload}}}
	_, err := s.call(ctx, to.Place(), "logs", "PutLogEvents", in)
	var no *awswire.Error
	if !errors.As(err, &no) || no.Code != "ResourceNotFoundException" {
		return err
	}
	if _, err := s.call(ctx, to.Place(), "logs", "CreateLogStream", map[string]string{"logGroupName": group, "logStreamName": stream}); err != nil {
		return err
	}
	_, err = s.call(ctx, to.Place(), "logs", "PutLogEvents", in)
	return err
}

func (s *Service) toCluster(ctx context.Context, d *delivery, to arn.ARN, payload string) error {
	p := d.Target.ECS
	in := map[string]any{"cluster": d.Target.Arn, "taskDefinition": p.TaskDefinition, "count": max(p.Count, 1), "clientToken": d.ID, "startedBy": "events-rule/" + d.Rule}
	if p.LaunchType != "" {
		in["launchType"] = p.LaunchType
	}
	if p.Network != nil && p.Network.VPC != nil {
		vpc := p.Network.VPC
		in["networkConfiguration"] = map[string]any{"awsvpcConfiguration": map[string]any{
			"subnets": vpc.Subnets, "securityGroups": append([]string{}, vpc.SecurityGroups...), "assignPublicIp": vpc.PublicIP,
		}}
	}
	if overrides, err := value.Parse(payload); err == nil && (d.Target.Input != nil || d.Target.InputTransformer != nil) {
		in["overrides"] = jsonValue{overrides}
	}
	_, err := s.call(ctx, to.Place(), "ecs", "RunTask", in)
	return err
}

// jsonValue is a value as encoding/json prints it.
type jsonValue struct{ value.Value }

// MarshalJSON is json.Marshaler's.
func (v jsonValue) MarshalJSON() ([]byte, error) { return []byte(v.Compact()), nil }

func (s *Service) toJobQueue(ctx context.Context, d *delivery, to arn.ARN, payload string) error {
	p := d.Target.Batch
	in := map[string]any{"jobName": p.Name, "jobQueue": d.Target.Arn, "jobDefinition": p.Definition}
	if doc, err := value.Parse(payload); err == nil {
		for _, m := range []struct{ from, to string }{{"Parameters", "parameters"}, {"ContainerOverrides", "containerOverrides"}} {
			if v, ok := doc.Get(m.from); ok {
				in[m.to] = jsonValue{v}
			}
		}
	}
	_, err := s.call(ctx, to.Place(), "batch", "SubmitJob", in)
	return err
}

// forward puts an event on another bus.
func (s *Service) forward(d *delivery, to arn.ARN) error {
	at, name := busAt(to.Place(), d.Target.Arn)
	s.mu.Lock()
	defer s.mu.Unlock()
	target, err := s.bus(at, name)
	if err != nil {
		return err
	}
	if target == nil {
		return notFound("Event bus %s does not exist.", name)
	}
	event, err := value.Parse(d.Event)
	if err != nil {
		return err
	}
	var b kv.Batch
	if err := s.accept(&b, at, name, event, d.Hops+1); err != nil {
		return err
	}
	return s.apply(&b)
}

// toAPIDestination makes the request of an API destination, by http:invoke.
func (s *Service) toAPIDestination(ctx context.Context, d *delivery, to arn.ARN, payload string) error {
	parts := strings.Split(to.Resource, "/")
	if len(parts) < 2 || parts[0] != "api-destination" {
		return refuse("INVALID_TARGET", "%s is no target", d.Target.Arn)
	}
	x, err := s.destinations.Get(to.Place(), parts[1])
	if err != nil {
		return err
	}
	if x == nil {
		return notFound("An api-destination '%s' does not exist.", parts[1])
	}
	if s.http == nil {
		return &awswire.Error{Code: "NotImplemented", Message: "Nothing makes HTTP requests here.", Status: http.StatusNotImplemented}
	}
	input, err := local.Document(x.request(d.Target.HTTP, payload))
	if err != nil {
		return err
	}
	_, err = s.http.Start(ctx, &task.Call{Resource: asl.Resource{Service: "http", Action: "invoke"}, Input: input, Deadline: s.o.Now().Add(deliveryTimeout)})
	return err
}

// request is the input of http:invoke.
func (x *apiDestination) request(p *httpParameters, payload string) map[string]any {
	endpoint := x.Endpoint
	in := map[string]any{"Method": x.Method, "Authentication": map[string]string{"ConnectionArn": x.Connection}}
	if doc, err := value.Parse(payload); err == nil {
		in["RequestBody"] = jsonValue{doc}
	} else {
		in["RequestBody"] = payload
	}
	if p != nil {
		for _, part := range p.Path {
			endpoint = strings.Replace(endpoint, "*", part, 1)
		}
		if len(p.Headers) > 0 {
			in["Headers"] = p.Headers
		}
		if len(p.Query) > 0 {
			in["QueryParameters"] = p.Query
		}
	}
	in["ApiEndpoint"] = endpoint
	return in
}
