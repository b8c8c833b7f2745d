package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/row"
)

// The stored forms of what the engine keeps beside executions. A record is a version byte and what the functions here
// write, field by field: renaming what is in memory changes no store.
//
// Invariant: a version is read for ever as it was written. What a form gains, loses or orders otherwise is a new version
// of its kind, with a function of its own that reads it, and a golden file in testdata/golden.
//
// Version 0 has no version byte: it is JSON and begins with a brace, and a secret is its bytes.

// recordKind is how the records of one kind are stored.
type recordKind[T any] struct {
	prefix string // of their keys
	// now is the version that write writes, from 1 up; read reads those from 1 to now.
	now   byte
	write func(*row.Writer, *T)
	read  func(r *row.Reader, version byte) *T
	// first reads version 0. nil: there never was one.
	first func(json []byte) (*T, error)
}

// append appends the stored form of v.
func (k *recordKind[T]) append(dst []byte, v *T) []byte {
	w := row.NewWriter(append(dst, k.now), nil)
	k.write(&w, v)
	return w.Row()
}

// open reads a stored record.
func (k *recordKind[T]) open(r statelark.MetaRecord) (*T, error) {
	v, err := k.parse(r.Value)
	if err != nil {
		return nil, fmt.Errorf("reading the record %s: %w", r.Key, err)
	}
	return v, nil
}

func (k *recordKind[T]) parse(data []byte) (*T, error) {
	if len(data) > 0 && data[0] == '{' && k.first != nil {
		return k.first(data)
	}
	body, err := versioned(data, k.now)
	if err != nil {
		return nil, err
	}
	r := row.NewReader(body, nil)
	v := k.read(&r, data[0])
	return v, r.Done()
}

// versioned returns what follows the version byte, which must be one up to now.
func versioned(data []byte, now byte) ([]byte, error) {
	switch {
	case len(data) == 0:
		return nil, row.ErrShort
	case data[0] == 0:
		return nil, errors.New("it has no version")
	case data[0] > now:
		return nil, fmt.Errorf("it is of version %d, and this release reads versions up to %d: a later release wrote it", data[0], now)
	}
	return data[1:], nil
}

// The kinds of records. Those of a state machine are its head, which changes, and its revisions, which do not.
var (
	headKind = recordKind[head]{
		prefix: "machine/", now: 1, write: writeHead, read: readHead, first: firstOf((*machine0).head),
	}
	revisionKind = recordKind[statelark.StateMachine]{
		prefix: "revision/", now: 1, write: writeRevision, read: readRevision, first: firstOf((*machine0).revision),
	}
	supersededKind = recordKind[superseded]{prefix: "superseded/", now: 1, write: writeSuperseded, read: readSuperseded}
	publishedKind  = recordKind[published]{prefix: "published/", now: 1, write: writePublished, read: readPublished}
	activityKind   = recordKind[statelark.Activity]{
		prefix: "activity/", now: 1, write: writeActivity, read: readActivity, first: firstOf((*activity0).activity),
	}
)

func writeHead(w *row.Writer, h *head) {
	w.Text(h.ARN)
	w.Text(h.Name)
	w.Text(string(h.Type))
	writeTime(w, h.Created)
	w.Text(h.Revision)
	w.Bool(h.Deleting)
	writeTags(w, h.Tags)
}

func readHead(r *row.Reader, _ byte) *head {
	return &head{
		ARN: r.Text(), Name: r.Text(), Type: statelark.MachineType(r.Text()), Created: readTime(r), Revision: r.Text(),
		Deleting: r.Bool(), Tags: readTags(r),
	}
}

// writeRevision writes all of m but what the head has.
func writeRevision(w *row.Writer, m *statelark.StateMachine) {
	w.Text(m.ARN)
	w.Text(m.Name)
	w.Text(string(m.Type))
	writeTime(w, m.Created)
	w.Text(m.Revision)
	writeTime(w, m.Updated)
	w.Text(m.RoleARN)
	w.Text(string(m.Logging.Level))
	w.Bool(m.Logging.IncludeExecutionData)
	w.Bool(m.Logging.LogGroups != nil)
	w.Uint(uint64(len(m.Logging.LogGroups)))
	for _, g := range m.Logging.LogGroups {
		w.Text(g)
	}
	w.Bool(m.Tracing.Enabled)
	writeEncryption(w, m.Encryption)
	w.Text(m.Definition)
}

func readRevision(r *row.Reader, _ byte) *statelark.StateMachine {
	m := &statelark.StateMachine{
		ARN: r.Text(), Name: r.Text(), Type: statelark.MachineType(r.Text()), Created: readTime(r), Revision: r.Text(),
		Updated: readTime(r), RoleARN: r.Text(),
		Logging: statelark.LoggingConfiguration{Level: statelark.LogLevel(r.Text()), IncludeExecutionData: r.Bool()},
	}
	if r.Bool() {
		m.Logging.LogGroups = []string{}
	}
	for range r.Count() {
		m.Logging.LogGroups = append(m.Logging.LogGroups, r.Text())
	}
	m.Tracing.Enabled = r.Bool()
	m.Encryption = readEncryption(r)
	m.Definition = r.Text()
	return m
}

func writeSuperseded(w *row.Writer, s *superseded) {
	w.Text(s.ARN)
	w.Text(s.Revision)
	writeTime(w, s.Bound)
}

func readSuperseded(r *row.Reader, _ byte) *superseded {
	return &superseded{ARN: r.Text(), Revision: r.Text(), Bound: readTime(r)}
}

// writePublished writes all of p; versions and aliases do not repeat the ARN of their state machine.
func writePublished(w *row.Writer, p *published) {
	w.Text(p.ARN)
	w.Int(p.Last)
	w.Uint(uint64(len(p.Versions)))
	for _, v := range p.Versions {
		w.Int(v.Number)
		w.Text(v.Revision)
		writeTime(w, v.Created)
		w.Text(v.Description)
	}
	w.Uint(uint64(len(p.Aliases)))
	for _, a := range p.Aliases {
		w.Text(a.Name)
		w.Text(a.Description)
		writeTime(w, a.Created)
		writeTime(w, a.Updated)
		w.Uint(uint64(len(a.Routes)))
		for _, r := range a.Routes {
			w.Int(r.Version)
			w.Int(r.Weight)
		}
	}
}

func readPublished(r *row.Reader, _ byte) *published {
	p := &published{ARN: r.Text(), Last: r.Int()}
	for range r.Count() {
		p.Versions = append(p.Versions, version{
			Version: statelark.Version{Machine: p.ARN, Number: r.Int()}, Revision: r.Text(),
		})
		v := &p.Versions[len(p.Versions)-1]
		v.Created, v.Description = readTime(r), r.Text()
	}
	for range r.Count() {
		a := &statelark.Alias{Machine: p.ARN, Name: r.Text(), Description: r.Text(), Created: readTime(r), Updated: readTime(r)}
		for range r.Count() {
			a.Routes = append(a.Routes, statelark.Route{Version: r.Int(), Weight: r.Int()})
		}
		p.Aliases = append(p.Aliases, a)
	}
	return p
}

func writeActivity(w *row.Writer, a *statelark.Activity) {
	w.Text(a.ARN)
	w.Text(a.Name)
	writeTime(w, a.Created)
	writeEncryption(w, a.Encryption)
	writeTags(w, a.Tags)
}

func readActivity(r *row.Reader, _ byte) *statelark.Activity {
	return &statelark.Activity{ARN: r.Text(), Name: r.Text(), Created: readTime(r), Encryption: readEncryption(r), Tags: readTags(r)}
}

func writeEncryption(w *row.Writer, e statelark.EncryptionConfiguration) {
	w.Text(e.KeyID)
	w.Int(e.ReusePeriod)
}

func readEncryption(r *row.Reader) statelark.EncryptionConfiguration {
	return statelark.EncryptionConfiguration{KeyID: r.Text(), ReusePeriod: r.Int()}
}

func writeTags(w *row.Writer, tags []statelark.Tag) {
	w.Uint(uint64(len(tags)))
	for _, t := range tags {
		w.Text(t.Key)
		w.Text(t.Value)
	}
}

func readTags(r *row.Reader) []statelark.Tag {
	var tags []statelark.Tag
	for range r.Count() {
		tags = append(tags, statelark.Tag{Key: r.Text(), Value: r.Text()})
	}
	return tags
}

// writeTime writes a time in milliseconds since 1970, 0 for none.
func writeTime(w *row.Writer, t time.Time) {
	if t.IsZero() {
		w.Int(0)
		return
	}
	w.Int(t.UnixMilli())
}

func readTime(r *row.Reader) time.Time {
	ms := r.Int()
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// secretVersion is the first byte of a stored secret. In version 0 it had none.
const (
	secretVersion = 1
	secretLength  = 32
)

func appendSecret(dst, secret []byte) []byte { return append(append(dst, secretVersion), secret...) }

func parseSecret(data []byte) ([]byte, error) {
	if len(data) == secretLength {
		return data, nil
	}
	secret, err := versioned(data, secretVersion)
	if err == nil && len(secret) != secretLength {
		err = row.ErrShort
	}
	return secret, err
}

// Version 0: the records as they were in memory then, by the names of Go fields. The head and the revision of a state
// machine were one.

// firstOf reads version 0, which is an R in JSON.
func firstOf[R, T any](from func(*R) *T) func([]byte) (*T, error) {
	return func(data []byte) (*T, error) {
		r := new(R)
		if err := json.Unmarshal(data, r); err != nil {
			return nil, err
		}
		return from(r), nil
	}
}

type machine0 struct {
	ARN        string      `json:"ARN"`
	Name       string      `json:"Name"`
	Type       string      `json:"Type"`
	Deleting   bool        `json:"Deleting"`
	Definition string      `json:"Definition"`
	RoleARN    string      `json:"RoleARN"`
	Logging    logging0    `json:"Logging"`
	Tracing    tracing0    `json:"Tracing"`
	Encryption encryption0 `json:"Encryption"`
	Revision   string      `json:"Revision"`
	Created    time.Time   `json:"Created"`
	Updated    time.Time   `json:"Updated"`
	Tags       []tag0      `json:"Tags"`
}

type logging0 struct {
	Level                string   `json:"Level"`
	IncludeExecutionData bool     `json:"IncludeExecutionData"`
	LogGroups            []string `json:"LogGroups"`
}

type tracing0 struct {
	Enabled bool `json:"Enabled"`
}

type encryption0 struct {
	KeyID       string `json:"KeyID"`
	ReusePeriod int64  `json:"ReusePeriod"`
}

type tag0 struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

func (m *machine0) head() *head {
	return &head{
		ARN: m.ARN, Name: m.Name, Type: statelark.MachineType(m.Type), Created: m.Created, Revision: revisionOf(m.revision()),
		Deleting: m.Deleting, Tags: tagsOf0(m.Tags),
	}
}

func (m *machine0) revision() *statelark.StateMachine {
	return &statelark.StateMachine{
		ARN: m.ARN, Name: m.Name, Type: statelark.MachineType(m.Type), Created: m.Created, Updated: m.Updated,
		Revision: m.Revision, Definition: m.Definition, RoleARN: m.RoleARN,
		Logging: statelark.LoggingConfiguration{
			Level: statelark.LogLevel(m.Logging.Level), IncludeExecutionData: m.Logging.IncludeExecutionData, LogGroups: m.Logging.LogGroups,
		},
		Tracing:    statelark.TracingConfiguration{Enabled: m.Tracing.Enabled},
		Encryption: m.Encryption.configuration(),
	}
}

func (e encryption0) configuration() statelark.EncryptionConfiguration {
	return statelark.EncryptionConfiguration{KeyID: e.KeyID, ReusePeriod: e.ReusePeriod}
}

func tagsOf0(stored []tag0) []statelark.Tag {
	var tags []statelark.Tag
	for _, t := range stored {
		tags = append(tags, statelark.Tag{Key: t.Key, Value: t.Value})
	}
	return tags
}

type activity0 struct {
	ARN        string      `json:"ARN"`
	Name       string      `json:"Name"`
	Created    time.Time   `json:"Created"`
	Encryption encryption0 `json:"Encryption"`
	Tags       []tag0      `json:"Tags"`
}

func (a *activity0) activity() *statelark.Activity {
	return &statelark.Activity{
		ARN: a.ARN, Name: a.Name, Created: a.Created, Encryption: a.Encryption.configuration(), Tags: tagsOf0(a.Tags),
	}
}
