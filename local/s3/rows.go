package s3

import (
	"encoding/binary"
	"regexp"

	"github.com/statelark/statelark/local/kv"
)

// readBucket returns a bucket, nil when there is none.
func (s *Service) readBucket(name string) (*bucket, error) {
	row, err := s.store.Get(bucketKey(name))
	if err != nil || row == nil {
		return nil, err
	}
	b := &bucket{Name: name}
	return b, decode(row, b)
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// bucketOf returns the bucket of a request; owner is whose the caller expects it to be, "" when that does not matter to him.
func (s *Service) bucketOf(_ *call, name, owner string) (*bucket, error) {
	if owner != "" && !accountID.MatchString(owner) {
		return nil, refuse(400, "InvalidBucketOwnerAWSAccountID", "The value of the expected bucket owner parameter must be an AWS Account ID... ["+owner+"]")
	}
	b, err := s.readBucket(name)
	switch {
	case err != nil:
		return nil, err
	case b == nil:
		return nil, noBucket(name)
	case owner != "" && owner != b.Owner:
		return nil, accessDenied()
	}
	return b, nil
}

// rowOf makes a version of a row, whose key has the number at its end.
func rowOf(p kv.Pair, key string) (*version, error) {
	v := &version{Key: key}
	v.Seq = int64(^binary.BigEndian.Uint64(p.Key[len(p.Key)-8:]))
	return v, decode(p.Value, v)
}

// newest returns the version of a key that was made last, a delete marker as well; nil when there is none.
func (s *Service) newest(bucket, key string) (*version, error) {
	from := objectKey(bucket, key)
	for p, err := range s.store.Scan(from, kv.After(from), false) {
		if err != nil {
			return nil, err
		}
		return rowOf(p, key)
	}
	return nil, nil
}

// null returns the version of a key that has no id, nil when there is none.
func (s *Service) null(bucket, key string) (*version, error) {
	from := objectKey(bucket, key)
	for p, err := range s.store.Scan(from, kv.After(from), false) {
		if err != nil {
			return nil, err
		}
		v, err := rowOf(p, key)
		if err != nil || v.ID == "" {
			return v, err
		}
	}
	return nil, nil
}

// versionOf returns the version with an id, "null" as well; nil when there is none.
func (s *Service) versionOf(bucket, key, id string) (*version, error) {
	if id == "null" {
		return s.null(bucket, key)
	}
	seq, ok := seqOf(id)
	if !ok {
		return nil, badArgument("Invalid version id specified", "versionId", id)
	}
	at := versionKey(bucket, key, seq)
	row, err := s.store.Get(at)
	if err != nil || row == nil {
		return nil, err
	}
	v, err := rowOf(kv.Pair{Key: at, Value: row}, key)
	if err != nil || v.ID != id {
		return nil, err
	}
	return v, nil
}

// find returns the version that a request means: the one with an id, or the newest. A key without any, or with a delete marker as
// the newest, is an error; so is a delete marker that was asked for by its id. method is the request's, for that error.
func (s *Service) find(b *bucket, key, id, method string) (*version, error) {
	var v *version
	var err error
	if id == "" {
		v, err = s.newest(b.Name, key)
	} else {
		v, err = s.versionOf(b.Name, key, id)
	}
	switch {
	case err != nil:
		return nil, err
	case v == nil && id != "":
		return nil, noVersion(key, id)
	case v == nil:
		return nil, noKey(key)
	case v.Marker && id == "":
		e := noKey(key)
		e.Header = map[string][]string{"X-Amz-Delete-Marker": {"true"}}
		if shown := v.shownID(b); shown != "" {
			e.Header.Set("X-Amz-Version-Id", shown)
		}
		return nil, e
	case v.Marker:
		return nil, markerMethod(method, v)
	}
	return v, nil
}

func setVersion(batch *kv.Batch, bucket string, v *version) {
	batch.Set(versionKey(bucket, v.Key, v.Seq), encode(v))
}

// dropVersion removes a version and what it is made of, and returns the bodies that are files and can be removed after that.
func (s *Service) dropVersion(batch *kv.Batch, bucket string, v *version) (files []string, err error) {
	batch.Delete(versionKey(bucket, v.Key, v.Seq))
	if v.Upload != "" {
		return s.dropParts(batch, v.Upload, nil)
	}
	return dropBody(batch, v.Body, nil), nil
}

// dropParts removes the parts of an upload but those that keep has.
func (s *Service) dropParts(batch *kv.Batch, upload string, keep map[int]bool) (files []string, err error) {
	from := partsKey(upload)
	for p, err := range s.store.Scan(from, kv.After(from), false) {
		if err != nil {
			return nil, err
		}
		var one part
		if err := decode(p.Value, &one); err != nil {
			return nil, err
		}
		number := int(binary.BigEndian.Uint16(p.Key[len(from):]))
		if keep[number] {
			continue
		}
		batch.Delete(partKey(upload, number))
		files = dropBody(batch, one.Body, files)
	}
	return files, nil
}

// parts returns the parts of an upload above a number, at most limit of them.
func (s *Service) parts(upload string, above, limit int) ([]part, error) {
	var all []part
	if above >= 0xFFFF {
		return nil, nil
	}
	from := partKey(upload, above+1)
	base := partsKey(upload)
	for p, err := range s.store.Scan(from, kv.After(base), false) {
		if err != nil {
			return nil, err
		}
		if len(all) == limit {
			break
		}
		one := part{Number: int(binary.BigEndian.Uint16(p.Key[len(base):]))}
		if err := decode(p.Value, &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}
