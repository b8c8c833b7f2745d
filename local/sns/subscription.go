package sns

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

// subscriptionRow is what is stored of a subscription.
type subscriptionRow struct {
	Protocol      string            `json:"protocol"`
	Endpoint      string            `json:"endpoint"`
	Owner         string            `json:"owner"`
	Token         string            `json:"token,omitempty"` // that confirms it; "": it is confirmed
	Authenticated bool              `json:"authenticated,omitempty"`
	Attributes    map[string]string `json:"attributes,omitempty"` // that were set
}

// subscription is a subscription in memory. It is not changed: a change makes a new one.
type subscription struct {
	subscriptionRow
	topic      topicKey
	id         string
	filter     *filter
	deadLetter string // the ARN of a queue
}

const (
	attrFilter   = "FilterPolicy"
	attrScope    = "FilterPolicyScope"
	attrRaw      = "RawMessageDelivery"
	attrRedrive  = "RedrivePolicy"
	attrDelivery = "DeliveryPolicy"
	attrRole     = "SubscriptionRoleArn"
	attrReplay   = "ReplayPolicy"
	scopeBody    = "MessageBody"
	scopeAttrs   = "MessageAttributes"
)

const maxSubscriptions = 12_500 // of a topic, that are held in memory; AWS has 12.5 million

func (sub *subscription) arn() string { return sub.topic.arn() + ":" + sub.id }

func (sub *subscription) raw() bool { return sub.Attributes[attrRaw] == "true" }

func readSubscription(k topicKey, id string, data []byte) (*subscription, error) {
	var row subscriptionRow
	if err := decode(data, &row); err != nil {
		return nil, err
	}
	return newSubscription(k, id, row)
}

func newSubscription(k topicKey, id string, row subscriptionRow) (*subscription, error) {
	sub := &subscription{subscriptionRow: row, topic: k, id: id}
	if text := row.Attributes[attrFilter]; text != "" {
		f, err := parseFilter(text, row.Attributes[attrScope] == scopeBody)
		if err != nil {
			return nil, err
		}
		sub.filter = f
	}
	if text := row.Attributes[attrRedrive]; text != "" {
		var p struct {
			Target string `json:"deadLetterTargetArn"`
		}
		if json.Unmarshal([]byte(text), &p) == nil {
			sub.deadLetter = p.Target
		}
	}
	return sub, nil
}

// subscriptionOf reads the ARN of a subscription.
func subscriptionOf(text string) (topicKey, string, *awswire.Error) {
	if strings.Count(text, ":") < 5 {
		return topicKey{}, "", tooFewParts("SubscriptionArn", text)
	}
	a, ok := arn.Parse(text)
	name, id, found := strings.Cut(a.Resource, ":")
	if !ok || a.Service != "sns" || !found || id == "" {
		return topicKey{}, "", invalid("SubscriptionId")
	}
	return topicKey{a.Place(), name}, id, nil
}

// subscription returns the topic and the subscription of an ARN, or the refusal that there is none. s.mu is held.
func (s *Service) subscription(text string) (*topic, *subscription, error) {
	k, id, refusal := subscriptionOf(text)
	if refusal != nil {
		return nil, nil, refusal
	}
	t, err := s.find(k)
	if err != nil {
		return nil, nil, err
	}
	if t != nil {
		for _, sub := range t.subscriptions {
			if sub.id == id {
				return t, sub, nil
			}
		}
	}
	return nil, nil, notFound("Subscription")
}

type subscribeInput struct {
	TopicARN              string `json:"TopicArn"`
	Protocol              string
	Endpoint              string
	Attributes            map[string]string
	ReturnSubscriptionARN bool `json:"ReturnSubscriptionArn"`
}

type subscriptionOutput struct {
	SubscriptionARN string `json:"SubscriptionArn"`
}

var (
	phoneNumber = regexp.MustCompile(`^\+[0-9]([0-9]|[-. ][0-9])*$`)
	e164        = regexp.MustCompile(`^\+[1-9][0-9]{4,14}$`)
)

// checkEndpoint refuses an endpoint that is none of its protocol.
func (in *subscribeInput) checkEndpoint(fifo bool) *awswire.Error {
	a, isARN := arn.Parse(in.Endpoint)
	switch in.Protocol {
	case "sqs":
		switch {
		case !isARN || a.Service != "sqs":
			return invalid("SQS endpoint ARN")
		case strings.HasSuffix(a.Resource, ".fifo") && !fifo:
			return invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
		}
		return nil
	case "lambda":
		if !isARN || a.Service != "lambda" {
			return invalid("Lambda endpoint ARN")
		}
	case "firehose":
		if !isARN || a.Service != "firehose" {
			return invalid("Firehose endpoint ARN")
		}
		if in.Attributes[attrRole] == "" {
			return invalid("Missing required attribute: SubscriptionRoleArn")
		}
	case "http", "https":
		u, err := url.Parse(in.Endpoint)
		if err != nil || u.Scheme != in.Protocol || u.Host == "" {
			return invalid("Endpoint must match the specified protocol")
		}
	case "email", "email-json":
		if !strings.Contains(in.Endpoint, "@") {
			return invalid("Email address")
		}
	case "sms":
		if !phoneNumber.MatchString(in.Endpoint) {
			return invalidSMS(in.Endpoint)
		}
	case "application":
		if !isARN || a.Service != "sns" || !strings.HasPrefix(a.Resource, "endpoint/") {
			return invalid("Endpoint Reason: Endpoint does not exist for endpoint arn%s", in.Endpoint)
		}
	default:
		return invalid("Amazon SNS does not support this protocol string: %s", in.Protocol)
	}
	if fifo {
		return invalid("Invalid protocol type: %s", in.Protocol)
	}
	return nil
}

func invalidSMS(endpoint string) *awswire.Error {
	return refuse(invalidParameter, "Invalid SMS endpoint: %s", endpoint)
}

func invalidWords(message string) *awswire.Error {
	return refuse(invalidParameter, "Invalid parameter: %s", message)
}

func (s *Service) subscribe(_ context.Context, r *awswire.Request, in *subscribeInput) (*subscriptionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, refusal := topicOf(r, "TopicArn", in.TopicARN)
	if refusal != nil {
		return nil, refusal
	}
	t, err := s.find(k)
	if err != nil {
		return nil, err
	}
	if t == nil { // before anything is said of the endpoint
		return nil, notFound("Topic")
	}
	if refusal := in.checkEndpoint(fifoName.MatchString(k.name)); refusal != nil {
		return nil, refusal
	}
	set, refusal := checkAttributes(in.Protocol, nil, in.Attributes)
	if refusal != nil {
		return nil, invalid("Attributes Reason: %s", strings.TrimPrefix(refusal.Message, "Invalid parameter: "))
	}
	for _, sub := range t.subscriptions {
		if sub.Protocol == in.Protocol && sub.Endpoint == in.Endpoint {
			return sub.again(in)
		}
	}
	if len(t.subscriptions) >= maxSubscriptions {
		return nil, refuse(subscriptionLimit, "Subscription limit exceeded: %d", maxSubscriptions)
	}
	return s.addSubscription(r, t, in, set)
}

// again is the answer to a subscription that is there.
func (sub *subscription) again(in *subscribeInput) (*subscriptionOutput, error) {
	for name, value := range in.Attributes {
		if sub.Attributes[name] != value && !(name == attrRaw && value == "false" && sub.Attributes[name] == "") {
			return nil, invalid("Attributes Reason: Subscription already exists with different attributes")
		}
	}
	return sub.answer(in), nil
}

func (sub *subscription) answer(in *subscribeInput) *subscriptionOutput {
	if sub.Token != "" && !in.ReturnSubscriptionARN {
		return &subscriptionOutput{"pending confirmation"}
	}
	return &subscriptionOutput{sub.arn()}
}

// addSubscription stores a new subscription, and for one that has to be confirmed the message that asks for it.
func (s *Service) addSubscription(r *awswire.Request, t *topic, in *subscribeInput, set map[string]string) (*subscriptionOutput, error) {
	row := subscriptionRow{Protocol: in.Protocol, Endpoint: in.Endpoint, Owner: r.Place.Account, Attributes: set, Authenticated: true}
	if slices.Contains([]string{"http", "https", "email", "email-json"}, in.Protocol) {
		row.Token, row.Authenticated = newToken(), false
	}
	sub, err := newSubscription(t.key, uuid.NewString(), row)
	if err != nil {
		return nil, err
	}
	var b kv.Batch
	b.Set(t.key.subscription(sub.id), encode(&sub.subscriptionRow))
	var numbers []uint64
	if row.Token != "" {
		d, err := s.confirmation(r, t, sub)
		if err != nil {
			return nil, err
		}
		numbers = s.outbox.put(&b, s.now(), d)
	}
	if err := s.store.Apply(&b); err != nil {
		return nil, err
	}
	t.subscriptions = append(slices.Clone(t.subscriptions), sub)
	s.outboxAdd(numbers)
	return sub.answer(in), nil
}

// newToken is what confirms a subscription: 128 bytes in hex, as AWS's.
func newToken() string {
	token := make([]byte, 128)
	_, _ = rand.Read(token) // never fails
	return hex.EncodeToString(token)
}

// checkAttributes checks attributes that are to be set on a subscription that has others, and returns them all.
func checkAttributes(protocol string, has, given map[string]string) (map[string]string, *awswire.Error) {
	set := maps.Clone(has)
	if set == nil {
		set = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if refusal := checkAttribute(protocol, name, given[name]); refusal != nil {
			return nil, refusal
		}
		set[name] = given[name]
	}
	maps.DeleteFunc(set, func(_, value string) bool { return value == "" })
	if set[attrFilter] == "" {
		return set, nil
	}
	_, err := parseFilter(set[attrFilter], set[attrScope] == scopeBody)
	if errors.Is(err, errNested) {
		return nil, invalidWords(err.Error())
	}
	if err != nil {
		return nil, invalidWords("FilterPolicy: " + err.Error())
	}
	return set, nil
}

func checkAttribute(protocol, name, value string) *awswire.Error {
	switch name {
	case attrFilter, attrRole, attrReplay:
		return nil
	case attrScope:
		if value != scopeBody && value != scopeAttrs {
			return invalid("FilterPolicyScope: Invalid value [%s]. Please use either MessageBody or MessageAttributes", value)
		}
		return nil
	case attrRaw:
		if lower := strings.ToLower(value); lower != "true" && lower != "false" {
			return invalid("RawMessageDelivery: Invalid value [%s]. Must be true or false.", value)
		}
		if value == "true" && !slices.Contains([]string{"sqs", "http", "https", "firehose"}, protocol) {
			return invalid("Delivery protocol [%s] does not support raw message delivery.", protocol)
		}
		return nil
	case attrRedrive:
		return checkRedrive(value)
	case attrDelivery:
		if value != "" && !isObject(value) {
			return invalid("DeliveryPolicy: failed to parse JSON.")
		}
		return nil
	}
	return invalid("AttributeName")
}

func checkRedrive(text string) *awswire.Error {
	if text == "" {
		return nil
	}
	if r := value.Refuse(text); r != nil {
		return invalidWords("RedrivePolicy: failed to parse JSON. " + r.Why)
	}
	var p struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil || p.Target == "" {
		return invalid("RedrivePolicy: deadLetterTargetArn is required")
	}
	if a, ok := arn.Parse(p.Target); !ok || a.Service != "sqs" {
		return invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")
	}
	return nil
}

type subscriptionInput struct {
	SubscriptionARN string `json:"SubscriptionArn"`
}

func (s *Service) unsubscribe(_ context.Context, _ *awswire.Request, in *subscriptionInput) (*empty, error) {
	if in.SubscriptionARN == "" {
		return nil, invalid("SubscriptionArn Reason: no value for required parameter")
	}
	k, id, refusal := subscriptionOf(in.SubscriptionARN)
	if refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.find(k)
	if err != nil || t == nil {
		return nil, err
	}
	i := slices.IndexFunc(t.subscriptions, func(sub *subscription) bool { return sub.id == id })
	if i < 0 {
		return nil, nil
	}
	t.Deleted++
	var b kv.Batch
	b.Set(t.key.row(kindTopic), encode(&t.topicRow))
	b.Delete(k.subscription(id))
	if err := s.store.Apply(&b); err != nil {
		return nil, err
	}
	t.subscriptions = slices.Delete(slices.Clone(t.subscriptions), i, i+1)
	return nil, nil
}

type confirmInput struct {
	TopicARN                  string `json:"TopicArn"`
	Token                     string
	AuthenticateOnUnsubscribe string
}

var tokenPattern = regexp.MustCompile(`^[0-9a-f]{64,}$`)

func (s *Service) confirmSubscription(_ context.Context, r *awswire.Request, in *confirmInput) (*subscriptionOutput, error) {
	if strings.Count(in.TopicARN, ":") < 5 {
		return nil, tooFewParts("TopicArn", in.TopicARN)
	}
	if !tokenPattern.MatchString(in.Token) {
		return nil, refuse(invalidParameter, "Invalid token")
	}
	a, _ := arn.Parse(in.TopicARN)
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.find(topicKey{a.Place(), a.Resource})
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, invalid("Token")
	}
	for _, sub := range t.subscriptions {
		if sub.Token == in.Token {
			row := sub.subscriptionRow
			row.Token, row.Authenticated = "", r.Header.Get("Authorization") != ""
			return &subscriptionOutput{sub.arn()}, s.replace(t, sub, row)
		}
	}
	return nil, invalid("Token")
}

// replace stores a subscription anew.
func (s *Service) replace(t *topic, old *subscription, row subscriptionRow) error {
	sub, err := newSubscription(t.key, old.id, row)
	if err != nil {
		return err
	}
	var b kv.Batch
	b.Set(t.key.subscription(sub.id), encode(&sub.subscriptionRow))
	if err := s.store.Apply(&b); err != nil {
		return err
	}
	list := slices.Clone(t.subscriptions)
	list[slices.Index(list, old)] = sub
	t.subscriptions = list
	return nil
}

// shown are the attributes that GetSubscriptionAttributes answers.
func (sub *subscription) shown() map[string]string {
	out := map[string]string{
		"SubscriptionArn":              sub.arn(),
		"TopicArn":                     sub.topic.arn(),
		"Owner":                        sub.Owner,
		"Protocol":                     sub.Protocol,
		"Endpoint":                     sub.Endpoint,
		"PendingConfirmation":          boolText(sub.Token != ""),
		"ConfirmationWasAuthenticated": boolText(sub.Authenticated),
		"SubscriptionPrincipal":        "arn:" + sub.topic.place.Partition() + ":iam::" + sub.Owner + ":user/statelark",
		attrRaw:                        "false",
	}
	maps.Copy(out, sub.Attributes)
	out[attrRaw] = strings.ToLower(out[attrRaw])
	if out[attrFilter] != "" && out[attrScope] == "" {
		out[attrScope] = scopeAttrs
	}
	return out
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func (s *Service) getSubscriptionAttributes(_ context.Context, _ *awswire.Request, in *subscriptionInput) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, sub, err := s.subscription(in.SubscriptionARN)
	if err != nil {
		return nil, err
	}
	return &attributesOutput{sub.shown()}, nil
}

type setSubscriptionAttributesInput struct {
	SubscriptionARN string `json:"SubscriptionArn"`
	AttributeName   string
	AttributeValue  string
}

func (s *Service) setSubscriptionAttributes(_ context.Context, _ *awswire.Request, in *setSubscriptionAttributesInput) (*empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, sub, err := s.subscription(in.SubscriptionARN)
	if err != nil {
		return nil, err
	}
	set, refusal := checkAttributes(sub.Protocol, sub.Attributes, map[string]string{in.AttributeName: in.AttributeValue})
	if refusal != nil {
		return nil, refusal
	}
	row := sub.subscriptionRow
	row.Attributes = set
	return nil, s.replace(t, sub, row)
}

type listedSubscription struct {
	SubscriptionARN string `json:"SubscriptionArn"`
	Owner           string
	Protocol        string
	Endpoint        string
	TopicARN        string `json:"TopicArn"`
}

type listSubscriptionsOutput struct {
	Subscriptions []listedSubscription
	NextToken     string `json:",omitempty"`
}

func (out *listSubscriptionsOutput) add(k topicKey, id string, row subscriptionRow) {
	listed := listedSubscription{k.arn() + ":" + id, row.Owner, row.Protocol, row.Endpoint, k.arn()}
	if row.Token != "" {
		listed.SubscriptionARN = "PendingConfirmation"
	}
	out.Subscriptions = append(out.Subscriptions, listed)
}

func (s *Service) listSubscriptions(_ context.Context, r *awswire.Request, in *listInput) (*listSubscriptionsOutput, error) {
	out := &listSubscriptionsOutput{Subscriptions: []listedSubscription{}}
	next, err := s.page(placeKey(kindSubscription, r.Place), in.NextToken, func(rest string, data []byte) error {
		var row subscriptionRow
		if err := decode(data, &row); err != nil {
			return err
		}
		name, id, _ := strings.Cut(rest, "\x00")
		out.add(topicKey{r.Place, name}, id, row)
		return nil
	})
	out.NextToken = next
	return out, err
}

type listByTopicInput struct {
	TopicARN  string `json:"TopicArn"`
	NextToken string
}

func (s *Service) listSubscriptionsByTopic(_ context.Context, r *awswire.Request, in *listByTopicInput) (*listSubscriptionsOutput, error) {
	s.mu.Lock()
	t, err := s.at(r, in.TopicARN)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	out := &listSubscriptionsOutput{Subscriptions: []listedSubscription{}}
	next, err := s.page(t.key.row(kindSubscription), in.NextToken, func(id string, data []byte) error {
		var row subscriptionRow
		if err := decode(data, &row); err != nil {
			return err
		}
		out.add(t.key, id, row)
		return nil
	})
	out.NextToken = next
	return out, err
}
