package dynamodb

import (
	"bytes"
	"context"
	"hash/fnv"
	"strconv"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/dynamodb/attribute"
	"github.com/statelark/statelark/local/dynamodb/expression"
	"github.com/statelark/statelark/local/kv"
)

// pageBytes is the size of the items that one page of a query or a scan reads.
const pageBytes = 1 << 20

// reading is a query or a scan.
type reading struct {
	named      string
	indexName  string
	tests      []expression.KeyTest // of a query
	filter     *expression.Test
	older      *olderTests // QueryFilter, ScanFilter
	parts      expression.Paths
	selects    string // Select
	limit      int64  // 0: none
	start      attribute.Item
	backwards  bool
	consistent bool
	segment    uint64
	segments   uint64 // 0: the scan has no segments
	mode       string // of the capacity

	statement bool // it comes from PartiQL, which shows columns
	query     bool
	table     *table
	index     *index // nil: the table itself
	schema    schema // of what is read
	prefix    []byte // of the keys that are read
	lower     []byte
	upper     []byte
}

// page is what a reading found.
type page struct {
	items   []byte // documents, with commas between them
	count   int
	scanned int
	bytes   int
	fetched float64 // units for what was read from the table beside the index
	last    attribute.Item
}

func (s *Service) query(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	in := input{r.Input}
	d, err := in.readReading(true)
	if err != nil {
		return nil, err
	}
	return s.read(r, d)
}

func (s *Service) scan(_ context.Context, r *awswire.Request) (*awswire.Reply, error) {
	in := input{r.Input}
	d, err := in.readReading(false)
	if err != nil {
		return nil, err
	}
	if err := d.readSegments(in); err != nil {
		return nil, err
	}
	return s.read(r, d)
}

// readReading reads the parameters of a query or a scan.
func (in input) readReading(query bool) (*reading, error) {
	d := &reading{named: in.text("TableName"), indexName: in.text("IndexName"), query: query, consistent: in.truth("ConsistentRead")}
	if d.named == "" {
		return nil, missing("tableName")
	}
	if d.indexName != "" {
		if err := checkName(d.indexName, "indexName"); err != nil {
			return nil, err
		}
	}
	var err error
	if d.mode, err = in.capacityMode(); err != nil {
		return nil, err
	}
	if err := d.readLimit(in); err != nil {
		return nil, err
	}
	if v := in.get("ScanIndexForward"); v.Exists() {
		d.backwards = !v.Bool()
	}
	older, newer := []string{"AttributesToGet", "ScanFilter", "ConditionalOperator"}, []string{"ProjectionExpression", "FilterExpression"}
	if query {
		older = []string{"AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"}
		newer = append(newer, "KeyConditionExpression")
	}
	if err := in.notBoth(older, newer); err != nil {
		return nil, err
	}
	if err := d.readExpressions(in); err != nil {
		return nil, err
	}
	if in.has("ExclusiveStartKey") {
		if d.start, err = in.item("ExclusiveStartKey", "exclusiveStartKey"); err != nil {
			return nil, validation("The provided starting key is invalid: %s", errorMessage(err))
		}
	}
	return d, d.readSelect(in)
}

func errorMessage(err error) string {
	if e, ok := err.(*awswire.Error); ok {
		return e.Message
	}
	return err.Error()
}

func (d *reading) readLimit(in input) error {
	if !in.has("Limit") {
		return nil
	}
	n, ok := in.number("Limit")
	if !ok || n < 1 {
		return validation("1 validation error detected: Value '%s' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", in.get("Limit").Text())
	}
	d.limit = n
	return nil
}

func (d *reading) readExpressions(in input) error {
	roles := []expression.Role{expression.Projection, expression.Filter}
	filter := "ScanFilter"
	if d.query {
		roles = append(roles, expression.KeyCondition)
		filter = "QueryFilter"
	}
	ph, err := in.placeholders(roles...)
	if err != nil {
		return err
	}
	var key *expression.Test
	if d.query {
		if key, err = in.test(expression.KeyCondition, ph); err != nil {
			return err
		}
	}
	if d.filter, err = in.test(expression.Filter, ph); err != nil {
		return err
	}
	if d.parts, err = in.projection(ph); err != nil {
		return err
	}
	if err := ph.Unused(); err != nil {
		return refusal(err)
	}
	if d.query {
		if err := d.readKeyCondition(in, key); err != nil {
			return err
		}
	}
	if in.has("AttributesToGet") {
		if d.parts, err = in.attributesToGet(); err != nil {
			return err
		}
	}
	d.older, err = in.readTests(filter)
	return err
}

func (d *reading) readKeyCondition(in input, key *expression.Test) (err error) {
	if key != nil {
		if d.tests, err = key.KeyTests(); err != nil {
			return refusal(err)
		}
		return d.checkTests()
	}
	tests, err := in.readTests("KeyConditions")
	switch {
	case err != nil:
		return err
	case tests != nil && len(tests.tests) == 0:
		return wrongTests()
	case tests == nil:
		return validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	for _, t := range tests.tests {
		op := map[string]string{"EQ": "=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "BETWEEN": "BETWEEN", "BEGINS_WITH": "begins_with"}[t.op]
		if op == "" {
			return validation("Attempted conditional constraint is not an indexable operation")
		}
		d.tests = append(d.tests, expression.KeyTest{Name: t.name, Op: op, Values: t.values})
	}
	return d.checkTests()
}

// checkTests refuses more tests than keys have; those of an index are counted when it is known.
func (d *reading) checkTests() error {
	if len(d.tests) > 2 && d.indexName == "" {
		return wrongTests()
	}
	return nil
}

func wrongTests() error { return validation("Conditions can be of length 1 or 2 only") }

// readSelect reads Select, and what it has to do with projections.
func (d *reading) readSelect(in input) error {
	d.selects = in.text("Select")
	if d.selects == "" {
		return nil
	}
	if err := oneOf(d.selects, "select", "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"); err != nil {
		return err
	}
	parameter := "ProjectionExpression"
	if in.has("AttributesToGet") {
		parameter = "AttributesToGet"
	}
	switch {
	case d.selects == "SPECIFIC_ATTRIBUTES" && d.parts == nil:
		return validation("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case d.selects == "COUNT" && d.parts != nil:
		return validation("Cannot specify the %s when choosing to get only the Count", parameter)
	case d.selects != "SPECIFIC_ATTRIBUTES" && d.parts != nil:
		return validation("Cannot specify the %s when choosing to get %s", parameter, d.selects)
	case d.selects == "ALL_PROJECTED_ATTRIBUTES" && d.indexName == "":
		return invalidParameter("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	}
	return nil
}

// maxSegments is how many segments a scan may have.
const maxSegments = 1000000

func (d *reading) readSegments(in input) error {
	segment, hasSegment := in.number("Segment")
	total, hasTotal := in.number("TotalSegments")
	switch {
	case hasSegment && !hasTotal:
		return validation("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case hasTotal && !hasSegment:
		return validation("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case !hasTotal:
		return nil
	case total < 1:
		return validation("1 validation error detected: Value '%d' at 'totalSegments' failed to satisfy constraint: Member must have value greater than or equal to 1", total)
	case total > maxSegments:
		return validation("1 validation error detected: Value '%d' at 'totalSegments' failed to satisfy constraint: Member must have value less than or equal to 1000000", total)
	case segment < 0:
		return validation("1 validation error detected: Value '%d' at 'segment' failed to satisfy constraint: Member must have value greater than or equal to 0", segment)
	case segment >= total:
		return validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", segment, total)
	}
	d.segment, d.segments = uint64(segment), uint64(total)
	return nil
}

// read carries out a reading.
func (s *Service) read(r *awswire.Request, d *reading) (*awswire.Reply, error) {
	p, err := s.readPage(r, d)
	if err != nil {
		return nil, err
	}
	return d.answer(p)
}

func (s *Service) readPage(r *awswire.Request, d *reading) (*page, error) {
	t, err := s.lookup(r, d.named)
	if err != nil {
		return nil, err
	}
	d.table = t
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.gone {
		return nil, notFound()
	}
	if err := d.aim(); err != nil {
		return nil, err
	}
	return d.page(s)
}

// aim finds the keys that are to be read.
func (d *reading) aim() error {
	t := d.table
	d.schema, d.prefix = t.schema, numbered(itemPrefix, t.record.Number)
	if d.indexName != "" {
		if err := d.aimAtIndex(); err != nil {
			return err
		}
	}
	d.lower, d.upper = d.prefix, kv.After(d.prefix)
	if err := t.checkPaths(d.filter.Paths(), d.parts); err != nil {
		return err
	}
	if d.query {
		if err := d.bound(); err != nil {
			return err
		}
		if err := d.noKeyInFilter(); err != nil && !d.statement {
			return err
		}
	}
	return d.begin()
}

func (d *reading) aimAtIndex() error {
	for _, x := range d.table.indexes {
		if x.Name == d.indexName {
			d.index = x
		}
	}
	x := d.index
	switch {
	case x == nil:
		return validation("The table does not have the specified index: %s", d.indexName)
	case x.Global && d.consistent && d.statement:
		return validation("Strongly consistent read is not supported on Global Secondary Indexes")
	case x.Global && d.consistent:
		return validation("Consistent reads are not supported on global secondary indexes")
	case x.Global && d.selects == "ALL_ATTRIBUTES" && x.Projection != "ALL":
		return invalidParameter("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its projection type is not ALL", x.Name)
	}
	if x.Global && x.keeps != nil {
		if missing := x.lacks(d.parts.Names()); missing != nil {
			return invalidParameter("Global secondary index %s does not project %s", x.Name, bracketed(missing))
		}
	}
	d.schema, d.prefix = x.schema, indexKey(d.table.record.Number, x.Number)
	return nil
}

// lacks are the names that the index does not project.
func (x *index) lacks(names []string) []string {
	var out []string
	for _, name := range names {
		if !x.keeps[name] {
			out = append(out, name)
		}
	}
	return out
}

// noKeyInFilter refuses filters of a query that test its key.
func (d *reading) noKeyInFilter() error {
	var names []string
	if d.filter != nil {
		names = d.filter.Names()
	}
	for _, name := range names {
		if d.schema.has(name) {
			return validation("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
		}
	}
	if d.older != nil {
		for _, t := range d.older.tests {
			if d.schema.has(t.name) {
				return validation("QueryFilter can only contain non-primary key attributes: Primary key attribute: %s", t.name)
			}
		}
	}
	return nil
}

// hashParts is how many attributes the hash key of what is read has.
func (d *reading) hashParts() int {
	if d.index == nil {
		return 1
	}
	return len(d.index.hashes())
}

// bound narrows the keys to those of the key condition.
func (d *reading) bound() error {
	if len(d.tests) > max(2, len(d.schema)) {
		return wrongTests()
	}
	byName := map[string]expression.KeyTest{}
	for _, t := range d.tests {
		byName[t.Name] = t
	}
	hashes := d.schema[:d.hashParts()]
	for _, p := range hashes {
		if _, ok := byName[p.name]; !ok {
			return validation("Query condition missed key schema element: %s", p.name)
		}
	}
	for _, t := range d.tests {
		if err := d.checkTest(t); err != nil {
			return err
		}
	}
	d.prefix = bytes.Clone(d.prefix)
	for _, p := range hashes {
		t := byName[p.name]
		if t.Op != "=" {
			return validation("Query key condition not supported")
		}
		d.prefix = attribute.AppendKey(d.prefix, t.Values[0])
	}
	d.lower, d.upper = d.prefix, kv.After(d.prefix)
	return d.boundRanges(byName, len(d.tests)-len(hashes))
}

// boundRanges narrows the keys by the tests of the range key, which are that many. They are of its first attributes, and but for the
// last they are for equality.
func (d *reading) boundRanges(byName map[string]expression.KeyTest, tests int) error {
	for i, p := range d.schema[d.hashParts():] {
		if i == tests {
			return nil
		}
		t, ok := byName[p.name]
		switch {
		case !ok:
			return validation("Query condition missed key schema element: %s", p.name)
		case i == tests-1:
			d.boundRange(t)
		case t.Op != "=":
			return validation("Query key condition not supported")
		default:
			d.prefix = attribute.AppendKey(bytes.Clone(d.prefix), t.Values[0])
			d.lower, d.upper = d.prefix, kv.After(d.prefix)
		}
	}
	return nil
}

func (d *reading) checkTest(t expression.KeyTest) error {
	for _, p := range d.schema {
		if p.name != t.Name {
			continue
		}
		for _, v := range t.Values {
			switch {
			case v.Kind != p.kind:
				return invalidParameter("Condition parameter type does not match schema type")
			case v.Str == "" && p.kind != attribute.N && t.Op != "begins_with":
				what := map[attribute.Kind]string{attribute.S: "string", attribute.B: "binary"}[p.kind]
				return validation("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", what, p.name)
			}
		}
		return nil
	}
	if n := d.hashParts(); len(d.schema) > n {
		return validation("Query condition missed key schema element: %s", d.schema[n].name)
	}
	return validation("Query key condition not supported")
}

// boundRange narrows the keys of one partition.
func (d *reading) boundRange(t expression.KeyTest) {
	at := func(v attribute.Value) []byte { return attribute.AppendKey(bytes.Clone(d.prefix), v) }
	first := at(t.Values[0])
	switch t.Op {
	case "=":
		d.lower, d.upper = first, kv.After(first)
	case "<":
		d.upper = first
	case "<=":
		d.upper = kv.After(first)
	case ">":
		d.lower = kv.After(first)
	case ">=":
		d.lower = first
	case "BETWEEN":
		d.lower, d.upper = first, kv.After(at(t.Values[1]))
	case "begins_with":
		d.lower = attribute.AppendKeyPrefix(bytes.Clone(d.prefix), t.Values[0].Str)
		d.upper = kv.After(d.lower)
	}
}

// begin narrows the keys to those behind ExclusiveStartKey.
func (d *reading) begin() error {
	if d.start == nil {
		return nil
	}
	want := append(schema{}, d.table.schema...)
	for _, p := range d.schema {
		if !want.has(p.name) {
			want = append(want, p)
		}
	}
	if len(d.start) != len(want) || !want.matches(d.start) {
		if len(d.start) == len(want) && d.start.Get(want[0].name).Kind != want[0].kind {
			return validation(noMatch)
		}
		if d.query || d.index != nil {
			return validation("The provided starting key is invalid")
		}
		return validation("The provided starting key is invalid: " + noMatch)
	}
	if err := want.check(d.start); err != nil {
		return validation("The provided starting key is invalid: %s", errorMessage(err))
	}
	key := d.keyOf(d.start)
	if d.query && !bytes.HasPrefix(key, d.prefix) {
		return validation("The provided starting key is outside query boundaries based on provided conditions")
	}
	if d.query && (bytes.Compare(key, d.lower) < 0 || d.upper != nil && bytes.Compare(key, d.upper) >= 0) {
		return validation("The provided starting key does not match the range key predicate")
	}
	if d.segments > 0 && !d.inSegment(key) {
		return validation("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d", d.segments, d.segment)
	}
	if d.backwards {
		d.upper = key
	} else {
		d.lower = append(key, 0)
	}
	return nil
}

// keyOf is where an item stands among what is read.
func (d *reading) keyOf(item attribute.Item) []byte {
	number := d.table.record.Number
	key := numbered(itemPrefix, number)
	if d.index != nil {
		key = d.schema.append(indexKey(number, d.index.Number), item)
	}
	return d.table.schema.append(key, item)
}

// inSegment reports whether a key is of the scan's segment. All items with one hash key are of the same.
func (d *reading) inSegment(key []byte) bool {
	rest := key[len(numbered(itemPrefix, 0)):]
	if d.index != nil {
		rest = key[len(indexKey(0, 0)):]
	}
	n, err := attribute.CutKey(rest, d.schema[0].kind)
	if err != nil {
		return false
	}
	h := fnv.New64a()
	_, _ = h.Write(rest[:n])
	sum := h.Sum64()
	return (sum^sum>>32)%d.segments == d.segment
}

// page reads until a page is full, or there is no more.
func (d *reading) page(s *Service) (*page, error) {
	p := new(page)
	if d.upper != nil && bytes.Compare(d.lower, d.upper) >= 0 {
		return p, nil
	}
	for pair, err := range s.store.Scan(d.lower, d.upper, d.backwards) {
		if err != nil {
			return nil, err
		}
		if d.segments > 0 && !d.inSegment(pair.Key) {
			continue
		}
		item, err := d.item(s, pair)
		if err != nil {
			return nil, err
		}
		if item == nil {
			continue
		}
		if full := d.add(p, item); full {
			p.last = d.positionOf(item)
			break
		}
	}
	return p, nil
}

// item returns the item that a key stands for: all of it.
func (d *reading) item(s *Service, pair kv.Pair) (attribute.Item, error) {
	if d.index == nil {
		return attribute.Decode(pair.Value)
	}
	rest := pair.Key[len(indexKey(0, 0)):]
	for _, p := range d.index.schema {
		n, err := attribute.CutKey(rest, p.kind)
		if err != nil {
			return nil, err
		}
		rest = rest[n:]
	}
	return s.item(d.table.record.Number, rest)
}

// add takes an item into the page, and reports whether that fills it.
func (d *reading) add(p *page, item attribute.Item) (full bool) {
	shown := item
	if d.index != nil {
		shown = d.index.project(item)
		p.bytes += shown.Size()
		if d.fetches() {
			p.fetched += readUnits(item.Size(), d.consistent)
			shown = item
		}
	} else {
		p.bytes += item.Size()
	}
	p.scanned++
	if d.filter.Holds(shown) && (d.older == nil || d.older.holds(shown)) {
		p.count++
		if d.selects != "COUNT" {
			if len(p.items) > 0 {
				p.items = append(p.items, ',')
			}
			switch {
			case d.parts != nil && d.statement:
				shown = columnsOf(d.parts, shown)
			case d.parts != nil:
				shown = d.parts.Of(shown)
			}
			p.items = shown.Append(p.items)
		}
	}
	return p.bytes >= pageBytes || d.limit > 0 && int64(p.scanned) >= d.limit
}

// fetches reports whether a local index is asked for more than it has, which is then read from the table.
func (d *reading) fetches() bool {
	x := d.index
	if x.Global || x.keeps == nil {
		return false
	}
	return d.selects == "ALL_ATTRIBUTES" || d.parts != nil && x.lacks(d.parts.Names()) != nil
}

// positionOf is the key to go on from.
func (d *reading) positionOf(item attribute.Item) attribute.Item {
	key := d.table.schema.of(item)
	for _, p := range d.schema {
		key = key.With(p.name, item.Get(p.name))
	}
	return key
}

func (d *reading) answer(p *page) (*awswire.Reply, error) {
	out := make(object, 1, len(p.items)+256)
	out[0] = '{'
	if d.selects != "COUNT" {
		out = append(append(append(out.member("Items"), '['), p.items...), ']')
	}
	out = strconv.AppendInt(out.member("Count"), int64(p.count), 10)
	out = strconv.AppendInt(out.member("ScannedCount"), int64(p.scanned), 10)
	if p.last != nil {
		out = p.last.Append(out.member("LastEvaluatedKey"))
	}
	if d.mode != "" {
		out = d.usage(p).append(out.member("ConsumedCapacity"), d.mode)
	}
	return answer(append(out, '}'))
}

func (d *reading) usage(p *page) *usage {
	u := &usage{table: d.named}
	n := readUnits(p.bytes, d.consistent)
	if d.index == nil {
		u.units = n
		return u
	}
	u.index(d.index, n)
	u.units = p.fetched
	return u
}
