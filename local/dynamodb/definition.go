package dynamodb

import (
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
)

// The parameters that describe a table, as CreateTable and UpdateTable have them.

type attributeDefinition struct {
	AttributeName string
	AttributeType string
}

type keyElement struct {
	AttributeName string
	KeyType       string
}

type projection struct {
	ProjectionType   string   `json:",omitempty"`
	NonKeyAttributes []string `json:",omitempty"`
}

type throughput struct {
	ReadCapacityUnits  int64
	WriteCapacityUnits int64
}

type onDemandThroughput struct {
	MaxReadRequestUnits  int64 `json:",omitempty"`
	MaxWriteRequestUnits int64 `json:",omitempty"`
}

type indexDefinition struct {
	IndexName             string
	KeySchema             []keyElement
	Projection            *projection
	ProvisionedThroughput *throughput
	OnDemandThroughput    *onDemandThroughput
	WarmThroughput        *warmThroughput
}

type streamSpecification struct {
	StreamEnabled  bool
	StreamViewType string `json:",omitempty"`
}

type sseSpecification struct {
	Enabled        *bool
	SSEType        string
	KMSMasterKeyID string `json:"KMSMasterKeyId"`
}

type tag struct {
	Key   string
	Value string
}

type createTableInput struct {
	TableName                 string
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	LocalSecondaryIndexes     []indexDefinition
	GlobalSecondaryIndexes    []indexDefinition
	BillingMode               string
	ProvisionedThroughput     *throughput
	OnDemandThroughput        *onDemandThroughput
	StreamSpecification       *streamSpecification
	SSESpecification          *sseSpecification
	Tags                      []tag
	TableClass                string
	DeletionProtectionEnabled bool
	ResourcePolicy            *string
	WarmThroughput            *warmThroughput
}

const (
	maxGlobalIndexes = 20
	maxLocalIndexes  = 5
	maxIncluded      = 100 // attributes that are projected, of all indexes
	maxNameKeyBytes  = 255
)

// bracketed is a list as errors have it.
func bracketed(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

// checkKeys returns the hash key and the range key of a schema.
func checkKeys(keys []keyElement, defined []attributeDefinition) (hash, rang string, err error) {
	switch {
	case len(keys) == 0:
		return "", "", validation("1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case len(keys) > 2:
		return "", "", constraint(javaKeys(keys), "keySchema", "Member must have length less than or equal to 2")
	case keys[0].KeyType != "HASH":
		return "", "", validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(keys) == 2 && keys[1].KeyType != "RANGE":
		return "", "", validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	case len(keys) == 2 && keys[0].AttributeName == keys[1].AttributeName:
		return "", "", validation("Invalid KeySchema: Some index key attribute have no definition")
	}
	if err := checkDefined(keys, defined); err != nil {
		return "", "", err
	}
	if len(keys) == 2 {
		rang = keys[1].AttributeName
	}
	return keys[0].AttributeName, rang, nil
}

func javaKeys(keys []keyElement) string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = "KeySchemaElement(attributeName=" + k.AttributeName + ", keyType=" + k.KeyType + ")"
	}
	return bracketed(texts)
}

func keyNames(keys []keyElement) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.AttributeName
	}
	return names
}

func definedNames(defined []attributeDefinition) []string {
	names := make([]string, len(defined))
	for i, a := range defined {
		names[i] = a.AttributeName
	}
	return names
}

func checkDefinitions(defined []attributeDefinition) error {
	seen := map[string]bool{}
	for _, a := range defined {
		switch {
		case a.AttributeName == "" || len(a.AttributeName) > maxNameKeyBytes:
			return constraint(a.AttributeName, "attributeDefinitions.1.member.attributeName", "Member must have length less than or equal to 255")
		case a.AttributeType != "S" && a.AttributeType != "N" && a.AttributeType != "B":
			return constraint(a.AttributeType, "attributeDefinitions.1.member.attributeType", "Member must satisfy enum value set: [B, N, S]")
		case seen[a.AttributeName]:
			return invalidParameter("Duplicate AttributeName: %s", a.AttributeName)
		}
		seen[a.AttributeName] = true
	}
	return nil
}

// indexOf makes the record of an index. onDemand is the billing mode of its table.
func (d *indexDefinition) indexOf(defined []attributeDefinition, global, onDemand bool) (indexRecord, error) {
	x := indexRecord{Name: d.IndexName, Global: global}
	if err := checkName(d.IndexName, "indexName"); err != nil {
		return x, err
	}
	if err := x.setKeys(d.KeySchema, defined); err != nil {
		return x, err
	}
	if err := x.setProjection(d.Projection); err != nil {
		return x, err
	}
	if !global {
		return x, nil
	}
	switch {
	case onDemand && d.ProvisionedThroughput != nil && d.ProvisionedThroughput.ReadCapacityUnits+d.ProvisionedThroughput.WriteCapacityUnits > 0:
		return x, invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case !onDemand && d.ProvisionedThroughput == nil:
		return x, invalidParameter("ProvisionedThroughput must be specified for index: %s", x.Name)
	case !onDemand:
		x.Read, x.Write = d.ProvisionedThroughput.ReadCapacityUnits, d.ProvisionedThroughput.WriteCapacityUnits
	}
	if o := d.OnDemandThroughput; o != nil {
		x.MaxRead, x.MaxWrite = o.MaxReadRequestUnits, o.MaxWriteRequestUnits
	}
	if w := d.WarmThroughput; w != nil {
		x.WarmRead, x.WarmWrite = w.ReadUnitsPerSecond, w.WriteUnitsPerSecond
	}
	return x, nil
}

func (r *tableRecord) setWarm(w *warmThroughput) {
	if w != nil {
		r.WarmRead, r.WarmWrite = w.ReadUnitsPerSecond, w.WriteUnitsPerSecond
	}
}

func (x *indexRecord) setProjection(p *projection) error {
	if p == nil || p.ProjectionType == "" {
		return invalidParameter("Unknown ProjectionType: null")
	}
	x.Projection, x.Include = p.ProjectionType, p.NonKeyAttributes
	switch p.ProjectionType {
	case "ALL", "KEYS_ONLY":
		if len(x.Include) > 0 {
			return invalidParameter("ProjectionType is %s, but NonKeyAttributes is specified", x.Projection)
		}
	case "INCLUDE":
		if len(x.Include) == 0 {
			return invalidParameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
		}
	default:
		return invalidParameter("Unknown ProjectionType: %s", x.Projection)
	}
	return nil
}

// record makes the record of a table.
func (in *createTableInput) record() (*tableRecord, error) {
	if in.TableName == "" {
		return nil, validation("The parameter 'TableName' is required but was not present in the request")
	}
	if err := checkName(in.TableName, "tableName"); err != nil {
		return nil, err
	}
	r := &tableRecord{Name: in.TableName, OnDemand: in.BillingMode == "PAY_PER_REQUEST", Protected: in.DeletionProtectionEnabled}
	steps := []func(*tableRecord) error{in.refused, in.setThroughput, in.setSchema, in.setIndexes, in.checkUse, in.setTags, in.setRest}
	for _, step := range steps {
		if err := step(r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// refused names what cannot be.
func (in *createTableInput) refused(*tableRecord) error {
	return oneOf(in.BillingMode, "billingMode", "PROVISIONED", "PAY_PER_REQUEST", "")
}

func (in *createTableInput) setThroughput(r *tableRecord) error {
	p := in.ProvisionedThroughput
	switch {
	case r.OnDemand && p != nil && p.ReadCapacityUnits+p.WriteCapacityUnits > 0:
		return invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case r.OnDemand:
	case p == nil:
		return invalidParameter("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	default:
		if err := p.check("provisionedThroughput"); err != nil {
			return err
		}
		r.Read, r.Write = p.ReadCapacityUnits, p.WriteCapacityUnits
	}
	if o := in.OnDemandThroughput; o != nil {
		r.MaxRead, r.MaxWrite = o.MaxReadRequestUnits, o.MaxWriteRequestUnits
	}
	return nil
}

func (p *throughput) check(path string) error {
	for _, x := range []struct {
		name  string
		units int64
	}{{"writeCapacityUnits", p.WriteCapacityUnits}, {"readCapacityUnits", p.ReadCapacityUnits}} {
		if x.units < 1 {
			return validation("1 validation error detected: Value '%d' at '%s.%s' failed to satisfy constraint: Member must have value greater than or equal to 1", x.units, path, x.name)
		}
	}
	return nil
}

func (in *createTableInput) setSchema(r *tableRecord) (err error) {
	if err := checkDefinitions(in.AttributeDefinitions); err != nil {
		return err
	}
	for _, a := range in.AttributeDefinitions {
		r.Attributes = append(r.Attributes, attributeRecord{a.AttributeName, a.AttributeType})
	}
	for _, k := range in.KeySchema {
		if k.KeyType != "HASH" && k.KeyType != "RANGE" {
			return constraint(k.KeyType, "keySchema.1.member.keyType", "Member must satisfy enum value set: [HASH, RANGE]")
		}
	}
	r.Hash, r.Range, err = checkKeys(in.KeySchema, in.AttributeDefinitions)
	return err
}

func (in *createTableInput) setIndexes(r *tableRecord) error {
	if in.LocalSecondaryIndexes != nil && len(in.LocalSecondaryIndexes) == 0 {
		return invalidParameter("List of LocalSecondaryIndexes is empty")
	}
	if in.GlobalSecondaryIndexes != nil && len(in.GlobalSecondaryIndexes) == 0 {
		return invalidParameter("List of GlobalSecondaryIndexes is empty")
	}
	for i := range in.LocalSecondaryIndexes {
		x, err := in.LocalSecondaryIndexes[i].indexOf(in.AttributeDefinitions, false, r.OnDemand)
		if err != nil {
			return err
		}
		if err := r.checkLocal(&x); err != nil {
			return err
		}
		if err := r.addIndex(x); err != nil {
			return err
		}
	}
	for i := range in.GlobalSecondaryIndexes {
		x, err := in.GlobalSecondaryIndexes[i].indexOf(in.AttributeDefinitions, true, r.OnDemand)
		if err != nil {
			return err
		}
		if err := r.addIndex(x); err != nil {
			return err
		}
	}
	return r.checkIndexCounts()
}

func (r *tableRecord) checkLocal(x *indexRecord) error {
	switch {
	case r.Range == "":
		return invalidParameter("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	case x.Range == "":
		return invalidParameter("Index KeySchema does not have a range key for index: %s", x.Name)
	case x.Hash != r.Hash:
		return invalidParameter("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. index hash key: %s, table hash key: %s", x.Name, x.Hash, r.Hash)
	}
	return nil
}

func (r *tableRecord) addIndex(x indexRecord) error {
	if slices.ContainsFunc(r.Indexes, func(o indexRecord) bool { return o.Name == x.Name }) {
		return invalidParameter("Duplicate index name: %s", x.Name)
	}
	r.LastIndex++
	x.Number = r.LastIndex
	r.Indexes = append(slices.Clip(r.Indexes), x)
	return nil
}

func (r *tableRecord) checkIndexCounts() error {
	global, included := 0, 0
	for _, x := range r.Indexes {
		if x.Global {
			global++
		}
		included += len(x.Include)
	}
	switch {
	case len(r.Indexes)-global > maxLocalIndexes:
		return invalidParameter("Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocalIndexes)
	case global > maxGlobalIndexes:
		return invalidParameter("GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	case included > maxIncluded:
		return invalidParameter("The number of attributes that are projected into the secondary indexes exceeds the limit of %d", maxIncluded)
	}
	return nil
}

// checkUse refuses attributes that are defined and in no key.
func (in *createTableInput) checkUse(r *tableRecord) error {
	used := map[string]bool{r.Hash: true, r.Range: true}
	for _, x := range r.Indexes {
		for _, name := range x.names() {
			used[name] = true
		}
	}
	delete(used, "")
	if len(used) == len(r.Attributes) {
		return nil
	}
	if len(r.Indexes) == 0 {
		return invalidParameter("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	var keys []string
	for name := range used {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	return invalidParameter("Some AttributeDefinitions are not used. AttributeDefinitions: %s, keys used: %s", bracketed(definedNames(in.AttributeDefinitions)), bracketed(keys))
}

func (in *createTableInput) setTags(r *tableRecord) error {
	var err error
	r.Tags, err = withTags(nil, in.Tags)
	return err
}

func (in *createTableInput) setRest(r *tableRecord) error {
	if in.TableClass != "" {
		if err := oneOf(in.TableClass, "tableClass", "STANDARD", "STANDARD_INFREQUENT_ACCESS"); err != nil {
			return err
		}
		r.Class = in.TableClass
	}
	r.setWarm(in.WarmThroughput)
	return nil
}

var streamViews = []string{"NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"}

// check refuses a stream that cannot be.
func (in *streamSpecification) check() *awswire.Error {
	switch {
	case in.StreamEnabled && in.StreamViewType == "":
		return invalidParameter("StreamViewType must be specified when StreamEnabled is true")
	case !in.StreamEnabled && in.StreamViewType != "":
		return invalidParameter("StreamViewType cannot be specified when StreamEnabled is false")
	case in.StreamEnabled && !slices.Contains(streamViews, in.StreamViewType):
		return constraint(in.StreamViewType, "streamSpecification.streamViewType", "Member must satisfy enum value set: "+bracketed(streamViews))
	}
	return nil
}
