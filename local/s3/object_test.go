package s3

import (
	"fmt"
	"strings"
	"testing"
)

// where runs a test with bodies in memory and with bodies in files.
func where(t *testing.T, do func(b *bench)) {
	t.Run("memory", func(t *testing.T) { do(start(t, "")) })
	t.Run("files", func(t *testing.T) { do(start(t, t.TempDir())) })
}

func TestObjects(t *testing.T) {
	where(t, func(b *bench) {
		b.do("CreateBucket", `{"Bucket":"bkt"}`)
		for name, body := range map[string]string{"empty": "", "small": "hello", "edge": strings.Repeat("x", inlineMax), "large": strings.Repeat("0123456789", 100_000)} {
			o := b.do("PutObject", `{"Bucket":"bkt","Key":"`+name+`","Metadata":{"Who":"me"},"ContentType":"text/plain"}`, body)
			h := b.do("HeadObject", `{"Bucket":"bkt","Key":"`+name+`"}`)
			if h.int("ContentLength") != int64(len(body)) || h.str("ETag") != o.str("ETag") || h.sub("Metadata").str("who") != "me" || h.str("ContentType") != "text/plain" {
				b.Errorf("%s: %s", name, h.doc.Text())
			}
			if got := b.read(`{"Bucket":"bkt","Key":"` + name + `"}`); got != body {
				b.Errorf("%s: %d bytes, want %d", name, len(got), len(body))
			}
			b.do("CopyObject", `{"Bucket":"bkt","Key":"copies/`+name+`","CopySource":"bkt/`+name+`"}`)
			if got := b.read(`{"Bucket":"bkt","Key":"copies/` + name + `"}`); got != body {
				b.Errorf("copy of %s: %d bytes, want %d", name, len(got), len(body))
			}
		}
		if got := b.read(`{"Bucket":"bkt","Key":"large","Range":"bytes=999995-"}`); got != "56789" {
			b.Errorf("range: %q", got)
		}
		l := b.do("ListObjectsV2", `{"Bucket":"bkt","Delimiter":"/"}`)
		if l.int("KeyCount") != 5 || len(l.list("CommonPrefixes")) != 1 {
			b.Errorf("list: %s", l.doc.Text())
		}
		b.refused("DeleteBucket", `{"Bucket":"bkt"}`, "BucketNotEmpty")
		for _, name := range []string{"empty", "small", "edge", "large"} {
			b.do("DeleteObject", `{"Bucket":"bkt","Key":"`+name+`"}`)
			b.refused("GetObject", `{"Bucket":"bkt","Key":"`+name+`"}`, "NoSuchKey")
			if got := b.read(`{"Bucket":"bkt","Key":"copies/` + name + `"}`); name != "empty" && got == "" {
				b.Errorf("the copy of %s went with it", name)
			}
			b.do("DeleteObject", `{"Bucket":"bkt","Key":"copies/`+name+`"}`)
		}
		b.do("DeleteBucket", `{"Bucket":"bkt"}`)
		b.refused("HeadBucket", `{"Bucket":"bkt"}`, "NoSuchBucket")
	})
}

func TestMultipart(t *testing.T) {
	where(t, func(b *bench) {
		b.do("CreateBucket", `{"Bucket":"bkt"}`)
		one, two := strings.Repeat("a", minPart), strings.Repeat("b", 70_000)
		id := b.do("CreateMultipartUpload", `{"Bucket":"bkt","Key":"k"}`).str("UploadId")
		part := func(n int, body string) string {
			at := fmt.Sprintf(`{"Bucket":"bkt","Key":"k","UploadId":"%s","PartNumber":%d}`, id, n)
			return fmt.Sprintf(`{"PartNumber":%d,"ETag":%s}`, n, b.do("UploadPart", at, body).get("ETag").Text())
		}
		complete := func(parts ...string) string {
			return fmt.Sprintf(`{"Bucket":"bkt","Key":"k","UploadId":"%s","MultipartUpload":{"Parts":[%s]}}`, id, strings.Join(parts, ","))
		}
		p1, p2, p3 := part(1, one), part(2, two), part(3, "ccc")
		part(4, "left out")
		b.refused("CompleteMultipartUpload", complete(p2, p1), "InvalidPartOrder")
		b.refused("CompleteMultipartUpload", complete(p1, strings.Replace(p2, `:2`, `:5`, 1)), "InvalidPart")
		b.refused("CompleteMultipartUpload", complete(p1, p2, p3), "EntityTooSmall")
		done := b.do("CompleteMultipartUpload", complete(p1, p2))
		if !strings.HasSuffix(done.str("ETag"), `-2"`) || done.str("ChecksumType") != fullObject {
			b.Errorf("completed: %s", done.doc.Text())
		}
		if got := b.read(`{"Bucket":"bkt","Key":"k"}`); got != one+two {
			b.Errorf("%d bytes", len(got))
		}
		if got := b.read(fmt.Sprintf(`{"Bucket":"bkt","Key":"k","Range":"bytes=%d-%d"}`, minPart-2, minPart+1)); got != "aabb" {
			b.Errorf("range over parts: %q", got)
		}
		if got := b.read(`{"Bucket":"bkt","Key":"k","PartNumber":2}`); got != two {
			b.Errorf("part: %d bytes", len(got))
		}
		// The checksum that is put together of the parts' is that of the bytes.
		whole := b.do("PutObject", `{"Bucket":"bkt","Key":"whole"}`, one+two)
		if whole.str("ChecksumCRC64NVME") != done.str("ChecksumCRC64NVME") {
			b.Errorf("checksum %s, of the bytes %s", done.str("ChecksumCRC64NVME"), whole.str("ChecksumCRC64NVME"))
		}
		copied := b.do("CopyObject", `{"Bucket":"bkt","Key":"copy","CopySource":"bkt/k"}`).sub("CopyObjectResult")
		if copied.str("ETag") != whole.str("ETag") || copied.str("ChecksumCRC64NVME") != whole.str("ChecksumCRC64NVME") {
			b.Errorf("copy: %s", copied.doc.Text())
		}
		b.refused("ListParts", fmt.Sprintf(`{"Bucket":"bkt","Key":"k","UploadId":"%s"}`, id), "NoSuchUpload")
		if again := b.do("CompleteMultipartUpload", complete(p1, p2)); again.str("ETag") != done.str("ETag") {
			b.Errorf("completed again: %s", again.doc.Text())
		}
	})
}

// TestOrderOfChecks asks with a wrong request for what there is not: the request is looked at first.
func TestOrderOfChecks(t *testing.T) {
	b := start(t, "")
	b.do("CreateBucket", `{"Bucket":"bkt","ObjectLockEnabledForBucket":true}`)
	for _, x := range []struct{ operation, more, code string }{
		{"GetObject", `"PartNumber":0`, "InvalidArgument"},
		{"HeadObject", `"PartNumber":-3`, "InvalidArgument"},
		{"GetObject", `"PartNumber":1`, "NoSuchKey"},
		{"GetObjectAttributes", `"ObjectAttributes":["ETag","Colour"]`, "InvalidArgument"},
		{"GetObjectAttributes", `"ObjectAttributes":["ETag"]`, "NoSuchKey"},
		{"PutObjectLegalHold", `"LegalHold":{"Status":"MAYBE"}`, "MalformedXML"},
		{"PutObjectLegalHold", `"LegalHold":{"Status":"ON"}`, "NoSuchKey"},
		{"PutObjectRetention", `"Retention":{"Mode":"STRICT","RetainUntilDate":1999999999}`, "MalformedXML"},
		{"PutObjectRetention", `"Retention":{"Mode":"GOVERNANCE","RetainUntilDate":1}`, "InvalidArgument"},
		{"PutObjectRetention", `"Retention":{"Mode":"GOVERNANCE","RetainUntilDate":1999999999}`, "NoSuchKey"},
		{"PutObjectLockConfiguration", `"Key":""`, "MissingRequestBodyError"},
		{"PutObjectLockConfiguration", `"ObjectLockConfiguration":{}`, "MalformedXML"},
		{"PutObject", `"WebsiteRedirectLocation":"there"`, "InvalidRedirectLocation"},
		{"PutObject", `"Tagging":"aws:a=b"`, "InvalidTag"},
		{"PutObject", `"ChecksumAlgorithm":"CRC32","ChecksumCRC32C":"AAAAAA=="`, "InvalidRequest"},
		{"PutObject", `"ChecksumAlgorithm":"CRC32C","ChecksumCRC32C":"AAAAAQ=="`, "BadDigest"},
	} {
		b.refused(x.operation, `{"Bucket":"bkt","Key":"k",`+x.more+`}`, x.code)
	}
}

// TestLifecycleRefused puts rules that say too much or too little.
func TestLifecycleRefused(t *testing.T) {
	b := start(t, "")
	b.do("CreateBucket", `{"Bucket":"bkt"}`)
	put := func(rule string) string {
		return `{"Bucket":"bkt","LifecycleConfiguration":{"Rules":[{"Status":"Enabled",` + rule + `}]}}`
	}
	for _, rule := range []string{
		`"Expiration":{"Days":1}`,
		`"Filter":{"Prefix":""},"Prefix":"","Expiration":{"Days":1}`,
		`"Filter":{},"Expiration":{"Days":1,"ExpiredObjectDeleteMarker":false}`,
		`"Filter":{},"Expiration":{"Days":1,"Date":1777852800}`,
		`"Filter":{},"NoncurrentVersionTransitions":[{"StorageClass":"GLACIER"}]`,
		`"Filter":{},"NoncurrentVersionTransitions":[{"NoncurrentDays":3}]`,
		`"Filter":{},"NoncurrentVersionExpiration":{}`,
	} {
		b.refused("PutBucketLifecycleConfiguration", put(rule), "MalformedXML")
	}
	b.do("PutBucketLifecycleConfiguration", put(`"Filter":{},"NoncurrentVersionTransitions":[{"NoncurrentDays":3,"StorageClass":"GLACIER"}]`))
}

// TestCompletionOfNothing completes an upload with an empty list of parts, and with none.
func TestCompletionOfNothing(t *testing.T) {
	b := start(t, "")
	b.do("CreateBucket", `{"Bucket":"bkt"}`)
	id := b.do("CreateMultipartUpload", `{"Bucket":"bkt","Key":"k"}`).str("UploadId")
	b.refused("CompleteMultipartUpload", `{"Bucket":"bkt","Key":"k","UploadId":"`+id+`","MultipartUpload":{"Parts":[]}}`, "MalformedXML")
	b.refused("CompleteMultipartUpload", `{"Bucket":"bkt","Key":"k","UploadId":"`+id+`"}`, "InvalidRequest")
}

// TestCORSHeaders puts rules with fields that cannot be.
func TestCORSHeaders(t *testing.T) {
	b := start(t, "")
	b.do("CreateBucket", `{"Bucket":"bkt"}`)
	put := func(member, header string) string {
		return `{"Bucket":"bkt","CORSConfiguration":{"CORSRules":[{"AllowedMethods":["GET"],"AllowedOrigins":["*"],"` + member + `":["ETag","` + header + `"]}]}}`
	}
	for _, member := range []string{"AllowedHeaders", "ExposeHeaders"} {
		b.do("PutBucketCors", put(member, "x-amz_1.a"))
		for _, header := range []string{"two words", "a:b", "a(b)", "a/b", "a=b"} {
			b.refused("PutBucketCors", put(member, header), "InvalidRequest")
		}
	}
	b.do("PutBucketCors", put("AllowedHeaders", "x-*"))
	b.refused("PutBucketCors", put("ExposeHeaders", "x-*"), "InvalidRequest")
}
