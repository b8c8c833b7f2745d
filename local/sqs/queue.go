package sqs

import (
	"context"
	"encoding/base64"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

func (k queueKey) arn() string { return k.place.ARN("sqs", k.name) }

// url is the address of a queue for whoever made the request.
func (s *Service) url(r *awswire.Request, k queueKey) string {
	endpoint := r.Endpoint
	if endpoint == "" {
		endpoint = s.endpoint
	}
	return strings.TrimSuffix(endpoint, "/") + "/" + k.place.Account + "/" + k.name
}

// keyOf is the queue that a QueueUrl names: its last two parts are account and name, whatever the host. A name alone does as well.
func keyOf(r *awswire.Request, queueURL string) (queueKey, *awswire.Error) {
	k := queueKey{place: r.Place}
	if queueURL == "" {
		return k, missing("QueueUrl")
	}
	path := queueURL
	if u, err := url.Parse(queueURL); err == nil && u.Host != "" {
		path = u.Path
		if strings.Trim(path, "/") == "" { // a host alone names no queue, but it is an address
			return k, noSuchQueue()
		}
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	k.name = parts[len(parts)-1]
	if len(parts) > 1 {
		if account := parts[len(parts)-2]; arn.IsAccount(account) {
			k.place.Account = account
		}
	}
	if k.name == "" {
		return k, refuse(invalidAddress, "The address %s is not valid for this endpoint.", queueURL)
	}
	return k, nil
}

// find returns a queue, nil when there is none. s.mu is held.
func (s *Service) find(k queueKey) (*queue, error) {
	if q := s.queues[k]; q != nil {
		return q, nil
	}
	data, err := s.store.Get(recordKey(k))
	if err != nil || data == nil {
		return nil, err
	}
	rec, err := decodeRecord(data)
	if err != nil {
		return nil, err
	}
	q := newQueue(s, k, rec)
	s.queues[k] = q
	return q, nil
}

const maxQueues = 10_000 // in memory

// trim forgets queues when there are many, but for one and those that somebody waits for: all that a queue is stands in the store.
func (s *Service) trim(but *queue) {
	for k, idle := range s.queues {
		if len(s.queues) <= maxQueues {
			return
		}
		if idle != but && len(idle.waiters) == 0 {
			delete(s.queues, k)
		}
	}
}

// at returns the queue of a QueueUrl with its index, or the refusal that there is none. s.mu is held.
func (s *Service) at(r *awswire.Request, queueURL string) (*queue, error) {
	k, refusal := keyOf(r, queueURL)
	if refusal != nil {
		return nil, refusal
	}
	if err := s.resume(); err != nil {
		return nil, err
	}
	q, err := s.find(k)
	if err != nil {
		return nil, err
	}
	if q == nil {
		return nil, noSuchQueue()
	}
	s.trim(q)
	return q, q.open()
}

var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	fifoName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,75}\.fifo$`)
)

type createQueueInput struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"`
}

type queueURLOutput struct {
	QueueURL string `json:"QueueUrl"`
}

func (s *Service) createQueue(_ context.Context, r *awswire.Request, in *createQueueInput) (*queueURLOutput, error) {
	fifo, refusal := kindOf(in)
	if refusal != nil {
		return nil, refusal
	}
	if len(in.Tags) > maxTags {
		return nil, tooManyTags()
	}
	k := queueKey{r.Place, in.QueueName}
	s.mu.Lock()
	defer s.mu.Unlock()
	set, refusal := s.normalized(k, fifo, true, in.Attributes)
	if refusal != nil {
		return nil, refusal
	}
	q, err := s.find(k)
	if err != nil {
		return nil, err
	}
	if q != nil {
		if refusal := q.differs(set); refusal != nil {
			return nil, refusal
		}
		return &queueURLOutput{s.url(r, k)}, nil
	}
	now := s.now().Unix()
	rec := record{ID: rand.Uint64(), Created: now, Modified: now, Tags: in.Tags}
	if refusal := rec.merge(fifo, set); refusal != nil {
		return nil, refusal
	}
	q = newQueue(s, k, rec)
	var b kv.Batch
	q.save(&b)
	if err := s.apply(&b); err != nil {
		return nil, err
	}
	q.opened = true
	s.queues[k] = q
	s.trim(q)
	return &queueURLOutput{s.url(r, k)}, nil
}

// kindOf checks the name of a queue, and reports whether it is to be FIFO.
func kindOf(in *createQueueInput) (fifo bool, refusal *awswire.Error) {
	value, given := in.Attributes[attrFIFO]
	fifo = strings.EqualFold(value, "true")
	switch {
	case in.QueueName == "":
		return false, refuse(invalidParameter, "Queue name cannot be empty")
	case fifo && !fifoName.MatchString(in.QueueName):
		return false, refuse(invalidParameter, "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length")
	case !fifo && given:
		return false, refuse(invalidAttrName, "Unknown Attribute %s.", attrFIFO)
	case !fifo && !plainName.MatchString(in.QueueName):
		return false, refuse(invalidParameter, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return fifo, nil
}

// differs refuses to make the queue again with other attributes than it has. Those that are not named do not count.
func (q *queue) differs(set map[string]string) *awswire.Error {
	for _, name := range settable {
		if value, given := set[name]; given && value != q.shown(name) {
			return refuse(queueNameExists, "A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

type getQueueURLInput struct {
	QueueName              string
	QueueOwnerAWSAccountID string `json:"QueueOwnerAWSAccountId"`
}

func (s *Service) getQueueURL(_ context.Context, r *awswire.Request, in *getQueueURLInput) (*queueURLOutput, error) {
	k := queueKey{r.Place, in.QueueName}
	if in.QueueOwnerAWSAccountID != "" {
		k.place.Account = in.QueueOwnerAWSAccountID
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(k)
	if err != nil {
		return nil, err
	}
	if q == nil {
		return nil, noSuchQueue()
	}
	return &queueURLOutput{s.url(r, k)}, nil
}

type listQueuesInput struct {
	QueueNamePrefix string
	NextToken       string
	MaxResults      *int
}

type listQueuesOutput struct {
	QueueURLs []string `json:"QueueUrls,omitempty"`
	NextToken string   `json:",omitempty"`
}

const maxListed = 1000

func (s *Service) listQueues(_ context.Context, r *awswire.Request, in *listQueuesInput) (*listQueuesOutput, error) {
	urls, next, err := s.list(r, in.MaxResults, in.NextToken, func(name string, _ record) bool {
		return strings.HasPrefix(name, in.QueueNamePrefix)
	})
	if err != nil {
		return nil, err
	}
	return &listQueuesOutput{urls, next}, nil
}

// list is a page of the queues of the place that are wanted.
func (s *Service) list(r *awswire.Request, most *int, token string, wanted func(string, record) bool) ([]string, string, error) {
	limit := maxListed
	if most != nil {
		limit = *most
		if limit < 1 || limit > maxListed {
			return nil, "", invalidValue(limit, "MaxResults", "MaxResults must be an integer between 1 and 1000.")
		}
	}
	prefix := placeKey(kindQueue, r.Place)
	lower := prefix
	if token != "" {
		name, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil || !slices.ContainsFunc([]*regexp.Regexp{plainName, fifoName}, func(x *regexp.Regexp) bool { return x.Match(name) }) {
			return nil, "", invalidValue(token, "NextToken", "Invalid token.")
		}
		lower = append(recordKey(queueKey{r.Place, string(name)}), 0)
	}
	var urls []string
	last := ""
	for p, err := range s.store.Scan(lower, kv.After(prefix), false) {
		if err != nil {
			return nil, "", err
		}
		name := recordName(p.Key, prefix)
		rec, err := decodeRecord(p.Value)
		if err != nil {
			return nil, "", err
		}
		if !wanted(name, rec) {
			continue
		}
		if len(urls) == limit {
			if most == nil {
				return urls, "", nil
			}
			return urls, base64.RawURLEncoding.EncodeToString([]byte(last)), nil
		}
		urls, last = append(urls, s.url(r, queueKey{r.Place, name})), name
	}
	return urls, "", nil
}

type queueInput struct {
	QueueURL string `json:"QueueUrl"`
}

type empty struct{}

func (s *Service) deleteQueue(_ context.Context, r *awswire.Request, in *queueInput) (*empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, in.QueueURL)
	if err != nil {
		return nil, err
	}
	var b kv.Batch
	b.Delete(recordKey(q.key))
	q.clear(&b)
	moves := movesKey(q.key)
	b.DeleteRange(moves, kv.After(moves))
	if err := s.apply(&b); err != nil {
		return nil, err
	}
	delete(s.queues, q.key)
	q.gone()
	return nil, nil
}

type getAttributesInput struct {
	QueueURL       string `json:"QueueUrl"`
	AttributeNames []string
}

type attributesOutput struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Service) getQueueAttributes(_ context.Context, r *awswire.Request, in *getAttributesInput) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := q.catchUp(); err != nil {
		return nil, err
	}
	out, refusal := q.attributes(in.AttributeNames)
	if refusal != nil {
		return nil, refusal
	}
	return &attributesOutput{out}, nil
}

type setAttributesInput struct {
	QueueURL   string `json:"QueueUrl"`
	Attributes map[string]string
}

func (s *Service) setQueueAttributes(_ context.Context, r *awswire.Request, in *setAttributesInput) (*empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, in.QueueURL)
	if err != nil {
		return nil, err
	}
	set, refusal := s.normalized(q.key, q.set.fifo, false, in.Attributes)
	if refusal != nil {
		return nil, refusal
	}
	scope := q.scope(s.millis())
	rec := q.rec
	rec.Modified = s.now().Unix()
	if refusal := rec.merge(q.set.fifo, set); refusal != nil {
		return nil, refusal
	}
	if now := rec.Attributes[attrScope]; now != q.rec.Attributes[attrScope] {
		rec.ScopeBefore, rec.ScopeFrom = scope, s.millis()+scopeDelay
	}
	return nil, q.rewrite(rec)
}

// rewrite makes rec the queue's record.
func (q *queue) rewrite(rec record) error {
	before := q.rec
	q.rec = rec
	var b kv.Batch
	q.save(&b)
	if err := q.s.apply(&b); err != nil {
		q.rec = before
		return err
	}
	return q.serve()
}

const purgeInterval = 60_000 // milliseconds

func (s *Service) purgeQueue(_ context.Context, r *awswire.Request, in *queueInput) (*empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.at(r, in.QueueURL)
	if err != nil {
		return nil, err
	}
	now := s.millis()
	if q.rec.Purged != 0 && now < q.rec.Purged+purgeInterval {
		return nil, refuse(purgeInProgress, "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.key.name)
	}
	var b kv.Batch
	q.clear(&b)
	q.rec.Purged = now
	q.save(&b)
	if err := s.apply(&b); err != nil {
		return nil, err
	}
	q.reset()
	return nil, nil
}
