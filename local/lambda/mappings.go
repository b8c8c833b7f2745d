package lambda

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/lambda/function"
)

// mapping is an event source mapping: a queue whose messages a function gets. All mappings are records of one kind under no
// place, so that they can be gone through at a start; the place comes first among the parts of the key.
type mapping struct {
	ID          string            `json:"id"`
	Region      string            `json:"region"` // of the mapping and its function
	Account     string            `json:"account"`
	Queue       string            `json:"queue"` // ARN
	Function    string            `json:"function"`
	Qualifier   string            `json:"qualifier,omitempty"`
	BatchSize   int               `json:"batchSize"`
	Window      int               `json:"window,omitempty"` // seconds
	Concurrency int               `json:"concurrency,omitempty"`
	Partial     bool              `json:"partial,omitempty"` // the function tells which messages failed
	Disabled    bool              `json:"disabled,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Modified    time.Time         `json:"modified"`
	// Change is what State shows until a moment after Modified.
	Change string `json:"change,omitempty"`
}

// mappingSettling is how long the state of a mapping tells of its last change.
const mappingSettling = 100 * time.Millisecond

// maxMappings bounds the mappings that there are, each of which has a goroutine.
const maxMappings = 1000

func (m *mapping) place() arn.Place { return arn.Place{Region: m.Region, Account: m.Account} }
func (m *mapping) arn() string      { return m.place().ARN("lambda", "event-source-mapping:"+m.ID) }
func (m *mapping) fifo() bool       { return strings.HasSuffix(m.Queue, ".fifo") }

func (m *mapping) ref() function.Ref {
	return function.Ref{Place: m.place(), Name: m.Function, Qualifier: m.Qualifier}
}

// state is how far the mapping has come.
func (m *mapping) state() string {
	switch {
	case m.Change != "" && time.Since(m.Modified) < mappingSettling:
		return m.Change
	case m.Disabled:
		return "Disabled"
	}
	return "Enabled"
}

// mappingAnswer is EventSourceMappingConfiguration.
type mappingAnswer struct {
	UUID                           string
	EventSourceArn                 string
	EventSourceMappingArn          string
	FunctionArn                    string
	BatchSize                      int
	MaximumBatchingWindowInSeconds int
	FunctionResponseTypes          []string
	ScalingConfig                  *scalingConfig `json:",omitempty"`
	LastModified                   float64        // seconds since 1970
	State                          string
	StateTransitionReason          string
}

type scalingConfig struct {
	MaximumConcurrency int
}

func (m *mapping) shown() *mappingAnswer {
	a := &mappingAnswer{
		UUID: m.ID, EventSourceArn: m.Queue, EventSourceMappingArn: m.arn(), FunctionArn: m.place().FunctionARN(m.Function, m.Qualifier),
		BatchSize: m.BatchSize, MaximumBatchingWindowInSeconds: m.Window, FunctionResponseTypes: []string{},
		LastModified: float64(m.Modified.UnixMilli()) / 1000, State: m.state(), StateTransitionReason: "USER_INITIATED",
	}
	if m.Partial {
		a.FunctionResponseTypes = []string{partialFailures}
	}
	if m.Concurrency > 0 {
		a.ScalingConfig = &scalingConfig{m.Concurrency}
	}
	return a
}

const partialFailures = "ReportBatchItemFailures"

// mapped returns the mapping of a place with an id.
func (h *Handler) mapped(at arn.Place, id string) (*mapping, error) {
	m, err := h.shelf.mappings.Get(arn.Place{}, at.Region, at.Account, id)
	if err == nil && m == nil {
		err = function.Errorf("ResourceNotFoundException", http.StatusNotFound, "The resource you requested does not exist.")
	}
	return m, err
}

func (h *Handler) saveMapping(ctx context.Context, m *mapping) error {
	var b kv.Batch
	if err := h.shelf.mappings.Set(&b, m, arn.Place{}, m.Region, m.Account, m.ID); err != nil {
		return err
	}
	return h.shelf.apply(ctx, &b)
}

func (h *Handler) createMapping(ctx context.Context, c *awswire.Call) error {
	m, err := h.newMapping(ctx, c)
	if err != nil {
		return err
	}
	h.mapping.Lock() // one by one, so that no queue is mapped twice
	defer h.mapping.Unlock()
	all, err := h.shelf.mappings.List(arn.Place{})
	if err != nil {
		return err
	}
	if len(all) >= maxMappings {
		return invalid("There are %d event source mappings; this server polls for no more.", maxMappings)
	}
	for _, o := range all {
		if o.place() == m.place() && o.Queue == m.Queue && o.Function == m.Function && o.Qualifier == m.Qualifier {
			return function.Errorf("ResourceConflictException", http.StatusConflict, "An event source mapping with SQS arn (\" %s \") and function (\" %s \") already exists. "+
				"Please update or delete the existing mapping with UUID %s", m.Queue, m.Function, o.ID)
		}
	}
	if err := h.saveMapping(ctx, m); err != nil {
		return err
	}
	h.pollers.set(m)
	return answer(c, m.shown())
}

// newMapping makes the mapping that a request describes, and refuses one that could not be polled.
func (h *Handler) newMapping(ctx context.Context, c *awswire.Call) (*mapping, error) {
	if h.opts.Others == nil {
		return nil, invalid("This server has no queues.")
	}
	source, err := queueARN(c)
	if err != nil {
		return nil, err
	}
	ref, err := h.ref(c)
	if err != nil {
		return nil, err
	}
	m := &mapping{
		ID: uuid.NewString(), Region: c.Place.Region, Account: c.Place.Account, Queue: source, Function: strings.Clone(ref.Name), Qualifier: strings.Clone(ref.Qualifier),
		BatchSize: 10, Modified: time.Now(), Change: "Creating", Tags: cloned(c.Strings("Tags")),
	}
	if err := m.apply(c); err != nil {
		return nil, err
	}
	return m, h.checkMapping(ctx, m)
}

// queueARN returns the queue of a request. Other sources are not polled here, and are refused.
func queueARN(c *awswire.Call) (string, error) {
	for _, member := range []string{"SelfManagedEventSource", "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig", "DocumentDBEventSourceConfig"} {
		if c.Has(member) {
			return "", invalid("%s: this server polls SQS queues alone. An endpoint that has other event sources can be set for lambda.", member)
		}
	}
	text := strings.Clone(c.Str("EventSourceArn"))
	source, ok := arn.Parse(text)
	switch {
	case !ok:
		return "", invalid("Unrecognized event source.")
	case source.Service != "sqs":
		return "", invalid("Event sources of %s are not polled by this server, SQS queues are. An endpoint that has them can be set for lambda.", source.Service)
	case source.Region != c.Place.Region:
		return "", invalid("The queue is in another region (%s) than the function (%s).", source.Region, c.Place.Region)
	}
	return text, nil
}

// notForQueues are the members that an SQS source cannot have on AWS, and those that this server has nothing for.
var notForQueues = []string{
	"BisectBatchOnFunctionError", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "ParallelizationFactor", "TumblingWindowInSeconds",
	"StartingPosition", "StartingPositionTimestamp", "Topics", "Queues", "SourceAccessConfigurations", "DestinationConfig",
}

// apply changes what a request says.
func (m *mapping) apply(c *awswire.Call) error {
	for _, member := range notForQueues {
		if c.Has(member) {
			return invalid("Unsupported %s parameter for given event source mapping type.", member)
		}
	}
	if len(c.Struct("FilterCriteria").Structs("Filters")) > 0 {
		return invalid("FilterCriteria: this server does not filter messages. An endpoint that does can be set for lambda.")
	}
	if c.Has("ProvisionedPollerConfig") {
		return invalid("ProvisionedPollerConfig: this server has no provisioned pollers.")
	}
	if n := c.IntPtr("BatchSize"); n != nil {
		m.BatchSize = int(*n)
	}
	if n := c.IntPtr("MaximumBatchingWindowInSeconds"); n != nil {
		m.Window = int(*n)
	}
	if c.Has("Enabled") {
		m.Disabled = !c.Bool("Enabled", true)
	}
	if c.Has("FunctionResponseTypes") {
		m.Partial = slices.Contains(c.Strs("FunctionResponseTypes"), partialFailures)
	}
	if c.Has("ScalingConfig") {
		m.Concurrency = int(c.Struct("ScalingConfig").Int("MaximumConcurrency"))
	}
	return m.check()
}

func (m *mapping) check() error {
	switch {
	case m.fifo() && m.BatchSize > 10:
		return invalid("Batch size must be between 1 and 10 for FIFO queues.")
	case m.fifo() && m.Window > 0:
		return invalid("Batching window is not supported for FIFO queues.")
	case m.BatchSize > 10 && m.Window == 0:
		return invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
	}
	return nil
}

// checkMapping refuses a mapping whose function or queue is not there, or does not go with the other.
func (h *Handler) checkMapping(ctx context.Context, m *mapping) error {
	f, err := h.catalog.Get(m.ref())
	if err != nil {
		return invalid("Function does not exist")
	}
	reply, err := h.callQueue(ctx, m, "GetQueueAttributes", map[string]any{"AttributeNames": []string{"VisibilityTimeout"}})
	if err != nil {
		var refused *awswire.Error
		if asRefusal(err, &refused) {
			code := refused.Code
			if strings.HasSuffix(code, "QueueDoesNotExist") {
				code = "AWS.SimpleQueueService.NonExistentQueue"
			}
			return invalid("Error occurred while ReceiveMessage. SQS Error Code: %s. SQS Error Message: %s", code, refused.Message)
		}
		return err
	}
	var got struct{ Attributes map[string]string }
	if err := json.Unmarshal([]byte(reply), &got); err != nil {
		return err
	}
	visible, err := strconv.Atoi(got.Attributes["VisibilityTimeout"])
	if limit := int(f.Timeout / time.Second); err == nil && visible < limit {
		return invalid("Queue visibility timeout: %d seconds is less than Function timeout: %d seconds", visible, limit)
	}
	return nil
}

func (h *Handler) getMapping(_ context.Context, c *awswire.Call) error {
	m, err := h.mapped(c.Place, c.Str("UUID"))
	if err != nil {
		return err
	}
	return answer(c, m.shown())
}

func (h *Handler) updateMapping(ctx context.Context, c *awswire.Call) error {
	h.mapping.Lock()
	defer h.mapping.Unlock()
	m, err := h.mapped(c.Place, c.Str("UUID"))
	if err != nil {
		return err
	}
	before := m.Disabled
	if c.Has("FunctionName") {
		ref, err := h.ref(c)
		if err != nil {
			return err
		}
		m.Function, m.Qualifier = strings.Clone(ref.Name), strings.Clone(ref.Qualifier)
	}
	if err := m.apply(c); err != nil {
		return err
	}
	if err := h.checkMapping(ctx, m); err != nil {
		return err
	}
	m.Modified, m.Change = time.Now(), "Updating"
	switch {
	case m.Disabled && !before:
		m.Change = "Disabling"
	case !m.Disabled && before:
		m.Change = "Enabling"
	}
	if err := h.saveMapping(ctx, m); err != nil {
		return err
	}
	h.pollers.set(m)
	return answer(c, m.shown())
}

func (h *Handler) deleteMapping(ctx context.Context, c *awswire.Call) error {
	h.mapping.Lock()
	defer h.mapping.Unlock()
	m, err := h.mapped(c.Place, c.Str("UUID"))
	if err != nil {
		return err
	}
	var b kv.Batch
	h.shelf.mappings.Delete(&b, arn.Place{}, m.Region, m.Account, m.ID)
	if err := h.shelf.apply(ctx, &b); err != nil {
		return err
	}
	h.pollers.drop(m.ID)
	a := m.shown()
	a.State = "Deleting"
	return answer(c, a)
}

func (h *Handler) listMappings(_ context.Context, c *awswire.Call) error {
	var ref function.Ref
	if c.Has("FunctionName") {
		var err error
		if ref, err = h.ref(c); err != nil {
			return err
		}
	}
	found := []*mappingAnswer{}
	for m, err := range h.shelf.mappings.All(arn.Place{}, c.Place.Region, c.Place.Account) {
		if err != nil {
			return err
		}
		of := !c.Has("FunctionName") || m.Function == ref.Name && (ref.Qualifier == "" || ref.Qualifier == m.Qualifier)
		if of && (!c.Has("EventSourceArn") || m.Queue == c.Str("EventSourceArn")) {
			found = append(found, m.shown())
		}
	}
	from, to, next, err := page(c, len(found))
	if err != nil {
		return err
	}
	return answer(c, struct {
		NextMarker          string `json:",omitempty"`
		EventSourceMappings []*mappingAnswer
	}{next, found[from:to]})
}

// taggedMapping returns the mapping whose ARN a request about tags has; nil when the ARN is of something else.
func (h *Handler) taggedMapping(c *awswire.Call) (*mapping, error) {
	_, id, ok := strings.Cut(c.Str("Resource"), ":event-source-mapping:")
	if !ok {
		return nil, nil
	}
	return h.mapped(c.Place, id)
}

// tagMapping changes the tags of the mapping that a request names, and reports whether it names one.
func (h *Handler) tagMapping(ctx context.Context, c *awswire.Call, set map[string]string, remove []string) (bool, error) {
	h.mapping.Lock()
	defer h.mapping.Unlock()
	m, err := h.taggedMapping(c)
	if m == nil || err != nil {
		return err != nil, err
	}
	if m.Tags == nil {
		m.Tags = map[string]string{}
	}
	maps.Copy(m.Tags, set)
	for _, key := range remove {
		delete(m.Tags, key)
	}
	return true, h.saveMapping(ctx, m)
}
