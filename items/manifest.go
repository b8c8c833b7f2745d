package items

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxManifest is how large the manifest of an inventory may be, in bytes.
const maxManifest = 16 << 20

// inventory are the files of an S3 inventory, as its manifest.json names them:
//
//	{"sourceBucket":"a","destinationBucket":"arn:aws:s3:::b","version":"2016-11-30","creationTimestamp":"1514944800000",
//	 "fileFormat":"CSV","fileSchema":"Bucket, Key, Size",
//	 "files":[{"key":"…/data/x.csv.gz","size":2147483647,"MD5checksum":"…"}]}
type inventory struct {
	manifest place
	bucket   string
	schema   []string
	files    []string
	done     int64
}

// inventoryFiles reads the manifest of an inventory.
func (s *Source) inventoryFiles(at place) (*inventory, error) {
	text, manifest, err := s.readAll(at, maxManifest)
	if err != nil {
		return nil, err
	}
	var m struct {
		DestinationBucket string `json:"destinationBucket"`
		FileFormat        string `json:"fileFormat"`
		FileSchema        string `json:"fileSchema"`
		Files             []struct {
			Key string `json:"key"`
		} `json:"files"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, &Error{Cause: fmt.Sprintf("The manifest s3://%s/%s is not valid JSON: %v", at.Bucket, at.Key, err), Err: err}
	}
	if m.FileFormat != "CSV" {
		return nil, fail("The file format %q of the S3 inventory is not supported; only CSV is.", m.FileFormat)
	}
	i := &inventory{manifest: manifest, bucket: at.Bucket, done: at.Records}
	if bucket := m.DestinationBucket[strings.LastIndexByte(m.DestinationBucket, ':')+1:]; bucket != "" {
		i.bucket = bucket
	}
	for column := range strings.SplitSeq(m.FileSchema, ",") {
		i.schema = append(i.schema, strings.TrimSpace(column))
	}
	if err := checkHeader(i.schema, s.limits); err != nil {
		return nil, err
	}
	for _, file := range m.Files {
		i.files = append(i.files, file.Key)
	}
	return i, nil
}

func (i *inventory) next() (place, error) {
	if i.done >= int64(len(i.files)) {
		return place{}, io.EOF
	}
	i.done++
	return place{Bucket: i.bucket, Key: i.files[i.done-1]}, nil
}

func (i *inventory) at() place {
	at := i.manifest
	at.Records = i.done
	return at
}

func (i *inventory) close() {}

// openInventoryFile reads a CSV file of the inventory, whose columns the manifest names.
func (s *Source) openInventoryFile(w *window, _ place) (records, error) {
	return openCSV(w, ',', s.objects.(*inventory).schema, s.limits)
}

// readAll reads a small object.
func (s *Source) readAll(at place, limit int64) ([]byte, place, error) {
	content, at, err := s.content(at)
	if err != nil {
		return nil, at, err
	}
	defer func() { _ = content.Close() }()
	text, err := io.ReadAll(io.LimitReader(content, limit+1))
	if err != nil {
		return nil, at, blame(at.Bucket, at.Key, err)
	}
	if int64(len(text)) > limit {
		return nil, at, fail("The manifest s3://%s/%s is larger than %d bytes.", at.Bucket, at.Key, limit)
	}
	return text, at, nil
}

// athena are the objects that the manifest of an Athena UNLOAD names: a CSV file without header, "s3://bucket/key" a
// row.
type athena struct {
	rows     *table
	content  io.Closer
	manifest place
}

// athenaObjects opens the manifest of an UNLOAD.
func (s *Source) athenaObjects(at place) (*athena, error) {
	content, manifest, err := s.content(at)
	if err != nil {
		return nil, err
	}
	rows := &table{window: newWindow(content, at.Offset), delimiter: ','}
	if err := rows.skipMark(); err != nil {
		_ = content.Close()
		return nil, blame(at.Bucket, at.Key, err)
	}
	return &athena{rows, content, manifest}, nil
}

func (a *athena) next() (place, error) {
	begins := a.rows.offset
	err := a.rows.row()
	if errors.Is(err, io.EOF) {
		return place{}, err
	}
	if err != nil {
		return place{}, blame(a.manifest.Bucket, a.manifest.Key, err)
	}
	uri := strings.TrimSpace(string(a.rows.cell(0)))
	bucket, key, ok := strings.Cut(strings.TrimPrefix(uri, "s3://"), "/")
	if !ok || !strings.HasPrefix(uri, "s3://") || bucket == "" || key == "" {
		return place{}, fail("The manifest s3://%s/%s names no object at byte %d: %q", a.manifest.Bucket, a.manifest.Key, begins, uri)
	}
	return place{Bucket: bucket, Key: key}, nil
}

func (a *athena) at() place {
	at := a.manifest
	at.Offset = a.rows.offset
	return at
}

func (a *athena) close() { _ = a.content.Close() }
