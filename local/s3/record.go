package s3

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"time"

	"github.com/statelark/statelark/value"
)

// A row is a byte, its version, and JSON. Rows of every version that there was can be read.
const rowVersion = 1

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // rows are plain structs
	}
	return append([]byte{rowVersion}, text...)
}

func decode(row []byte, v any) error {
	if len(row) == 0 || row[0] != rowVersion {
		return fmt.Errorf("reading a row of S3: unknown version")
	}
	if err := json.Unmarshal(row[1:], v); err != nil {
		return fmt.Errorf("reading a row of S3: %w", err)
	}
	return nil
}

// bucket is a bucket. Its name is in the key of the row.
type bucket struct {
	Name       string `json:"-"`
	Owner      string `json:"owner"` // account
	Region     string `json:"region"`
	Constraint string `json:"constraint,omitempty"` // as it was asked for: "EU"
	Created    int64  `json:"created"`              // ms
	Versioning string `json:"versioning,omitempty"` // "", "Enabled", "Suspended"
	Lock       bool   `json:"lock,omitempty"`
}

// version is one version of an object, or a delete marker.
type version struct {
	Key      string            `json:"-"`
	Seq      int64             `json:"-"`
	ID       string            `json:"id,omitempty"` // "": the null version
	Marker   bool              `json:"marker,omitempty"`
	Owner    string            `json:"owner,omitempty"` // account
	Modified int64             `json:"modified"`        // ms
	ETag     string            `json:"etag,omitempty"`  // without quotes
	Size     int64             `json:"size,omitempty"`
	Body     string            `json:"body,omitempty"`   // "" when it is empty or made of parts
	Upload   string            `json:"upload,omitempty"` // whose parts it is made of
	Parts    int               `json:"parts,omitempty"`
	Sum      checksum          `json:"sum,omitzero"`
	Head     map[string]string `json:"head,omitempty"` // the standard fields, by their members
	Meta     map[string]string `json:"meta,omitempty"`
	Tags     []tag             `json:"tags,omitempty"`
	Class    string            `json:"class,omitempty"` // "": STANDARD
	SSE      encryption        `json:"sse,omitzero"`
	ACL      value.Value       `json:"acl,omitzero"` // Grants
	Lock     retention         `json:"lock,omitzero"`
	Restored int64             `json:"restored,omitempty"` // ms when the restored copy expires
}

// shownID is the id that answers have: of the null version, "null", and none in a bucket that never had versions.
func (v *version) shownID(b *bucket) string {
	if v.ID != "" {
		return v.ID
	}
	if b.Versioning != "" {
		return "null"
	}
	return ""
}

// upload is a multipart upload that goes on; what the object will have is in Object.
type upload struct {
	Key       string  `json:"-"`
	Seq       int64   `json:"-"`
	ID        string  `json:"id"`
	Initiated int64   `json:"initiated"` // ms
	Algorithm string  `json:"algorithm,omitempty"`
	Type      string  `json:"type,omitempty"`
	Object    version `json:"object"`
}

// part is one part, with its checksums: the one that clients see, and the one that a default object needs.
type part struct {
	Number   int      `json:"-"`
	Body     string   `json:"body,omitempty"`
	Size     int64    `json:"size"`
	ETag     string   `json:"etag"`
	Modified int64    `json:"modified"`
	Sum      checksum `json:"sum,omitzero"`
	Default  string   `json:"default,omitempty"` // CRC64NVME, where the upload has no algorithm
}

type tag struct {
	Key   string `json:"k"`
	Value string `json:"v"`
}

// retention is what object lock holds of a version.
type retention struct {
	Mode  string `json:"mode,omitempty"`
	Until int64  `json:"until,omitempty"` // ms
	Hold  string `json:"hold,omitempty"`  // "ON", "OFF"
}

// Ids of versions and uploads are their number, 12 random bytes and a sum of both, in an alphabet that needs no escape in a URL: what
// was never an id of S3 is told from one that is gone.
var idText = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._").WithPadding(base64.NoPadding)

func newID(seq int64) string {
	noise := random()
	raw := append(binary.BigEndian.AppendUint64(nil, uint64(seq)), noise[:12]...)
	return idText.EncodeToString(binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw)))
}

// seqOf returns the number in an id.
func seqOf(id string) (int64, bool) {
	raw, err := idText.DecodeString(id)
	if err != nil || len(raw) != 24 || binary.BigEndian.Uint32(raw[20:]) != crc32.ChecksumIEEE(raw[:20]) {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(raw)), true
}

func httpTime(ms int64) string { return time.UnixMilli(ms).UTC().Format(http.TimeFormat) }
