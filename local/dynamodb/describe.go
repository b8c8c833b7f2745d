package dynamodb

import (
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/local"
)

// description is a table as answers have it.
type description struct {
	AttributeDefinitions      []attributeDefinition `json:",omitempty"`
	TableName                 string
	KeySchema                 []keyElement `json:",omitempty"`
	TableStatus               string
	CreationDateTime          *float64 `json:",omitempty"`
	ProvisionedThroughput     *throughputDescription
	TableSizeBytes            int64
	ItemCount                 int64
	TableArn                  string
	TableID                   string               `json:"TableId"`
	BillingModeSummary        *billingSummary      `json:",omitempty"`
	LocalSecondaryIndexes     []indexDescription   `json:",omitempty"`
	GlobalSecondaryIndexes    []indexDescription   `json:",omitempty"`
	StreamSpecification       *streamSpecification `json:",omitempty"`
	LatestStreamLabel         string               `json:",omitempty"`
	LatestStreamArn           string               `json:",omitempty"`
	SSEDescription            *sseDescription      `json:",omitempty"`
	TableClassSummary         *classSummary        `json:",omitempty"`
	DeletionProtectionEnabled bool
	GlobalTableVersion        string               `json:",omitempty"`
	Replicas                  []replicaDescription `json:",omitempty"`
	OnDemandThroughput        *onDemandThroughput  `json:",omitempty"`
	WarmThroughput            *warmThroughput      `json:",omitempty"`
}

type throughputDescription struct {
	LastIncreaseDateTime   float64 `json:",omitempty"`
	LastDecreaseDateTime   float64 `json:",omitempty"`
	NumberOfDecreasesToday int64
	ReadCapacityUnits      int64
	WriteCapacityUnits     int64
}

type billingSummary struct {
	BillingMode                       string
	LastUpdateToPayPerRequestDateTime float64 `json:",omitempty"`
}

type indexDescription struct {
	IndexName             string
	KeySchema             []keyElement
	Projection            projection
	IndexStatus           string                 `json:",omitempty"`
	Backfilling           *bool                  `json:",omitempty"`
	ProvisionedThroughput *throughputDescription `json:",omitempty"`
	IndexSizeBytes        int64
	ItemCount             int64
	IndexArn              string
	OnDemandThroughput    *onDemandThroughput `json:",omitempty"`
	WarmThroughput        *warmThroughput     `json:",omitempty"`
}

type sseDescription struct {
	Status          string
	SSEType         string
	KMSMasterKeyArn string
}

type classSummary struct {
	TableClass         string
	LastUpdateDateTime float64 `json:",omitempty"`
}

type warmThroughput struct {
	ReadUnitsPerSecond  int64
	WriteUnitsPerSecond int64
	Status              string `json:",omitempty"`
}

// The throughput that a table on demand begins with.
const (
	warmReads  = 12000
	warmWrites = 4000
)

func seconds(millis int64) float64 {
	if millis == 0 {
		return 0
	}
	return local.Seconds(time.UnixMilli(millis))
}

// describe is the table when nothing is under way. It is locked.
func (t *table) describe(at arn.Place) *description {
	r := t.record
	created := seconds(r.Created)
	d := &description{
		TableName: r.Name, TableStatus: "ACTIVE", CreationDateTime: &created, TableArn: tableARN(at, r.Name), TableID: r.ID,
		KeySchema: keySchema(&indexRecord{Hash: r.Hash, Range: r.Range}), ItemCount: t.stats.items, TableSizeBytes: t.stats.bytes,
		DeletionProtectionEnabled: r.Protected,
		ProvisionedThroughput: &throughputDescription{LastIncreaseDateTime: seconds(r.Increased), LastDecreaseDateTime: seconds(r.Decreased),
			ReadCapacityUnits: r.Read, WriteCapacityUnits: r.Write},
		WarmThroughput:     warm(r.OnDemand, r.Read, r.Write).atLeast(r.WarmRead, r.WarmWrite),
		OnDemandThroughput: onDemand(r.MaxRead, r.MaxWrite),
	}
	for _, a := range r.Attributes {
		d.AttributeDefinitions = append(d.AttributeDefinitions, attributeDefinition{a.Name, a.Type})
	}
	if r.OnDemandSince != 0 {
		d.BillingModeSummary = &billingSummary{"PROVISIONED", seconds(r.OnDemandSince)}
		if r.OnDemand {
			d.BillingModeSummary.BillingMode = "PAY_PER_REQUEST"
		}
	}
	if r.StreamOn {
		d.StreamSpecification = &streamSpecification{true, r.StreamView}
	}
	if r.StreamLabel != "" {
		d.LatestStreamLabel = r.StreamLabel
		d.LatestStreamArn = d.TableArn + "/stream/" + r.StreamLabel
	}
	if r.KMSKey != "" {
		d.SSEDescription = &sseDescription{"ENABLED", "KMS", r.KMSKey}
	}
	if r.Class != "" {
		d.TableClassSummary = &classSummary{r.Class, seconds(r.ClassSince)}
	}
	if d.Replicas = r.replicas(at.Region); d.Replicas != nil {
		d.GlobalTableVersion = globalVersion
	}
	for _, x := range t.indexes {
		t.describeIndex(d, x)
	}
	return d
}

func onDemand(reads, writes int64) *onDemandThroughput {
	if reads == 0 && writes == 0 {
		return nil
	}
	return &onDemandThroughput{reads, writes}
}

func warm(onDemand bool, read, write int64) *warmThroughput {
	if onDemand {
		read, write = warmReads, warmWrites
	}
	return &warmThroughput{read, write, "ACTIVE"}
}

// atLeast raises the throughput to what was asked for.
func (w *warmThroughput) atLeast(reads, writes int64) *warmThroughput {
	w.ReadUnitsPerSecond, w.WriteUnitsPerSecond = max(w.ReadUnitsPerSecond, reads), max(w.WriteUnitsPerSecond, writes)
	return w
}

func (t *table) describeIndex(d *description, x *index) {
	out := indexDescription{
		IndexName: x.Name, KeySchema: keySchema(&x.indexRecord), Projection: projection{x.Projection, x.Include},
		IndexArn: d.TableArn + "/index/" + x.Name, ItemCount: t.stats.items, IndexSizeBytes: t.stats.bytes,
	}
	if !x.Global {
		d.LocalSecondaryIndexes = append(d.LocalSecondaryIndexes, out)
		return
	}
	out.IndexStatus = "ACTIVE"
	out.ProvisionedThroughput = &throughputDescription{ReadCapacityUnits: x.Read, WriteCapacityUnits: x.Write}
	out.WarmThroughput = warm(t.record.OnDemand, x.Read, x.Write).atLeast(x.WarmRead, x.WarmWrite)
	out.OnDemandThroughput = onDemand(x.MaxRead, x.MaxWrite)
	d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, out)
}

// created makes d the answer of CreateTable, which has less.
func (d *description) created() {
	d.WarmThroughput = nil
	if d.BillingModeSummary != nil {
		d.BillingModeSummary.LastUpdateToPayPerRequestDateTime = 0
	}
	for i := range d.GlobalSecondaryIndexes {
		d.GlobalSecondaryIndexes[i].IndexStatus = "CREATING"
		d.GlobalSecondaryIndexes[i].WarmThroughput = nil
	}
	if d.TableClassSummary != nil {
		d.TableClassSummary.LastUpdateDateTime = 0
	}
}

// deleting is the answer of DeleteTable.
func (t *table) deleting(at arn.Place) *description {
	all := t.describe(at)
	return &description{
		TableName: all.TableName, TableStatus: "DELETING", TableArn: all.TableArn, TableID: all.TableID, ItemCount: all.ItemCount,
		TableSizeBytes: all.TableSizeBytes, ProvisionedThroughput: all.ProvisionedThroughput, BillingModeSummary: all.BillingModeSummary,
		StreamSpecification: all.StreamSpecification, LatestStreamArn: all.LatestStreamArn, LatestStreamLabel: all.LatestStreamLabel,
		SSEDescription: all.SSEDescription, TableClassSummary: all.TableClassSummary,
	}
}
