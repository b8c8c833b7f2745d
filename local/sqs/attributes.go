package sqs

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// The names of the attributes that can be set.
const (
	attrDelay       = "DelaySeconds"
	attrMaxSize     = "MaximumMessageSize"
	attrRetention   = "MessageRetentionPeriod"
	attrPolicy      = "Policy"
	attrWait        = "ReceiveMessageWaitTimeSeconds"
	attrVisibility  = "VisibilityTimeout"
	attrRedrive     = "RedrivePolicy"
	attrAllow       = "RedriveAllowPolicy"
	attrKey         = "KmsMasterKeyId"
	attrKeyReuse    = "KmsDataKeyReusePeriodSeconds"
	attrSSE         = "SqsManagedSseEnabled"
	attrFIFO        = "FifoQueue"
	attrContent     = "ContentBasedDeduplication"
	attrScope       = "DeduplicationScope"
	attrThroughput  = "FifoThroughputLimit"
	perMessageGroup = "perMessageGroupId"
	scopeGroup      = "messageGroup"
	scopeQueue      = "queue"
)

// numbers are the attributes that are numbers: their bounds, and what they are when they are not set.
var numbers = map[string]struct{ low, high, initial int64 }{
	attrDelay:      {0, 900, 0},
	attrMaxSize:    {1024, maxMessageBytes, maxMessageBytes},
	attrRetention:  {60, 1209600, 345600},
	attrWait:       {0, 20, 0},
	attrVisibility: {0, maxVisibility, 30},
	attrKeyReuse:   {60, 86400, 300},
}

const (
	maxMessageBytes = 1 << 20
	maxVisibility   = 43200 // seconds
)

// fifoOnly are the attributes of FIFO queues, and what they are when they are not set.
var fifoOnly = map[string]string{attrFIFO: "true", attrContent: "false", attrScope: scopeQueue, attrThroughput: "perQueue"}

// choices are the values of the attributes that are one of a few.
var choices = map[string][]string{attrScope: {scopeGroup, scopeQueue}, attrThroughput: {"perQueue", perMessageGroup}}

// settings are the attributes of a queue, read.
type settings struct {
	fifo, content               bool
	delay, retention, visible   int64 // milliseconds
	wait                        int64 // seconds
	maxSize                     int
	scope                       string
	deadLetter                  string // the ARN of the dead-letter queue, "": none
	maxReceives                 uint64
	deadLetterPlace             arn.Place
	deadLetterName, allowPolicy string
}

// read is what attributes say, which normalized took.
func read(fifo bool, attributes map[string]string) settings {
	num := func(name string) int64 {
		if n, err := strconv.ParseInt(attributes[name], 10, 64); err == nil {
			return n
		}
		return numbers[name].initial
	}
	s := settings{fifo: fifo, content: attributes[attrContent] == "true", scope: attributes[attrScope],
		delay: num(attrDelay) * 1000, retention: num(attrRetention) * 1000, visible: num(attrVisibility) * 1000,
		wait: num(attrWait), maxSize: int(num(attrMaxSize)), allowPolicy: attributes[attrAllow]}
	if text := attributes[attrRedrive]; text != "" {
		var p redrivePolicy
		if json.Unmarshal([]byte(text), &p) == nil {
			if a, ok := arn.Parse(p.Target); ok {
				s.deadLetter, s.maxReceives = p.Target, uint64(p.Max)
				s.deadLetterPlace, s.deadLetterName = a.Place(), a.Resource
			}
		}
	}
	return s
}

// redrivePolicy is a RedrivePolicy as it is shown.
type redrivePolicy struct {
	Target string `json:"deadLetterTargetArn"`
	Max    int    `json:"maxReceiveCount"`
}

// normalized checks attributes that are to be set on a queue and returns them in the form in which they are shown. A value ""
// takes an attribute away.
func (s *Service) normalized(q queueKey, fifo, creating bool, given map[string]string) (map[string]string, *awswire.Error) {
	out := make(map[string]string, len(given))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, err := s.normalize(q, fifo, creating, name, given[name])
		if err != nil {
			return nil, err
		}
		out[name] = value
	}
	if given[attrKey] != "" && out[attrSSE] == "true" {
		return nil, refuse(invalidAttrName, "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
	}
	return out, nil
}

func (s *Service) normalize(q queueKey, fifo, creating bool, name, value string) (string, *awswire.Error) {
	if _, only := fifoOnly[name]; only && !fifo {
		if choices[name] != nil {
			return "", refuse(invalidAttrName, "You can specify the %s only when FifoQueue is set to true.", name)
		}
		return "", refuse(invalidAttrName, "Unknown Attribute %s.", name)
	}
	invalid := refuse(invalidAttrValue, "Invalid value for the parameter %s.", name)
	if bounds, ok := numbers[name]; ok {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < bounds.low || n > bounds.high {
			return "", invalid
		}
		return strconv.FormatInt(n, 10), nil
	}
	switch name {
	case attrPolicy:
		if value != "" && !isObject(value) {
			return "", invalid
		}
		return value, nil
	case attrRedrive:
		return s.normalizeRedrive(q, fifo, value)
	case attrAllow:
		return normalizeAllow(value)
	case attrKey:
		return value, nil
	case attrSSE, attrContent, attrFIFO:
		flag, err := flagOf(value)
		if err != nil {
			return "", invalid
		}
		if name == attrFIFO && !creating && flag != "true" {
			return "", refuse(invalidAttrValue, "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
		}
		return flag, nil
	case attrScope, attrThroughput:
		if !slices.Contains(choices[name], value) {
			return "", invalid
		}
		return value, nil
	}
	return "", refuse(invalidAttrName, "Unknown Attribute %s.", name)
}

func flagOf(value string) (string, error) {
	flag, err := strconv.ParseBool(strings.ToLower(value))
	return strconv.FormatBool(flag), err
}

func isObject(text string) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &object) == nil && object != nil
}

// normalizeRedrive checks a RedrivePolicy.
func (s *Service) normalizeRedrive(q queueKey, fifo bool, value string) (string, *awswire.Error) {
	if value == "" {
		return "", nil
	}
	invalid := func(reason string) (string, *awswire.Error) { return "", invalidValue(value, attrRedrive, reason) }
	var given map[string]any
	if json.Unmarshal([]byte(value), &given) != nil {
		return invalid("Redrive policy is not a valid JSON map.")
	}
	for _, name := range []string{"maxReceiveCount", "deadLetterTargetArn"} {
		if given[name] == nil || given[name] == "" {
			return invalid("Redrive policy does not contain mandatory attribute: " + name + ".")
		}
	}
	most := strings.TrimSuffix(strings.TrimSpace(jsonText(given["maxReceiveCount"])), ".0")
	n, err := strconv.Atoi(most)
	if err != nil || n < 1 || n > 1000 {
		return invalid("Invalid value for maxReceiveCount: " + most + ", valid values are from 1 to 1000 both inclusive.")
	}
	target := jsonText(given["deadLetterTargetArn"])
	a, ok := arn.Parse(target)
	if !ok || a.Service != "sqs" {
		return invalid("Invalid value for deadLetterTargetArn.")
	}
	dead, fault := s.find(queueKey{a.Place(), a.Resource})
	switch {
	case fault != nil || dead == nil:
		return invalid("Dead letter target does not exist.")
	case dead.set.fifo != fifo:
		return invalid("Dead-letter queue must be same type of queue as the source.")
	case !dead.allows(q.arn()):
		return invalid("Queue " + target + " does not allow " + q.arn() + " to use it as a dead-letter queue.")
	}
	text, _ := json.Marshal(redrivePolicy{target, n})
	return string(text), nil
}

// jsonText is a string or a number as text.
func jsonText(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	text, _ := json.Marshal(v)
	return string(text)
}

// allowPolicy is a RedriveAllowPolicy.
type allowPolicy struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns,omitempty"`
}

func normalizeAllow(value string) (string, *awswire.Error) {
	if value == "" {
		return "", nil
	}
	var p allowPolicy
	invalid := func(reason string) (string, *awswire.Error) { return "", invalidValue(value, attrAllow, reason) }
	if json.Unmarshal([]byte(value), &p) != nil {
		return invalid("RedriveAllowPolicy is not a valid JSON map.")
	}
	switch {
	case !slices.Contains([]string{"allowAll", "denyAll", "byQueue"}, p.Permission):
		return invalid("Invalid value for redrivePermission, valid values are allowAll, denyAll and byQueue.")
	case p.Permission == "byQueue" && (len(p.Sources) == 0 || len(p.Sources) > 10):
		return invalid("sourceQueueArns must have from 1 to 10 queues when redrivePermission is byQueue.")
	case p.Permission != "byQueue" && len(p.Sources) > 0:
		return invalid("sourceQueueArns can be given only when redrivePermission is byQueue.")
	}
	return value, nil
}

// allows reports whether the queue may be the dead-letter queue of source.
func (q *queue) allows(source string) bool {
	var p allowPolicy
	if q.set.allowPolicy == "" || json.Unmarshal([]byte(q.set.allowPolicy), &p) != nil {
		return true
	}
	return p.Permission == "allowAll" || p.Permission == "byQueue" && slices.Contains(p.Sources, source)
}

// merge sets normalized attributes of a record.
func (r *record) merge(fifo bool, set map[string]string) *awswire.Error {
	merged := maps.Clone(r.Attributes)
	if merged == nil {
		merged = map[string]string{}
	}
	for name, value := range set {
		if value == "" {
			delete(merged, name)
			continue
		}
		merged[name] = value
	}
	if set[attrKey] != "" {
		merged[attrSSE] = "false"
	}
	if set[attrSSE] == "true" {
		delete(merged, attrKey)
		delete(merged, attrKeyReuse)
	}
	if fifo && merged[attrThroughput] == perMessageGroup && merged[attrScope] != scopeGroup {
		return refuse(invalidAttrValue, "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.")
	}
	r.Attributes = merged
	return nil
}

// shown is the value of an attribute that can be set, "" when it is not shown.
func (q *queue) shown(name string) string {
	if value := q.rec.Attributes[name]; value != "" {
		return value
	}
	if initial, only := fifoOnly[name]; only {
		if !q.set.fifo {
			return ""
		}
		return initial
	}
	switch name {
	case attrSSE:
		return "true"
	case attrKeyReuse:
		if q.rec.Attributes[attrKey] == "" {
			return ""
		}
	}
	if n, ok := numbers[name]; ok {
		return strconv.FormatInt(n.initial, 10)
	}
	return ""
}

// settable are the attribute names that GetQueueAttributes knows, in the order of All.
var settable = []string{attrDelay, attrMaxSize, attrRetention, attrPolicy, attrWait, attrVisibility, attrRedrive, attrAllow,
	attrKey, attrKeyReuse, attrSSE, attrFIFO, attrContent, attrScope, attrThroughput}

// attributes are what GetQueueAttributes answers.
func (q *queue) attributes(names []string) (map[string]string, *awswire.Error) {
	all := map[string]string{}
	for _, name := range settable {
		all[name] = q.shown(name)
	}
	all["QueueArn"] = q.key.arn()
	all["CreatedTimestamp"] = strconv.FormatInt(q.rec.Created, 10)
	all["LastModifiedTimestamp"] = strconv.FormatInt(q.rec.Modified, 10)
	all["ApproximateNumberOfMessages"] = strconv.Itoa(q.visibleCount())
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(q.inflight)
	all["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(q.delayed)
	out := map[string]string{}
	for _, name := range names {
		if name == "All" {
			maps.Copy(out, all)
			continue
		}
		value, known := all[name]
		if !known {
			return nil, refuse(invalidAttrName, "Unknown Attribute %s.", name)
		}
		out[name] = value
	}
	maps.DeleteFunc(out, func(_, value string) bool { return value == "" })
	return out, nil
}

// save puts the queue's record into a batch and reads the settings again.
func (q *queue) save(b *kv.Batch) {
	q.set = read(q.set.fifo, q.rec.Attributes)
	b.Set(recordKey(q.key), q.rec.encode())
}
