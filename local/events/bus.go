package events

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

const defaultBus = "default"

// bus is an event bus. Times are Unix ms.
type bus struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	KMSKey      string          `json:"kmsKey,omitempty"`
	DeadLetter  *deadLetter     `json:"deadLetter,omitempty"`
	Log         json.RawMessage `json:"log,omitempty"`
	Policy      json.RawMessage `json:"policy,omitempty"`
	Tags        []tag           `json:"tags,omitempty"`
	Created     int64           `json:"created"`
	Modified    int64           `json:"modified"`
}

type deadLetter struct {
	Arn string `json:"Arn,omitempty"`
}

// busAt is the place and the name of a bus that is given by its name or its ARN; "" is the default bus.
func busAt(at arn.Place, text string) (arn.Place, string) {
	if text == "" {
		return at, defaultBus
	}
	if a, ok := arn.Parse(text); ok && a.Service == "events" {
		if name, ok := strings.CutPrefix(a.Resource, "event-bus/"); ok {
			return a.Place(), name
		}
	}
	return at, text
}

func busARN(at arn.Place, name string) string { return at.ARN("events", "event-bus/"+name) }

// bus returns a bus, nil when there is none.
func (s *Service) bus(at arn.Place, name string) (*bus, error) {
	b, err := s.buses.Get(at, name)
	if err == nil && b == nil && name == defaultBus {
		b = &bus{Name: defaultBus, Created: s.began.UnixMilli(), Modified: s.began.UnixMilli()}
	}
	return b, err
}

// known returns a bus that there is, with its place.
func (s *Service) known(at arn.Place, text string) (arn.Place, *bus, error) {
	at, name := busAt(at, text)
	b, err := s.bus(at, name)
	if err == nil && b == nil {
		err = notFound("Event bus %s does not exist.", name)
	}
	return at, b, err
}

type busInput struct {
	pageInput
	Name             string
	Description      *string
	KMSKeyIdentifier string `json:"KmsKeyIdentifier"`
	DeadLetterConfig *deadLetter
	LogConfig        json.RawMessage
	EventSourceName  string
	Tags             []tag
}

type busOutput struct {
	EventBusArn      string          `json:",omitempty"`
	Arn              string          `json:",omitempty"`
	Name             string          `json:",omitempty"`
	Description      string          `json:",omitempty"`
	KMSKeyIdentifier string          `json:"KmsKeyIdentifier,omitempty"`
	DeadLetterConfig *deadLetter     `json:",omitempty"`
	LogConfig        json.RawMessage `json:",omitempty"`
	Policy           string          `json:",omitempty"`
	CreationTime     float64         `json:",omitempty"`
	LastModifiedTime float64         `json:",omitempty"`
}

func (in *busInput) set(b *bus) {
	if in.Description != nil {
		b.Description = *in.Description
	}
	if in.KMSKeyIdentifier != "" {
		b.KMSKey = in.KMSKeyIdentifier
	}
	if in.DeadLetterConfig != nil {
		b.DeadLetter = in.DeadLetterConfig
	}
	if in.LogConfig != nil {
		b.Log = in.LogConfig
	}
}

func (s *Service) createEventBus(_ context.Context, r *awswire.Request, in *busInput) (*busOutput, error) {
	if strings.Contains(in.Name, "/") || in.EventSourceName != "" {
		return nil, invalid("Event bus name must not contain '/'. Buses of partners are not built in.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bus(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	if b != nil {
		return nil, exists("Event bus %s already exists.", in.Name)
	}
	now := s.o.Now().UnixMilli()
	b = &bus{Name: in.Name, Created: now, Modified: now}
	in.set(b)
	if b.Tags, err = merged(nil, in.Tags); err != nil {
		return nil, err
	}
	return &busOutput{EventBusArn: busARN(r.Place, b.Name), Description: b.Description, KMSKeyIdentifier: b.KMSKey, DeadLetterConfig: b.DeadLetter, LogConfig: b.Log},
		s.buses.Save(b, r.Place, b.Name)
}

func (s *Service) updateEventBus(_ context.Context, r *awswire.Request, in *busInput) (*busOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, b, err := s.known(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	in.set(b)
	return &busOutput{Arn: busARN(at, b.Name), Name: b.Name, Description: b.Description, KMSKeyIdentifier: b.KMSKey, DeadLetterConfig: b.DeadLetter, LogConfig: b.Log},
		s.saveBus(at, b)
}

func (s *Service) saveBus(at arn.Place, b *bus) error {
	b.Modified = s.o.Now().UnixMilli()
	return s.buses.Save(b, at, b.Name)
}

func (s *Service) deleteEventBus(_ context.Context, r *awswire.Request, in *busInput) (*struct{}, error) {
	at, name := busAt(r.Place, in.Name)
	if name == defaultBus {
		return nil, invalid("Cannot delete event bus default.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, err := range s.rules.All(at, name) {
		if err != nil {
			return nil, err
		}
		return nil, invalid("Event bus can't be deleted since it has rules.")
	}
	var b kv.Batch
	s.buses.Delete(&b, at, name)
	return nil, s.o.Store.Apply(&b)
}

func (b *bus) describe(at arn.Place) *busOutput {
	return &busOutput{Arn: busARN(at, b.Name), Name: b.Name, Description: b.Description, Policy: string(b.Policy),
		CreationTime: seconds(b.Created), LastModifiedTime: seconds(b.Modified)}
}

func (s *Service) describeEventBus(_ context.Context, r *awswire.Request, in *busInput) (*busOutput, error) {
	at, b, err := s.known(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	out := b.describe(at)
	out.KMSKeyIdentifier, out.DeadLetterConfig, out.LogConfig = b.KMSKey, b.DeadLetter, b.Log
	return out, nil
}

type busesOutput struct {
	EventBuses []*busOutput
	NextToken  string `json:",omitempty"`
}

func (s *Service) listEventBuses(_ context.Context, r *awswire.Request, in *busInput) (*busesOutput, error) {
	all, err := s.buses.List(r.Place)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(all, func(b *bus) bool { return b.Name == defaultBus }) {
		b, err := s.bus(r.Place, defaultBus)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b *bus) int { return strings.Compare(a.Name, b.Name) })
	all = slices.DeleteFunc(all, func(b *bus) bool { return !strings.HasPrefix(b.Name, in.NamePrefix) })
	out := &busesOutput{EventBuses: []*busOutput{}}
	if all, out.NextToken, err = page(all, in.pageInput); err != nil {
		return nil, err
	}
	for _, b := range all {
		out.EventBuses = append(out.EventBuses, b.describe(r.Place))
	}
	return out, nil
}

type permissionInput struct {
	EventBusName         string
	Action               string
	Principal            string
	StatementID          string `json:"StatementId"`
	Condition            *condition
	Policy               string
	RemoveAllPermissions bool
}

type condition struct{ Type, Key, Value string }

// busPolicy is the policy of a bus. Nobody is held to it.
type busPolicy struct {
	Version   string
	Statement []json.RawMessage
}

type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

func sidOf(st json.RawMessage) string {
	v, err := value.ParseBytes(st)
	if err != nil {
		return ""
	}
	sid, _ := v.Get("Sid")
	return sid.Str()
}

func (s *Service) putPermission(_ context.Context, r *awswire.Request, in *permissionInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, b, err := s.known(r.Place, in.EventBusName)
	if err != nil {
		return nil, err
	}
	if in.Policy != "" {
		if in.Action != "" || in.Principal != "" || in.StatementID != "" || in.Condition != nil {
			return nil, invalid("Parameter Policy cannot be used with Action, Principal, StatementId, or Condition.")
		}
		if doc, err := value.Parse(in.Policy); err != nil || doc.Kind() != value.Object {
			return nil, invalid("Parameter Policy is not valid.")
		}
		b.Policy = json.RawMessage(in.Policy)
		return nil, s.saveBus(at, b)
	}
	if in.Action == "" || in.Principal == "" || in.StatementID == "" {
		return nil, invalid("Parameters Action, Principal and StatementId, or Policy, must be specified.")
	}
	st := statement{Sid: in.StatementID, Effect: "Allow", Principal: "*", Action: in.Action, Resource: busARN(at, b.Name)}
	if in.Principal != "*" {
		st.Principal = map[string]string{"AWS": arn.ARN{Partition: at.Partition(), Service: "iam", Account: in.Principal, Resource: "root"}.String()}
	}
	if c := in.Condition; c != nil {
		st.Condition = map[string]map[string]string{c.Type: {c.Key: c.Value}}
	}
	doc, err := local.Document(st)
	if err != nil {
		return nil, err
	}
	p := b.policy()
	p.Statement = slices.DeleteFunc(p.Statement, func(old json.RawMessage) bool { return sidOf(old) == in.StatementID })
	p.Statement = append(p.Statement, json.RawMessage(doc.Text()))
	return nil, s.setPolicy(at, b, p)
}

func (b *bus) policy() *busPolicy {
	p := &busPolicy{Version: "2012-10-17"}
	if b.Policy != nil {
		_ = json.Unmarshal(b.Policy, p) // a policy that was put as a whole may have one statement that is no list: it is replaced
	}
	return p
}

func (s *Service) setPolicy(at arn.Place, b *bus, p *busPolicy) error {
	b.Policy = nil
	if len(p.Statement) > 0 {
		doc, err := local.Document(p)
		if err != nil {
			return err
		}
		b.Policy = json.RawMessage(doc.Text())
	}
	return s.saveBus(at, b)
}

func (s *Service) removePermission(_ context.Context, r *awswire.Request, in *permissionInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, b, err := s.known(r.Place, in.EventBusName)
	if err != nil {
		return nil, err
	}
	if in.RemoveAllPermissions {
		return nil, s.setPolicy(at, b, &busPolicy{})
	}
	p := b.policy()
	n := len(p.Statement)
	p.Statement = slices.DeleteFunc(p.Statement, func(st json.RawMessage) bool { return sidOf(st) == in.StatementID })
	if len(p.Statement) == n {
		return nil, notFound("Statement with the provided id does not exist.")
	}
	return nil, s.setPolicy(at, b, p)
}
