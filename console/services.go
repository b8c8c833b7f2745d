package console

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// Services are the services of AWS that are built in.
type Services interface {
	// Caller carries out their operations, wherever Tasks are sent.
	awswire.Caller
	// Where is where Tasks find a service: embedded, aws or a URL.
	Where(service string) string
	// Peek looks at messages of a queue and changes nothing. next is "" at the end.
	Peek(place arn.Place, queueURL, after string, most int) (list []Message, next string, err error)
}

// Message is one of a queue.
type Message struct {
	ID, Body   string
	Attributes map[string]string // those of the system
	Own        map[string]string // those of the sender
	State      string            // visible, delayed or in flight
}

// embedded is where a service is that is built in.
const embedded = "embedded"

// serviceRoutes show what the services have.
var serviceRoutes = []route{
	{"GET", "services", Viewer, (*Server).services},
	{"GET", "services/resources", Viewer, (*Server).resources},
	{"GET", "services/items", Viewer, (*Server).items},
}

const (
	pageResources  = 50 // at most
	pageItems      = 50
	maxCounted     = 1_000 // resources of a service
	maxItemColumns = 12
	maxCell        = 300   // characters
	previewBytes   = 4_096 // of an object
)

// shelf is what is shown of a service.
type shelf struct {
	name     string // of the AWS CLI
	title    string
	kind     string // of its resources
	resource string // its type in templates
	// list returns a page of resources, without facts when they are counted alone.
	list func(v *viewing, after string, facts bool) (*Resources, error)
	// items returns a page of what is in one.
	items func(v *viewing, id, after string) (*Items, error)
}

// viewing is one look at a service.
type viewing struct {
	ctx    context.Context
	server *Server
	shelf  *shelf
	person *Person
}

// call carries out an operation.
func (v *viewing) call(operation string, in ...value.Member) (value.Value, error) {
	reply, err := v.send(operation, in...)
	if err != nil {
		return value.Value{}, err
	}
	if reply.Body != nil {
		_ = reply.Body.Close() // nobody wants it
	}
	return reply.Output, nil
}

func (v *viewing) send(operation string, in ...value.Member) (*awswire.Reply, error) {
	reply, err := v.server.opts.Services.Call(v.ctx, &awswire.Request{
		Service: v.shelf.name, Operation: operation, Place: v.server.opts.Place, Input: value.NewObject(in), Endpoint: v.server.opts.Server.Endpoint,
	})
	if err != nil {
		return nil, refusalOf(err)
	}
	return reply, nil
}

// refusalOf makes a refusal of the console's of one of a service's.
func refusalOf(err error) error {
	var refused *awswire.Error
	if errors.As(err, &refused) && refused.Status < 500 {
		return &statelark.Error{Code: refused.Code, Message: refused.Message}
	}
	return err
}

// services is GET /api/services.
func (s *Server) services(c *call) (any, error) {
	out := Contents{Services: []ServiceRow{}}
	if s.opts.Services == nil {
		return out, nil
	}
	for i := range shelves {
		f := &shelves[i]
		row := ServiceRow{Name: f.name, Title: f.title, Kind: f.kind, Where: s.opts.Services.Where(f.name)}
		if row.Where == embedded {
			n, err := (&viewing{c.Context(), s, f, c.person}).count()
			if err != nil {
				return nil, err
			}
			row.Count = n
		}
		out.Services = append(out.Services, row)
	}
	return out, nil
}

// count counts the resources of a service, as far as maxCounted.
func (v *viewing) count() (int, error) {
	n, after := 0, ""
	for {
		page, err := v.shelf.list(v, after, false)
		if err != nil {
			return 0, err
		}
		n += len(page.Resources)
		if after = page.Next; after == "" || n >= maxCounted {
			return n, nil
		}
	}
}

// view begins to look at the service that a request names.
func (s *Server) view(c *call) (*viewing, error) {
	name := c.FormValue("service")
	for i := range shelves {
		if f := &shelves[i]; f.name == name && s.opts.Services != nil {
			if where := s.opts.Services.Where(name); where != embedded {
				return nil, statelark.Errorf(statelark.CodeValidation, "%s is not in this server: its endpoint is %s", f.title, where)
			}
			return &viewing{c.Context(), s, f, c.person}, nil
		}
	}
	return nil, statelark.Errorf(statelark.CodeResourceNotFound, "There is nothing to be seen of a service '%s'", name)
}

// resources is GET /api/services/resources.
func (s *Server) resources(c *call) (any, error) {
	v, err := s.view(c)
	if err != nil {
		return nil, err
	}
	return v.shelf.list(v, c.FormValue("after"), true)
}

// items is GET /api/services/items. What is in the services is payload.
func (s *Server) items(c *call) (any, error) {
	v, err := s.view(c)
	if err != nil {
		return nil, err
	}
	if !c.person.Payloads {
		return nil, &statelark.Error{Code: codeDenied, Message: "You may not see payloads, and what services keep is data of workflows."}
	}
	return v.shelf.items(v, c.FormValue("id"), c.FormValue("after"))
}

// text returns JSON, or any text, as the person may see it.
func (v *viewing) text(text string) string { return v.person.text(text) }

// table collects items.
type table struct {
	v *viewing
	Items
}

func (v *viewing) table(columns ...string) *table {
	return &table{v: v, Items: Items{Columns: columns, Items: []map[string]string{}, Details: []string{}}}
}

// add adds an item: its cells in the order of columns, and the whole of it.
func (t *table) add(whole value.Value, cells ...string) {
	row := map[string]string{}
	for i, cell := range cells {
		row[t.Columns[i]] = cellOf(cell)
	}
	t.Items.Items = append(t.Items.Items, row)
	t.Details = append(t.Details, t.v.text(whole.Compact()))
}

func (t *table) page(next string) *Items {
	t.Next = next
	return &t.Items
}

// cellOf is a text as a cell shows it.
func cellOf(text string) string {
	runes := 0
	for i := range text {
		if runes++; runes > maxCell {
			return text[:i] + "…"
		}
	}
	return text
}

// param makes a member whose value is a text.
func param(key, text string) value.Member {
	return value.Member{Key: key, Value: value.FromString(text)}
}

func paramInt(key string, n int64) value.Member {
	return value.Member{Key: key, Value: value.FromInt(n)}
}

// with appends members that are texts, those that are not "".
func with(in []value.Member, pairs ...string) []value.Member {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			in = append(in, param(pairs[i], pairs[i+1]))
		}
	}
	return in
}

// at follows names into a value; absent when there is nothing.
func at(v value.Value, names ...string) value.Value {
	for _, name := range names {
		v, _ = v.Get(name)
	}
	return v
}

// plain is a value as a cell shows it: a text without quotes.
func plain(v value.Value) string {
	switch v.Kind() {
	case value.Absent, value.Null:
		return ""
	case value.String:
		return v.Str()
	}
	return v.Compact()
}

func textAt(v value.Value, names ...string) string { return plain(at(v, names...)) }

// secondsAt is a time that is told in seconds, nil when there is none; millisAt, in milliseconds.
func secondsAt(v value.Value, names ...string) *time.Time {
	if v = at(v, names...); v.Kind() != value.Number {
		return nil
	}
	t := timeOf(v.Float())
	return &t
}

func millisAt(v value.Value, names ...string) *time.Time {
	if v = at(v, names...); v.Kind() != value.Number {
		return nil
	}
	t := timeOf(v.Float() / 1e3)
	return &t
}

// stamp is a time as a cell shows it.
func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

// facts makes facts of names and texts, those that are not "".
func facts(pairs ...string) map[string]string {
	all := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all[pairs[i]] = cellOf(pairs[i+1])
		}
	}
	return all
}

// hiding returns an object with the values of some members hidden.
func hiding(v value.Value, hidden ...string) value.Value {
	members := make([]value.Member, 0, v.Len())
	for _, m := range v.Members() {
		for _, name := range hidden {
			if m.Key == name {
				m.Value = hideValues(m.Value)
			}
		}
		members = append(members, m)
	}
	return value.NewObject(members)
}

// hideValues keeps the names in an object and hides what they stand for.
func hideValues(v value.Value) value.Value {
	if v.Kind() != value.Object {
		return value.FromString(Hidden)
	}
	members := make([]value.Member, 0, v.Len())
	for _, m := range v.Members() {
		members = append(members, value.Member{Key: m.Key, Value: hideValues(m.Value)})
	}
	return value.NewObject(members)
}

// lastOf is what comes after the last separator: the name in an ARN or a URL. A text without one is it all.
func lastOf(text, separator string) string {
	if i := strings.LastIndex(text, separator); i >= 0 {
		return text[i+len(separator):]
	}
	return text
}

func bytesOf(v value.Value) string {
	n, ok := v.Int()
	if !ok {
		return ""
	}
	for _, unit := range []string{"bytes", "KiB", "MiB"} {
		if n < 1<<10 {
			return strconv.FormatInt(n, 10) + " " + unit
		}
		n >>= 10
	}
	return strconv.FormatInt(n, 10) + " GiB"
}
