package sns

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/awswire"
)

// topicAttribute checks an attribute of a topic and returns the value that is kept, "" for none.
func topicAttribute(fifo bool, name, value string) (string, *awswire.Error) {
	switch name {
	case "DisplayName":
		if len(value) > 100 {
			return "", invalid("DisplayName Reason: must be at most 100 characters")
		}
		return value, nil
	case "FifoTopic":
		if value != "true" && value != "false" {
			return "", invalid("FifoTopic Reason: must be true or false")
		}
		return value, nil
	case "ContentBasedDeduplication":
		if !fifo || value != "true" && value != "false" {
			return "", invalid("ContentBasedDeduplication")
		}
		return value, nil
	case "FifoThroughputScope":
		if !fifo || value != "Topic" && value != "MessageGroup" {
			return "", invalid("FifoThroughputScope")
		}
		return value, nil
	case "SignatureVersion":
		if value != "1" && value != "2" {
			return "", invalid("SignatureVersion")
		}
		return value, nil
	case "TracingConfig":
		if value != "PassThrough" && value != "Active" {
			return "", invalid("TracingConfig")
		}
		return value, nil
	case "Policy":
		if value != "" && !isObject(value) {
			return "", invalid("Policy Error: null")
		}
		return value, nil
	case "DeliveryPolicy":
		return deliveryPolicy(value)
	case "KmsMasterKeyId":
		return value, nil
	case "ArchivePolicy":
		if !fifo || value != "" && !isObject(value) {
			return "", invalid("ArchivePolicy")
		}
		return value, nil
	}
	if isFeedback(name) {
		return value, nil
	}
	return "", invalid("AttributeName")
}

// isFeedback reports whether an attribute is about logs of the delivery, which are kept and have no effect here.
func isFeedback(name string) bool {
	for _, protocol := range []string{"HTTP", "Firehose", "Lambda", "Application", "SQS"} {
		if rest, ok := strings.CutPrefix(name, protocol); ok {
			return slices.Contains([]string{"SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"}, rest)
		}
	}
	return false
}

func isObject(text string) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &object) == nil && object != nil
}

// retryPolicy is the part of a delivery policy that says when a delivery is tried again. Delays are seconds.
type retryPolicy struct {
	MinDelay  int    `json:"minDelayTarget"`
	MaxDelay  int    `json:"maxDelayTarget"`
	Retries   int    `json:"numRetries"`
	AtMax     int    `json:"numMaxDelayRetries"`
	AtOnce    int    `json:"numNoDelayRetries"`
	AtMin     int    `json:"numMinDelayRetries"`
	Backoff   string `json:"backoffFunction"`
	PerSecond int    `json:"maxReceivesPerSecond,omitempty"`
}

type requestPolicy struct {
	ContentType string `json:"headerContentType"`
}

func defaultRetries() retryPolicy {
	return retryPolicy{MinDelay: 20, MaxDelay: 20, Retries: 3, Backoff: "linear"}
}

const plainText = "text/plain; charset=UTF-8"

// httpPolicy is a topic's delivery policy, the parts as they were given.
type httpPolicy struct {
	HTTP struct {
		Retry    json.RawMessage `json:"defaultHealthyRetryPolicy,omitempty"`
		Throttle json.RawMessage `json:"defaultThrottlePolicy,omitempty"`
		Fixed    bool            `json:"disableSubscriptionOverrides"`
		Request  json.RawMessage `json:"defaultRequestPolicy,omitempty"`
	} `json:"http"`
}

// deliveryPolicy checks a topic's delivery policy and returns it in the form in which it is shown.
func deliveryPolicy(text string) (string, *awswire.Error) {
	if text == "" {
		return "", nil
	}
	var p httpPolicy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return "", invalid("DeliveryPolicy: failed to parse JSON.")
	}
	if string(p.HTTP.Retry) == "null" {
		p.HTTP.Retry = nil
	}
	if string(p.HTTP.Request) == "null" {
		p.HTTP.Request = nil
	}
	retry := defaultRetries()
	if p.HTTP.Retry != nil {
		if json.Unmarshal(p.HTTP.Retry, &retry) != nil || retry.Retries < 0 || retry.Retries > 100 || retry.MinDelay < 1 || retry.MaxDelay < retry.MinDelay || retry.MaxDelay > 3600 {
			return "", invalid("DeliveryPolicy: http.defaultHealthyRetryPolicy is out of range")
		}
	}
	shown, err := json.Marshal(p)
	if err != nil {
		return "", invalid("DeliveryPolicy: failed to parse JSON.")
	}
	return string(shown), nil
}

// effective is the delivery policy with what it leaves open.
func (t *topic) effective() (retry retryPolicy, request requestPolicy, fixed bool) {
	retry, request = defaultRetries(), requestPolicy{plainText}
	var p httpPolicy
	if text := t.Attributes["DeliveryPolicy"]; text != "" && json.Unmarshal([]byte(text), &p) == nil {
		fixed = p.HTTP.Fixed
		if p.HTTP.Retry != nil {
			_ = json.Unmarshal(p.HTTP.Retry, &retry) // it was checked
		}
		if p.HTTP.Request != nil {
			_ = json.Unmarshal(p.HTTP.Request, &request)
		}
	}
	return retry, request, fixed
}

func (t *topic) effectivePolicy() string {
	type http struct {
		Retry   retryPolicy   `json:"defaultHealthyRetryPolicy"`
		Fixed   bool          `json:"disableSubscriptionOverrides"`
		Request requestPolicy `json:"defaultRequestPolicy"`
	}
	retry, request, fixed := t.effective()
	text, err := json.Marshal(map[string]http{"http": {retry, fixed, request}})
	if err != nil {
		panic(err) // texts and numbers alone
	}
	return string(text)
}

// shown are the attributes that GetTopicAttributes answers.
func (t *topic) shown() map[string]string {
	pending := 0
	for _, sub := range t.subscriptions {
		if sub.Token != "" {
			pending++
		}
	}
	out := map[string]string{
		"TopicArn":                t.key.arn(),
		"Owner":                   t.key.place.Account,
		"DisplayName":             "",
		"SubscriptionsConfirmed":  strconv.Itoa(len(t.subscriptions) - pending),
		"SubscriptionsPending":    strconv.Itoa(pending),
		"SubscriptionsDeleted":    strconv.Itoa(t.Deleted),
		"EffectiveDeliveryPolicy": t.effectivePolicy(),
		"Policy":                  t.policy(),
	}
	if t.fifo() {
		out["ContentBasedDeduplication"] = "false"
	}
	maps.Copy(out, t.Attributes)
	return out
}

type attributesOutput struct{ Attributes map[string]string }

func (s *Service) getTopicAttributes(_ context.Context, r *awswire.Request, in *topicInput) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.at(r, in.TopicARN)
	if err != nil {
		return nil, err
	}
	return &attributesOutput{t.shown()}, nil
}

type setTopicAttributesInput struct {
	TopicARN       string `json:"TopicArn"`
	AttributeName  string
	AttributeValue string
}

func (s *Service) setTopicAttributes(_ context.Context, r *awswire.Request, in *setTopicAttributesInput) (*empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.at(r, in.TopicARN)
	if err != nil {
		return nil, err
	}
	if in.AttributeName == "FifoTopic" {
		return nil, invalid("AttributeName")
	}
	value, refusal := topicAttribute(t.fifo(), in.AttributeName, in.AttributeValue)
	if refusal != nil {
		return nil, refusal
	}
	return nil, s.setAttribute(t, in.AttributeName, value)
}

// setAttribute keeps a checked attribute; "" takes it away.
func (s *Service) setAttribute(t *topic, name, value string) error {
	set := maps.Clone(t.Attributes)
	if set == nil {
		set = map[string]string{}
	}
	set[name] = value
	if value == "" {
		delete(set, name)
	}
	t.Attributes = set
	return s.save(t)
}

type protectionInput struct {
	ResourceARN          string `json:"ResourceArn"`
	DataProtectionPolicy string
}

type protectionOutput struct {
	DataProtectionPolicy string `json:",omitempty"`
}

func (s *Service) getDataProtectionPolicy(_ context.Context, r *awswire.Request, in *protectionInput) (*protectionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.resource(r, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &protectionOutput{t.Protection}, nil
}

func (s *Service) putDataProtectionPolicy(_ context.Context, r *awswire.Request, in *protectionInput) (*empty, error) {
	if in.DataProtectionPolicy != "" && !isObject(in.DataProtectionPolicy) {
		return nil, invalid("DataProtectionPolicy Reason: failed to parse JSON.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.resource(r, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	t.Protection = in.DataProtectionPolicy
	return nil, s.save(t)
}
