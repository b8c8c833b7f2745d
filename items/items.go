// Package items reads the data set of a distributed Map from an object store, item by item, and writes the results of
// its children. A Source gives items in pages and, after each, a cursor with which a later process goes on: data sets
// are streamed and never held, however large they are or become when they are unpacked.
//
// What is wrong with a data set is an *Error, whose Cause is what AWS writes beside States.ItemReaderFailed.
package items

import "github.com/statelark/statelark/value"

// Resource is what an ItemReader calls.
type Resource string

// The resources, without their "arn:aws:states:::".
const (
	GetObject     Resource = "s3:getObject"
	ListObjectsV2 Resource = "s3:listObjectsV2"
)

// InputType is the form of the objects that are read.
type InputType string

// The forms.
const (
	CSV      InputType = "CSV"
	JSON     InputType = "JSON"
	JSONL    InputType = "JSONL"
	Parquet  InputType = "PARQUET"
	Manifest InputType = "MANIFEST" // the manifest of an S3 inventory
)

// ManifestType tells what the object is a manifest of.
type ManifestType string

// The manifests.
const (
	AthenaData  ManifestType = "ATHENA_DATA"  // a CSV file without header: the URI of an object a row, each read by InputType
	S3Inventory ManifestType = "S3_INVENTORY" // manifest.json of an inventory, whose items are the rows of its CSV files
)

// Transformation says what becomes of what the reader finds.
type Transformation string

// The transformations. LoadAndFlatten reads the objects of a list, each by InputType, as one data set.
const (
	None           Transformation = "NONE"
	LoadAndFlatten Transformation = "LOAD_AND_FLATTEN"
)

// Where the names of the columns of a CSV file come from.
const (
	FirstRow = "FIRST_ROW"
	Given    = "GIVEN"
)

// Spec is an ItemReader after its state's input was put into it. The zero value of a field is the field left out.
type Spec struct {
	Resource  Resource
	Bucket    string
	Key       string
	Prefix    string
	VersionID string

	InputType         InputType
	ManifestType      ManifestType
	Transformation    Transformation
	CSVDelimiter      string // COMMA, PIPE, SEMICOLON, SPACE or TAB
	CSVHeaderLocation string // FIRST_ROW or GIVEN
	CSVHeaders        []string
	ItemsPointer      string // a JSON Pointer; "" is the whole document
	MaxItems          int64  // 0: as many as there are
}

// Item is one item of a data set.
type Item struct {
	// Key is the name of the member of an object that the item is; Keyed tells that there is one.
	Key   string
	Keyed bool
	Value value.Value
}

// Limits of AWS that are no settings: memory is bounded by them.
const (
	MaxItemBytes = 8 << 20   // of one item as it stands in its object
	maxLead      = 16 << 20  // bytes of a JSON document before its array begins
	maxPointer   = 2000      // characters of an ItemsPointer
	maxFooter    = 5 << 20   // bytes of the footer of a Parquet file
	maxRowGroup  = 256 << 20 // bytes of a row group
)
