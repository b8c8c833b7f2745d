package s3

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"

	"github.com/statelark/statelark/awswire"
)

// checksum is one that S3 keeps of an object or a part.
type checksum struct {
	Algorithm string `json:"alg,omitempty"`   // "CRC32"
	Value     string `json:"value,omitempty"` // Base64
	Type      string `json:"type,omitempty"`  // "FULL_OBJECT", "COMPOSITE"
}

const (
	fullObject = "FULL_OBJECT"
	composite  = "COMPOSITE"
)

// algorithm is one of the checksums that requests may have.
type algorithm struct {
	name string
	new  func() hash.Hash
	size int
	// poly is that of a CRC, its bits turned; 0 for a digest.
	poly uint64
}

const (
	polyNVME  = 0x9a6c9329ac4bc9b5
	polyIEEE  = crc32.IEEE
	polyCast  = crc32.Castagnoli
	defaultOf = "CRC64NVME" // what S3 computes when nobody asked for another
)

var (
	tableNVME = crc64.MakeTable(polyNVME)
	tableCast = crc32.MakeTable(polyCast)
)

// algorithms are in the order in which S3 looks for them.
var algorithms = []algorithm{
	{"CRC32", func() hash.Hash { return crc32.NewIEEE() }, 4, polyIEEE},
	{"CRC32C", func() hash.Hash { return crc32.New(tableCast) }, 4, polyCast},
	{"CRC64NVME", func() hash.Hash { return crc64.New(tableNVME) }, 8, polyNVME},
	{"SHA1", sha1.New, sha1.Size, 0},
	{"SHA256", sha256.New, sha256.Size, 0},
	{"SHA512", sha512.New, sha512.Size, 0},
	{"MD5", md5.New, md5.Size, 0},
}

func algorithmOf(name string) *algorithm {
	for i := range algorithms {
		if algorithms[i].name == name {
			return &algorithms[i]
		}
	}
	return nil
}

func (a *algorithm) member() string { return "Checksum" + a.name }

func (a *algorithm) header() string { return "x-amz-checksum-" + strings.ToLower(a.name) }

// expected is the checksum that a request says its body has.
type expected struct {
	*algorithm        // nil: it says nothing
	value      string // "": it comes after the body
}

// expectedOf reads which checksum a request with a body has, and which in its header or in its trailer.
func expectedOf(c *call) (expected, *awswire.Error) {
	var found expected
	for i := range algorithms {
		a := &algorithms[i]
		text := c.str(a.member())
		if text == "" {
			continue
		}
		if found.algorithm != nil {
			return found, badRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		if !a.valid(text) {
			return found, badRequest("Value for " + a.header() + " header is invalid.")
		}
		found = expected{a, text}
	}
	named := c.r.Header.Get("X-Amz-Sdk-Checksum-Algorithm")
	if named == "" {
		named = c.str("ChecksumAlgorithm")
	}
	if found.algorithm != nil {
		if named != "" && !strings.EqualFold(named, found.name) {
			return found, badRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
		}
		return found, nil
	}
	if name, ok := strings.CutPrefix(strings.ToLower(c.r.Header.Get("X-Amz-Trailer")), "x-amz-checksum-"); ok {
		if found.algorithm = algorithmOf(strings.ToUpper(strings.TrimSpace(name))); found.algorithm == nil {
			return found, badRequest("The value specified in the x-amz-trailer header is not supported")
		}
		return found, nil
	}
	if found.algorithm = algorithmOf(strings.ToUpper(named)); named != "" && found.algorithm == nil {
		return found, badRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	}
	if found.algorithm != nil && c.r.Header != nil {
		return found, badRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	}
	return found, nil
}

// valid reports whether text can be a value of the algorithm.
func (a *algorithm) valid(text string) bool {
	raw, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(raw) == a.size
}

// digests are the sums of a body, taken as it passes.
type digests struct {
	md5  hash.Hash
	sums map[string]hash.Hash // by algorithm
	size int64
}

// newDigests takes the MD5 and what else is asked for; nil is nothing.
func newDigests(all ...*algorithm) *digests {
	d := &digests{md5: md5.New(), sums: map[string]hash.Hash{}}
	for _, a := range all {
		if a != nil && d.sums[a.name] == nil {
			d.sums[a.name] = a.new()
		}
	}
	return d
}

// take lets a piece of the body pass.
func (d *digests) take(p []byte) {
	d.md5.Write(p)
	for _, h := range d.sums {
		h.Write(p)
	}
	d.size += int64(len(p))
}

func (d *digests) etag() string { return hex.EncodeToString(d.md5.Sum(nil)) }

// of returns the value of an algorithm that was asked for.
func (d *digests) of(a *algorithm) string {
	return base64.StdEncoding.EncodeToString(d.sums[a.name].Sum(nil))
}

// check holds a body that has passed against what was said of it.
func (d *digests) check(e expected, contentMD5 string, trailer func() http.Header) *awswire.Error {
	if contentMD5 != "" {
		if got := base64.StdEncoding.EncodeToString(d.md5.Sum(nil)); got != contentMD5 {
			raw, _ := base64.StdEncoding.DecodeString(contentMD5)
			return refuse(400, "BadDigest", "The Content-MD5 you specified did not match what we received.",
				"ExpectedDigest", hex.EncodeToString(raw), "CalculatedDigest", got)
		}
	}
	if e.algorithm == nil {
		return nil
	}
	want := e.value
	if want == "" && trailer != nil {
		want = trailer().Get(e.header())
		if want != "" && !e.valid(want) {
			return badRequest("Value for " + e.header() + " trailing header is invalid.")
		}
	}
	if want != "" && want != d.of(e.algorithm) {
		return refuse(400, "BadDigest", "The "+e.name+" you specified did not match the calculated checksum.")
	}
	return nil
}

// contentMD5 reads the field Content-MD5.
func contentMD5(c *call) (string, *awswire.Error) {
	text, there := c.str("ContentMD5"), c.has("ContentMD5")
	if !there && c.r.Header != nil {
		text = c.r.Header.Get("Content-Md5")
		there = len(c.r.Header["Content-Md5"]) > 0
	}
	if !there {
		return "", nil
	}
	if raw, err := base64.StdEncoding.DecodeString(text); err != nil || len(raw) != md5.Size {
		return "", refuse(400, "InvalidDigest", "The Content-MD5 you specified was invalid.", "Content-MD5", text)
	}
	return text, nil
}

// combine returns the CRC of two texts behind one another, of which the second has size bytes.
func (a *algorithm) combine(first, second string, size int64) string {
	x, y := a.number(first), a.number(second)
	return a.text(shift(x, size, a.poly, a.size*8) ^ y)
}

func (a *algorithm) number(text string) uint64 {
	raw, _ := base64.StdEncoding.DecodeString(text)
	if a.size == 4 {
		return uint64(binary.BigEndian.Uint32(raw))
	}
	return binary.BigEndian.Uint64(raw)
}

func (a *algorithm) text(crc uint64) string {
	raw := binary.BigEndian.AppendUint64(nil, crc)
	return base64.StdEncoding.EncodeToString(raw[8-a.size:])
}

// shift returns the CRC after size bytes of zero: crc times x to the power of 8·size, modulo the polynomial. Bits are turned: the
// highest is x to the power of 0.
func shift(crc uint64, size int64, poly uint64, bits int) uint64 {
	factor := uint64(1) << (bits - 1) >> 8 // x to the power of 8
	for ; size > 0; size >>= 1 {
		if size&1 == 1 {
			crc = multiply(crc, factor, poly, bits)
		}
		factor = multiply(factor, factor, poly, bits)
	}
	return crc
}

// multiply multiplies two polynomials modulo a third.
func multiply(a, b, poly uint64, bits int) uint64 {
	var product uint64
	for one := uint64(1) << (bits - 1); one != 0; one >>= 1 {
		if a&one != 0 {
			product ^= b
		}
		if low := b & 1; low != 0 {
			b = b>>1 ^ poly
		} else {
			b >>= 1
		}
	}
	return product
}
