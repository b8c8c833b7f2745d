package logs

import (
	"cmp"
	"context"
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

// query is a query of Logs Insights. It is carried out when its results are asked for.
type query struct {
	ID      string   `json:"id"`
	Groups  []string `json:"groups"`
	Start   int64    `json:"start"` // Unix seconds
	End     int64    `json:"end"`
	Text    string   `json:"text"`
	Limit   int      `json:"limit"`
	Created int64    `json:"created"` // Unix ms
}

const (
	keepQueries = 7 * 24 * time.Hour
	usualRows   = 1000
	maxRows     = 10000
)

type queryInput struct {
	pageInput
	Language    string   `json:"queryLanguage"`
	Group       string   `json:"logGroupName"`
	Groups      []string `json:"logGroupNames"`
	Identifiers []string `json:"logGroupIdentifiers"`
	Start       int64    `json:"startTime"`
	End         int64    `json:"endTime"`
	Text        string   `json:"queryString"`
	ID          string   `json:"queryId"`
	Status      string   `json:"status"`
	Most        int      `json:"maxResults"`
}

type queryOutput struct {
	ID string `json:"queryId"`
}

func (s *Service) startQuery(_ context.Context, r *awswire.Request, in *queryInput) (*queryOutput, error) {
	if in.Language != "" && in.Language != "CWLI" {
		return nil, refuse("MalformedQueryException", "Queries in %s are not built in; those of Logs Insights are (CWLI).", in.Language)
	}
	if in.End < in.Start {
		return nil, invalid("Query's end date and time is before the start date and time.")
	}
	if _, err := parseQuery(in.Text); err != nil {
		return nil, err
	}
	names := slices.Concat(in.Groups, in.Identifiers)
	if in.Group != "" {
		names = append(names, in.Group)
	}
	if len(names) == 0 {
		return nil, invalid("A query needs a log group.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &query{ID: uuid.NewString(), Start: in.Start, End: in.End, Text: in.Text, Limit: in.Limit, Created: ms(s.o.Now())}
	for _, name := range names {
		name, err := groupName(r.Place, name, "")
		if err != nil {
			return nil, err
		}
		g, err := s.groups.Get(r.Place, name)
		if err != nil {
			return nil, err
		}
		if g == nil {
			return nil, refuse("ResourceNotFoundException", "Log group '%s' does not exist for account ID '%s' (Service: AWSLogs; Status Code: 400; "+
				"Error Code: ResourceNotFoundException; Request ID: %s; Proxy: null)", name, r.Place.Account, r.ID)
		}
		q.Groups = append(q.Groups, name)
	}
	var b kv.Batch
	for old, err := range s.queries.All(r.Place) {
		if err != nil {
			return nil, err
		}
		if q.Created-old.Created > keepQueries.Milliseconds() {
			s.queries.Delete(&b, r.Place, old.ID)
		}
	}
	if err := s.queries.Set(&b, q, r.Place, q.ID); err != nil {
		return nil, err
	}
	return &queryOutput{q.ID}, s.o.Store.Apply(&b)
}

const complete = "Complete" // every query is, as soon as it is asked for its results

func (s *Service) query(at arn.Place, id string) (*query, error) {
	q, err := s.queries.Get(at, id)
	if err == nil && q == nil {
		err = refuse("ResourceNotFoundException", "The specified query does not exist.")
	}
	return q, err
}

type stopOutput struct {
	Success bool `json:"success"`
}

func (s *Service) stopQuery(_ context.Context, r *awswire.Request, in *queryInput) (*stopOutput, error) {
	if _, err := s.query(r.Place, in.ID); err != nil {
		return nil, err
	}
	return nil, invalid("Query with ID %s has already ended with status Complete.", in.ID)
}

type describedQuery struct {
	Language string `json:"queryLanguage"`
	ID       string `json:"queryId"`
	Text     string `json:"queryString"`
	Status   string `json:"status"`
	Created  int64  `json:"createTime"`
	Group    string `json:"logGroupName"`
}

type queriesOutput struct {
	Queries   []describedQuery `json:"queries"`
	NextToken string           `json:"nextToken,omitempty"`
}

func (s *Service) describeQueries(_ context.Context, r *awswire.Request, in *queryInput) (*queriesOutput, error) {
	out := &queriesOutput{Queries: []describedQuery{}}
	for q, err := range s.queries.All(r.Place) {
		if err != nil {
			return nil, err
		}
		if (in.Group == "" || slices.Contains(q.Groups, in.Group)) && (in.Status == "" || in.Status == complete) {
			out.Queries = append(out.Queries, describedQuery{"CWLI", q.ID, q.Text, complete, q.Created, q.Groups[0]})
		}
	}
	slices.SortFunc(out.Queries, func(a, b describedQuery) int { return cmp.Compare(b.Created, a.Created) })
	var err error
	out.Queries, out.NextToken, err = page(out.Queries, in.NextToken, in.Most, 1000)
	return out, err
}

type cell struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

type statistics struct {
	Matched float64 `json:"recordsMatched"`
	Scanned float64 `json:"recordsScanned"`
	Bytes   float64 `json:"bytesScanned"`
}

type resultsOutput struct {
	Language   string     `json:"queryLanguage"`
	Results    [][]cell   `json:"results"`
	Statistics statistics `json:"statistics"`
	Status     string     `json:"status"`
}

func (s *Service) getQueryResults(_ context.Context, r *awswire.Request, in *queryInput) (*resultsOutput, error) {
	q, err := s.query(r.Place, in.ID)
	if err != nil {
		return nil, err
	}
	p, err := parseQuery(q.Text)
	if err != nil {
		return nil, err
	}
	if q.Limit > 0 {
		p.limit = q.Limit
	}
	out := &resultsOutput{Language: "CWLI", Results: [][]cell{}, Status: complete}
	var rows []queryRow
	for _, name := range q.Groups {
		if rows, err = s.queryGroup(r.Place, name, q, p, rows, &out.Statistics); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(rows, p.compare)
	for _, row := range rows[:min(len(rows), p.limit)] {
		var cells []cell
		for _, f := range p.fields {
			if v, ok := row.field(f); ok {
				cells = append(cells, cell{f, v})
			}
		}
		pointer, _ := row.field("@ptr")
		out.Results = append(out.Results, append(cells, cell{"@ptr", pointer}))
	}
	return out, nil
}

// queryGroup adds the rows of a group.
func (s *Service) queryGroup(at arn.Place, name string, q *query, p *plan, rows []queryRow, n *statistics) ([]queryRow, error) {
	g, err := s.groups.Get(at, name)
	if err != nil || g == nil {
		return rows, err
	}
	streams, err := s.streams.List(at, g.ID)
	if err != nil {
		return nil, err
	}
	start, end := q.Start*1000, (q.End+1)*1000
	for x, err := range s.merged(at, g, streams, &start, &end, resume{}) {
		if err != nil {
			return nil, err
		}
		row := queryRow{x, at.Account + ":" + name, value.Value{}}
		if doc, err := value.Parse(x.Message); err == nil && doc.Kind() == value.Object {
			row.doc = doc
		}
		n.Scanned++
		n.Bytes += float64(len(x.Message))
		if !slices.ContainsFunc(p.filters, func(f queryFilter) bool { return !f.holds(row) }) {
			n.Matched++
			if rows = append(rows, row); len(rows) > 2*maxRows {
				slices.SortStableFunc(rows, p.compare)
				rows = rows[:maxRows]
			}
		}
	}
	return rows, nil
}

// queryRow is an event as queries see it.
type queryRow struct {
	merged
	log string
	doc value.Value // the message, when it is an object
}

// field returns a field of an event, false when it has none of that name.
func (r queryRow) field(name string) (string, bool) {
	clock := func(at int64) string { return time.UnixMilli(at).UTC().Format("2006-01-02 15:04:05.000") }
	switch name {
	case "@timestamp":
		return clock(r.At), true
	case "@message":
		return r.Message, true
	case "@ingestionTime":
		return clock(r.Ingested), true
	case "@logStream":
		return r.stream.Name, true
	case "@log":
		return r.log, true
	case "@ptr":
		return base64.StdEncoding.EncodeToString([]byte(r.id(r.stream))), true
	}
	v := r.doc
	for part := range strings.SplitSeq(name, ".") {
		next, ok := v.Get(part)
		if !ok {
			return "", false
		}
		v = next
	}
	return scalar(v), true
}

// plan is what a query does: it takes the rows that all filters let through, in an order, and shows some fields of them.
type plan struct {
	fields  []string
	filters []queryFilter
	order   string
	up      bool
	limit   int
}

func (p *plan) compare(a, b queryRow) int {
	x, _ := a.field(p.order)
	y, _ := b.field(p.order)
	order := strings.Compare(x, y)
	m, err1 := strconv.ParseFloat(x, 64)
	n, err2 := strconv.ParseFloat(y, 64)
	if err1 == nil && err2 == nil {
		order = cmp.Compare(m, n)
	}
	if p.up {
		return order
	}
	return -order
}

type queryFilter struct {
	field string
	not   bool
	*comparison
}

func (f queryFilter) holds(r queryRow) bool {
	have, ok := r.field(f.field)
	return (ok && f.comparison.holds(have)) != f.not
}

var filterForm = regexp.MustCompile(`^([@\w.]+)\s*(=~|like|not like|!=|<=|>=|=|<|>)\s*(?:/(.*)/|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(-?[\d.]+))$`)

// parseQuery reads the commands of a query that are built in: fields, display, filter with one comparison, sort by one field, limit.
func parseQuery(text string) (*plan, error) {
	p := &plan{fields: []string{"@timestamp", "@message"}, order: "@timestamp", limit: usualRows}
	given := false
	for _, part := range splitCommands(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
		rest = strings.TrimSpace(rest)
		bad := refuse("MalformedQueryException", "The command %q is not built in: fields, display, filter, sort and limit are.", strings.TrimSpace(part))
		switch strings.ToLower(word) {
		case "fields", "display":
			if !given || word == "display" {
				p.fields, given = nil, true
			}
			for f := range strings.SplitSeq(rest, ",") {
				if f = strings.TrimSpace(f); strings.ContainsAny(f, " ()") || f == "" {
					return nil, bad
				}
				p.fields = append(p.fields, f)
			}
		case "filter":
			f, ok := parseQueryFilter(rest)
			if !ok {
				return nil, bad
			}
			p.filters = append(p.filters, f)
		case "sort":
			field, way, _ := strings.Cut(rest, " ")
			if p.order, p.up = field, strings.TrimSpace(way) != "desc"; strings.ContainsAny(rest, ",()") || field == "" {
				return nil, bad
			}
		case "limit":
			n, err := strconv.Atoi(rest)
			if err != nil || n < 1 || n > maxRows {
				return nil, bad
			}
			p.limit = n
		default:
			return nil, bad
		}
	}
	return p, nil
}

func parseQueryFilter(text string) (f queryFilter, ok bool) {
	m := filterForm.FindStringSubmatch(text)
	if m == nil {
		return f, false
	}
	f.field = m[1]
	literal := cmp.Or(m[4], m[5])
	switch m[2] {
	case "like", "=~", "not like":
		f.not = m[2] == "not like"
		expression := m[3]
		if expression == "" {
			expression = regexp.QuoteMeta(literal)
		}
		form, err := regexp.Compile(expression)
		f.comparison = &comparison{operator: "=", form: form}
		return f, err == nil && m[6] == ""
	}
	c := &comparison{operator: m[2], text: literal}
	if m[6] != "" {
		n, err := strconv.ParseFloat(m[6], 64)
		c.number, c.numeric, c.text = n, true, m[6]
		ok = err == nil
	} else {
		ok = m[3] == "" && (m[2] == "=" || m[2] == "!=")
	}
	f.comparison = c
	return f, ok
}

// splitCommands splits a query at its pipes, those in quotes and in expressions aside.
func splitCommands(text string) []string {
	var out []string
	from, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '/':
			quote = c
		case c == '|':
			out = append(out, text[from:i])
			from = i + 1
		}
	}
	out = append(out, text[from:])
	return slices.DeleteFunc(out, func(part string) bool { return strings.TrimSpace(part) == "" })
}
