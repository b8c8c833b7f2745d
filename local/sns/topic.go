package sns

import (
	"context"
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// topicRow is what is stored of a topic.
type topicRow struct {
	Attributes map[string]string `json:"attributes,omitempty"` // that were set
	Tags       map[string]string `json:"tags,omitempty"`
	Protection string            `json:"dataProtectionPolicy,omitempty"`
	Deleted    int               `json:"subscriptionsDeleted,omitempty"`
}

// topic is a topic in memory, with its subscriptions. s.mu guards it; those who send read the list of subscriptions, which is made
// anew with each change.
type topic struct {
	topicRow
	key           topicKey
	subscriptions []*subscription
	forgot        time.Time // when old deduplication ids were last removed
}

const (
	maxTopics = 1_000 // in memory
	pageOf    = 100   // what lists have on a page
)

var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`)
	fifoName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,251}\.fifo$`)
)

func (t *topic) fifo() bool { return t.Attributes["FifoTopic"] == "true" }

// topicOf reads the ARN of a topic of the caller's region.
func topicOf(r *awswire.Request, parameter, text string) (topicKey, *awswire.Error) {
	if strings.Count(text, ":") < 5 {
		return topicKey{}, tooFewParts(parameter, text)
	}
	a, ok := arn.Parse(text)
	if !ok || a.Service != "sns" || a.Region != r.Place.Region || strings.Contains(a.Resource, ":") {
		return topicKey{}, invalid("%s", parameter)
	}
	return topicKey{a.Place(), a.Resource}, nil
}

// find returns a topic, nil when there is none. s.mu is held.
func (s *Service) find(k topicKey) (*topic, error) {
	if t := s.topics[k]; t != nil {
		return t, nil
	}
	data, err := s.store.Get(k.row(kindTopic))
	if err != nil || data == nil {
		return nil, err
	}
	t := &topic{key: k}
	if err := decode(data, &t.topicRow); err != nil {
		return nil, err
	}
	prefix := k.row(kindSubscription)
	for p, err := range s.store.Scan(prefix, kv.After(prefix), false) {
		if err != nil {
			return nil, err
		}
		sub, err := readSubscription(k, string(p.Key[len(prefix):]), p.Value)
		if err != nil {
			return nil, err
		}
		t.subscriptions = append(t.subscriptions, sub)
	}
	s.hold(t)
	return t, nil
}

// hold keeps a topic in memory, in place of others when there are many.
func (s *Service) hold(t *topic) {
	if len(s.topics) >= maxTopics {
		clear(s.topics)
	}
	s.topics[t.key] = t
}

// at returns the topic of an ARN, or the refusal that there is none. s.mu is held.
func (s *Service) at(r *awswire.Request, text string) (*topic, error) {
	k, refusal := topicOf(r, "TopicArn", text)
	if refusal != nil {
		return nil, refusal
	}
	t, err := s.find(k)
	if err == nil && t == nil {
		return nil, notFound("Topic")
	}
	return t, err
}

// save stores a topic's row.
func (s *Service) save(t *topic) error {
	var b kv.Batch
	b.Set(t.key.row(kindTopic), encode(&t.topicRow))
	return s.store.Apply(&b)
}

type tag struct{ Key, Value string }

type createTopicInput struct {
	Name                 string
	Attributes           map[string]string
	Tags                 []tag
	DataProtectionPolicy string
}

type topicOutput struct {
	TopicARN string `json:"TopicArn"`
}

func (s *Service) createTopic(_ context.Context, r *awswire.Request, in *createTopicInput) (*topicOutput, error) {
	fifo := in.Attributes["FifoTopic"] == "true"
	if fifo && !fifoName.MatchString(in.Name) || !fifo && !plainName.MatchString(in.Name) {
		return nil, invalid("Topic Name")
	}
	set := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(in.Attributes)) {
		value, refusal := topicAttribute(fifo, name, in.Attributes[name])
		if refusal != nil {
			return nil, invalid("Attributes Reason: %s", strings.TrimPrefix(refusal.Message, "Invalid parameter: "))
		}
		set[name] = value
	}
	tags, refusal := tagMap(in.Tags)
	if refusal != nil {
		return nil, refusal
	}
	k := topicKey{r.Place, in.Name}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.find(k)
	if err != nil {
		return nil, err
	}
	if t != nil {
		if refusal := t.differs(set, tags); refusal != nil {
			return nil, refusal
		}
		return &topicOutput{k.arn()}, nil
	}
	maps.DeleteFunc(set, func(name, value string) bool { return value == "" || name == "FifoTopic" && value == "false" })
	t = &topic{key: k, topicRow: topicRow{Attributes: set, Tags: tags, Protection: in.DataProtectionPolicy}}
	if err := s.save(t); err != nil {
		return nil, err
	}
	s.hold(t)
	return &topicOutput{k.arn()}, nil
}

// differs refuses to make the topic again with other attributes or tags than it has. Those that are not named do not count.
func (t *topic) differs(set, tags map[string]string) *awswire.Error {
	for name, value := range set {
		has := t.Attributes[name]
		if has == "" && (name == "FifoTopic" || name == "ContentBasedDeduplication") {
			has = "false"
		}
		if value != has {
			return invalid("Attributes Reason: Topic already exists with different attributes")
		}
	}
	for key, value := range tags {
		if has, ok := t.Tags[key]; !ok || has != value {
			return invalid("Tags Reason: Topic already exists with different tags")
		}
	}
	return nil
}

type topicInput struct {
	TopicARN string `json:"TopicArn"`
}

type empty struct{}

func (s *Service) deleteTopic(_ context.Context, r *awswire.Request, in *topicInput) (*empty, error) {
	k, refusal := topicOf(r, "TopicArn", in.TopicARN)
	if refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b kv.Batch
	b.Delete(k.row(kindTopic))
	for _, kind := range []byte{kindSubscription, kindSent} {
		b.DeleteRange(k.row(kind), kv.After(k.row(kind)))
	}
	if err := s.store.Apply(&b); err != nil {
		return nil, err
	}
	delete(s.topics, k)
	return nil, nil
}

type listInput struct{ NextToken string }

type listTopicsOutput struct {
	Topics    []topicOutput
	NextToken string `json:",omitempty"`
}

func (s *Service) listTopics(_ context.Context, r *awswire.Request, in *listInput) (*listTopicsOutput, error) {
	out := &listTopicsOutput{Topics: []topicOutput{}}
	prefix := placeKey(kindTopic, r.Place)
	next, err := s.page(prefix, in.NextToken, func(rest string, _ []byte) error {
		out.Topics = append(out.Topics, topicOutput{r.Place.ARN("sns", strings.TrimSuffix(rest, "\x00"))})
		return nil
	})
	out.NextToken = next
	return out, err
}

// page gives a page of the rows whose keys begin with prefix, without it, and the token of the next.
func (s *Service) page(prefix []byte, token string, row func(rest string, value []byte) error) (string, error) {
	lower := prefix
	if token != "" {
		last, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return "", invalid("NextToken")
		}
		lower = append(slices.Clone(prefix), last...)
		lower = append(lower, 0)
	}
	n, last := 0, ""
	for p, err := range s.store.Scan(lower, kv.After(prefix), false) {
		if err != nil {
			return "", err
		}
		if n == pageOf {
			return base64.RawURLEncoding.EncodeToString([]byte(last)), nil
		}
		n, last = n+1, string(p.Key[len(prefix):])
		if err := row(last, p.Value); err != nil {
			return "", err
		}
	}
	return "", nil
}
