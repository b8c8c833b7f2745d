package codec

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // what clients send
	"crypto/sha1" //nolint:gosec // what clients send
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strings"

	"github.com/statelark/statelark/awswire"
)

// nvme is the polynomial of CRC64NVME.
var nvme = crc64.MakeTable(0x9A6C9329AC4BC9B5)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Algorithms of checksums, by their name in x-amz-checksum-NAME.
var algorithms = map[string]func() hash.Hash{
	"crc32": func() hash.Hash { return crc32.NewIEEE() }, "crc32c": func() hash.Hash { return crc32.New(castagnoli) },
	"crc64nvme": func() hash.Hash { return crc64.New(nvme) }, "sha1": sha1.New, "sha256": sha256.New,
	"sha512": sha512.New, "md5": md5.New,
}

// NewChecksum returns the hash of an algorithm that S3 knows: "CRC32", "CRC32C", "CRC64NVME", "MD5", "SHA1", "SHA256",
// "SHA512"; nil for others.
func NewChecksum(algorithm string) hash.Hash {
	if make := algorithms[strings.ToLower(algorithm)]; make != nil {
		return make()
	}
	return nil
}

const checksumField = "X-Amz-Checksum-"

// digest is one that a body is to have.
type digest struct {
	name    string // in the error
	want    []byte
	trailer string // the field in which it comes after the body; "": it is in want
	hash    hash.Hash
}

// digests returns those that the fields of a request claim of its body. With checksums the x-amz-checksum-… are of the body.
func digests(h http.Header, checksums bool) ([]digest, *awswire.Error) {
	var all []digest
	if text := h.Get("Content-Md5"); text != "" {
		want, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(want) != md5.Size {
			return nil, &awswire.Error{Code: "InvalidDigest", Message: "The Content-MD5 you specified was invalid.",
				Extra: text1("Content-MD5", text)}
		}
		all = append(all, digest{name: "Content-MD5", want: want, hash: md5.New()}) //nolint:gosec // what clients send
	}
	if text := h.Get("X-Amz-Content-Sha256"); len(text) == 2*sha256.Size {
		if want, err := hex.DecodeString(text); err == nil {
			all = append(all, digest{name: "X-Amz-Content-Sha256", want: want, hash: sha256.New()})
		}
	}
	if !checksums {
		return all, nil
	}
	claimed := 0
	for name := range algorithms {
		if h.Get(checksumField+name) != "" {
			claimed++
		}
	}
	if claimed > 1 {
		return nil, &awswire.Error{Code: "InvalidRequest", Message: "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."}
	}
	for name, make := range algorithms {
		text := h.Get(checksumField + name)
		if text == "" {
			continue
		}
		d := digest{name: strings.ToUpper(name), hash: make()}
		want, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(want) != d.hash.Size() {
			return nil, &awswire.Error{Code: "InvalidRequest", Message: "Value for x-amz-checksum-" + name + " header is invalid."}
		}
		d.want = want
		all = append(all, d)
	}
	for field := range strings.SplitSeq(h.Get("X-Amz-Trailer"), ",") {
		field = http.CanonicalHeaderKey(strings.TrimSpace(field))
		name := strings.ToLower(strings.TrimPrefix(field, checksumField))
		if make := algorithms[name]; make != nil {
			all = append(all, digest{name: strings.ToUpper(name), trailer: field, hash: make()})
		}
	}
	return all, nil
}

// verifier is a body that is held against its digests when it has been read to its end.
type verifier struct {
	io.Reader
	digests []digest
	trailer http.Header // gets what comes after the body
	left    int64       // that is to come; -1: not known
	failed  error
}

func (v *verifier) Read(b []byte) (int, error) {
	if v.failed != nil {
		return 0, v.failed
	}
	n, err := v.Reader.Read(b)
	for i := range v.digests {
		_, _ = v.digests[i].hash.Write(b[:n]) // a hash never fails
	}
	if v.left >= 0 {
		v.left -= int64(n)
	}
	switch {
	case errors.Is(err, errTrailer):
		err = &awswire.Error{Code: "MalformedTrailerError", Message: "The request contained trailing data that was not well-formed or did not conform to our published schema."}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, errChunk), err == io.EOF && v.left > 0:
		err = incomplete()
	case err == io.EOF:
		if wrong := v.verify(); wrong != nil {
			err = wrong
		}
	}
	if err != nil {
		v.failed = err
	}
	return n, err
}

func incomplete() *awswire.Error {
	return &awswire.Error{Code: "IncompleteBody", Message: "You did not provide the number of bytes specified by the Content-Length HTTP header"}
}

func (v *verifier) verify() *awswire.Error {
	for i := range v.digests {
		d := &v.digests[i]
		want := d.want
		if d.trailer != "" {
			var err error
			if want, err = base64.StdEncoding.DecodeString(v.trailer.Get(d.trailer)); err != nil || len(want) != d.hash.Size() {
				return &awswire.Error{Code: "InvalidRequest", Message: "Value for " + strings.ToLower(d.trailer) + " trailing header is invalid."}
			}
		}
		if !bytes.Equal(d.hash.Sum(nil), want) {
			return d.mismatch(want)
		}
	}
	return nil
}

func (d *digest) mismatch(want []byte) *awswire.Error {
	switch d.name {
	case "Content-MD5":
		return &awswire.Error{Code: "BadDigest", Message: "The Content-MD5 you specified did not match what we received.",
			Extra: append(text1("ExpectedDigest", hex.EncodeToString(want)),
				text1("CalculatedDigest", base64.StdEncoding.EncodeToString(d.hash.Sum(nil)))...)}
	case "X-Amz-Content-Sha256":
		return &awswire.Error{Code: "XAmzContentSHA256Mismatch",
			Message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
			Extra: append(text1("ClientComputedContentSHA256", hex.EncodeToString(want)),
				text1("S3ComputedContentSHA256", hex.EncodeToString(d.hash.Sum(nil)))...)}
	}
	return &awswire.Error{Code: "BadDigest", Message: "The " + d.name + " you specified did not match the calculated checksum."}
}
