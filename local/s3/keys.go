package s3

import (
	"bytes"
	"encoding/binary"
)

// The rows of the service. Buckets are one space of names, so no key has a place. A name is written so that keys are in the order of
// its bytes and no name is the beginning of another: 0x00 as 0x00 0xFF, then 0x00 0x01.
//
//	b BUCKET               the bucket
//	c BUCKET 0 NAME 0 ID   a configuration of it: a document
//	o BUCKET KEY SEQ       a version of an object or a delete marker; SEQ has its bits turned, so that the newest is first
//	u BUCKET KEY SEQ       an upload that goes on
//	p UPLOAD NUMBER        a part of an upload, or of the object that it became
//	d BODY                 a small body itself
//	f BODY                 nothing: the body is a file, which is removed once it has no such row

func appendName(dst []byte, name string) []byte {
	for i := range len(name) {
		if dst = append(dst, name[i]); name[i] == 0 {
			dst = append(dst, 0xFF)
		}
	}
	return append(dst, 0, 1)
}

// cutName splits what appendName appended from the front of a key.
func cutName(key []byte) (name string, rest []byte) {
	end := bytes.Index(key, []byte{0, 1})
	if end < 0 {
		return "", nil
	}
	text, rest := key[:end], key[end+2:]
	if bytes.IndexByte(text, 0) >= 0 {
		text = bytes.ReplaceAll(text, []byte{0, 0xFF}, []byte{0})
	}
	return string(text), rest
}

func bucketKey(bucket string) []byte { return append([]byte{'b'}, bucket...) }

func configurationKey(bucket, name, id string) []byte {
	return append(configurationsKey(bucket, name), id...)
}

func configurationsKey(bucket, name string) []byte {
	key := append([]byte{'c'}, bucket...)
	key = append(append(key, 0), name...)
	return append(key, 0)
}

// within is the beginning of all keys of that kind in a bucket.
func within(kind byte, bucket string) []byte { return append(append([]byte{kind}, bucket...), 0) }

func objectKey(bucket, key string) []byte { return appendName(within('o', bucket), key) }

// versionKey has at its end the number of the version, turned.
func versionKey(bucket, key string, seq int64) []byte {
	return binary.BigEndian.AppendUint64(objectKey(bucket, key), ^uint64(seq))
}

func uploadKey(bucket, key string, seq int64) []byte {
	return binary.BigEndian.AppendUint64(appendName(within('u', bucket), key), uint64(seq))
}

func partsKey(upload string) []byte { return append(append([]byte{'p'}, upload...), 0) }

func partKey(upload string, number int) []byte {
	return binary.BigEndian.AppendUint16(partsKey(upload), uint16(number))
}

func inlineKey(body string) []byte { return append([]byte{'d'}, body...) }

func fileKey(body string) []byte { return append([]byte{'f'}, body...) }
