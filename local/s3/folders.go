package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/s3/directory"
	"github.com/statelark/statelark/value"
)

// Folders are buckets that are folders of a directory, whose objects other programs may read and write as well. They have objects and
// no more: no versions, tags, metadata or configurations.
type Folders interface {
	s3.Store
	Buckets() ([]directory.Bucket, error)
	Bucket(name string) (directory.Bucket, error)
	Delete(ctx context.Context, bucket, key string) error
}

// maxFolderPart is how large a part of an upload to a folder may be: it is held in memory.
const maxFolderPart = 64 << 20

// inFolder returns what an operation does with a bucket that is a folder; nil when it is not built in.
func (s *Service) inFolder(operation string) func(c *call, b *bucket) (*awswire.Reply, error) {
	switch operation {
	case "HeadBucket":
		return s.headBucket
	case "GetBucketLocation":
		return s.bucketLocation
	case "GetBucketVersioning":
		return s.getVersioning
	case "ListObjects":
		return s.folderList
	case "ListObjectsV2":
		return s.folderListV2
	case "GetObject":
		return s.folderGet
	case "HeadObject":
		return s.folderHead
	case "PutObject":
		return s.folderPut
	case "DeleteObject":
		return s.folderDelete
	case "DeleteObjects":
		return s.folderDeletes
	case "CreateMultipartUpload":
		return s.folderBegin
	case "UploadPart":
		return s.folderPart
	case "CompleteMultipartUpload":
		return s.folderComplete
	case "AbortMultipartUpload":
		return s.folderAbort
	}
	return nil
}

// folder returns the bucket that is a folder of that name; nil when there is none.
func (s *Service) folder(c *call, name string) (*bucket, error) {
	if s.folders == nil {
		return nil, nil
	}
	b, err := s.folders.Bucket(name)
	if s3.Is(err, s3.NoSuchBucket) {
		return nil, nil
	}
	if err != nil {
		return nil, folderError(err)
	}
	return &bucket{Name: name, Owner: c.r.Place.Account, Region: c.r.Place.Region, Created: b.Created.UnixMilli()}, nil
}

// doInFolder does an operation on a bucket that is a folder.
func (s *Service) doInFolder(c *call, name string, because error) (*awswire.Reply, error) {
	refusal := (*awswire.Error)(nil)
	if !errors.As(because, &refusal) || refusal.Code != "NoSuchBucket" {
		return nil, because
	}
	b, err := s.folder(c, name)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, because
	}
	do := s.inFolder(c.r.Operation)
	if do == nil {
		return nil, refuse(501, "NotImplemented", "The operation "+c.r.Operation+" is not built in for buckets that are folders of s3-directory.")
	}
	return do(c, b)
}

var folderStatus = map[s3.Code]int{
	s3.NoSuchBucket: 404, s3.NoSuchKey: 404, s3.NoSuchVersion: 404, s3.NoSuchUpload: 404, s3.AccessDenied: 403, s3.PreconditionFailed: 412,
}

// folderError makes S3's answer of a refusal of the directory.
func folderError(err error) error {
	var e *s3.Error
	if !errors.As(err, &e) {
		return err
	}
	refusal := refuse(folderStatus[e.Code], string(e.Code), e.Text())
	if e.Key != "" {
		refusal.Extra = append(refusal.Extra, value.Member{Key: "Key", Value: value.FromString(e.Key)})
	}
	return refusal
}

// folderVersion is what is known of an object in a folder.
func folderVersion(o s3.Object, owner string) *version {
	return &version{Key: o.Key, Owner: owner, Modified: o.LastModified.UnixMilli(), ETag: strings.Trim(o.ETag, `"`), Size: o.Size,
		Head: map[string]string{"ContentType": defaultType}, SSE: encryption{Algorithm: "AES256"}}
}

func (s *Service) folderHead(c *call, b *bucket) (*awswire.Reply, error) {
	reply, body, err := s.folderOpen(c, b)
	if err != nil {
		return nil, err
	}
	return reply, body.Close()
}

func (s *Service) folderGet(c *call, b *bucket) (*awswire.Reply, error) {
	reply, body, err := s.folderOpen(c, b)
	if err != nil {
		return nil, err
	}
	reply.Body, reply.Length = body, (input{reply.Output}).int("ContentLength")
	return reply, nil
}

// folderOpen opens what a request asks for of an object.
func (s *Service) folderOpen(c *call, b *bucket) (*awswire.Reply, io.ReadCloser, error) {
	want := s3.GetRequest{Bucket: b.Name, Key: c.str("Key"), VersionID: c.str("VersionId")}
	found, err := s.folders.Get(c.ctx, want)
	if err != nil {
		return nil, nil, folderError(err)
	}
	reply, span, err := s.headOf(c, b, folderVersion(found.Object, b.Owner))
	if err != nil || span == (byteRange{0, found.Size}) {
		if err != nil {
			_ = found.Body.Close()
		}
		return reply, found.Body, err
	}
	if err := found.Body.Close(); err != nil {
		return nil, nil, err
	}
	want.Offset, want.Length, want.IfMatch = span.first, span.length, found.ETag
	part, err := s.folders.Get(c.ctx, want)
	if err != nil {
		return nil, nil, folderError(err)
	}
	return reply, part.Body, nil
}

// checked is a body that ends in an error unless it is what was said of it.
type checked struct {
	io.Reader
	sums *digests
	end  func() *awswire.Error
}

func (r *checked) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.sums.take(p[:n])
	if err == io.EOF {
		if refusal := r.end(); refusal != nil {
			return n, refusal
		}
	}
	return n, err
}

func (s *Service) folderPut(c *call, b *bucket) (*awswire.Reply, error) {
	key := c.str("Key")
	when, refusal := writeConditionsOf(c.input)
	if refusal != nil {
		return nil, refusal
	}
	want, refusal := expectedOf(c)
	if refusal != nil {
		return nil, refusal
	}
	md5sum, refusal := contentMD5(c)
	if refusal != nil {
		return nil, refusal
	}
	if err := s.holdInFolder(c, b, key, when); err != nil {
		return nil, err
	}
	sums := newDigests(want.algorithm)
	body := c.r.Body
	if body == nil {
		body = bytes.NewReader(nil)
	}
	etag, err := s.folders.Put(c.ctx, b.Name, key, &checked{body, sums, func() *awswire.Error { return sums.check(want, md5sum, c.r.Trailer) }})
	if own := (*awswire.Error)(nil); errors.As(err, &own) {
		return nil, own
	}
	if err != nil {
		return nil, folderError(err)
	}
	var o output
	o.text("ETag", etag)
	if want.algorithm != nil {
		checksum{want.name, sums.of(want.algorithm), fullObject}.tell(&o)
	}
	return o.reply(), nil
}

// holdInFolder holds a write against its conditions. Other programs may write between this and the write itself.
func (s *Service) holdInFolder(c *call, b *bucket, key string, when writeConditions) error {
	if when == (writeConditions{}) {
		return nil
	}
	var old *version
	found, err := s.folders.Get(c.ctx, s3.GetRequest{Bucket: b.Name, Key: key})
	switch {
	case err == nil:
		old = folderVersion(found.Object, b.Owner)
		_ = found.Body.Close()
	case !s3.Is(err, s3.NoSuchKey):
		return folderError(err)
	}
	if refusal := when.hold(key, old); refusal != nil {
		return refusal
	}
	return nil
}

func (s *Service) folderDelete(c *call, b *bucket) (*awswire.Reply, error) {
	if err := s.folders.Delete(c.ctx, b.Name, c.str("Key")); err != nil {
		return nil, folderError(err)
	}
	return &awswire.Reply{Status: 204}, nil
}

func (s *Service) folderDeletes(c *call, b *bucket) (*awswire.Reply, error) {
	wanted := c.sub("Delete")
	objects := wanted.list("Objects")
	if len(objects) == 0 || len(objects) > maxDeletes {
		return nil, malformedXML()
	}
	var gone, errs []value.Value
	for _, e := range objects {
		key := input{e}.str("Key")
		var o output
		o.text("Key", key)
		err := s.folders.Delete(c.ctx, b.Name, key)
		var refusal *s3.Error
		switch {
		case errors.As(err, &refusal):
			o.text("Code", string(refusal.Code))
			o.text("Message", refusal.Text())
			errs = append(errs, o.value())
		case err != nil:
			return nil, err
		case !wanted.flag("Quiet"):
			gone = append(gone, o.value())
		}
	}
	var o output
	o.list("Deleted", gone)
	o.list("Errors", errs)
	return o.reply(), nil
}

// folderCurrent is current for a bucket that is a folder.
func (s *Service) folderCurrent(c *call, l *listing, b *bucket, after string, do func(v *version)) error {
	if strings.HasPrefix(after, l.prefix) {
		if g := l.group(after); g != "" && (l.passed || g == after) {
			after = g + lastName
		}
	}
	for {
		page, err := s.folders.List(c.ctx, s3.ListRequest{Bucket: b.Name, Prefix: l.prefix, StartAfter: after})
		if err != nil {
			return folderError(err)
		}
		skipped := ""
		for _, o := range page.Objects {
			if skipped != "" && strings.HasPrefix(o.Key, skipped) {
				continue
			}
			if l.full() {
				return nil
			}
			after = o.Key
			if skipped = l.group(o.Key); skipped != "" {
				l.addGroup(skipped)
				after = skipped + lastName
				continue
			}
			l.n++
			l.last = o.Key
			do(folderVersion(o, b.Owner))
		}
		if page.Next == "" {
			return nil
		}
	}
}

// lastName is behind all names that a folder has, as the end of a key.
const lastName = "\U0010FFFF"

func (s *Service) folderList(c *call, b *bucket) (*awswire.Reply, error) {
	return s.listV1(c, b, func(l *listing, after string, do func(v *version)) error { return s.folderCurrent(c, l, b, after, do) })
}

func (s *Service) folderListV2(c *call, b *bucket) (*awswire.Reply, error) {
	return s.listV2(c, b, func(l *listing, after string, do func(v *version)) error { return s.folderCurrent(c, l, b, after, do) })
}

func uploadIn(c *call, b *bucket) s3.Upload {
	return s3.Upload{Bucket: b.Name, Key: c.str("Key"), ID: c.str("UploadId")}
}

func (s *Service) folderBegin(c *call, b *bucket) (*awswire.Reply, error) {
	u, err := s.folders.Begin(c.ctx, b.Name, c.str("Key"))
	if err != nil {
		return nil, folderError(err)
	}
	var o output
	o.text("Bucket", b.Name)
	o.text("Key", u.Key)
	o.text("UploadId", u.ID)
	return o.reply(), nil
}

func (s *Service) folderPart(c *call, b *bucket) (*awswire.Reply, error) {
	want, refusal := expectedOf(c)
	if refusal != nil {
		return nil, refusal
	}
	if c.r.Length > maxFolderPart {
		return nil, tooLarge(c.r.Length)
	}
	sums := newDigests(want.algorithm)
	body := c.r.Body
	if body == nil {
		body = bytes.NewReader(nil)
	}
	content, err := io.ReadAll(io.LimitReader(body, maxFolderPart+1))
	sums.take(content)
	switch {
	case err != nil:
		return nil, err
	case len(content) > maxFolderPart:
		return nil, tooLarge(int64(len(content)))
	}
	if refusal := sums.check(want, c.str("ContentMD5"), c.r.Trailer); refusal != nil {
		return nil, refusal
	}
	p, err := s.folders.Part(c.ctx, uploadIn(c, b), int(c.int("PartNumber")), content)
	if err != nil {
		return nil, folderError(err)
	}
	var o output
	o.text("ETag", p.ETag)
	if want.algorithm != nil {
		o.text(want.member(), sums.of(want.algorithm))
	}
	return o.reply(), nil
}

func (s *Service) folderComplete(c *call, b *bucket) (*awswire.Reply, error) {
	asked, refusal := chosenParts(c, &upload{ID: c.str("UploadId")})
	if refusal != nil {
		return nil, refusal
	}
	var parts []s3.Part
	for _, p := range asked {
		parts = append(parts, s3.Part{Number: int(p.number), ETag: quoted(p.etag)})
	}
	etag, err := s.folders.Complete(c.ctx, uploadIn(c, b), parts)
	if err != nil {
		return nil, folderError(err)
	}
	var o output
	o.text("Location", s.location(c, b, c.str("Key")))
	o.text("Bucket", b.Name)
	o.text("Key", c.str("Key"))
	o.text("ETag", etag)
	return o.reply(), nil
}

func (s *Service) folderAbort(c *call, b *bucket) (*awswire.Reply, error) {
	if err := s.folders.Abort(c.ctx, uploadIn(c, b)); err != nil {
		return nil, folderError(err)
	}
	return &awswire.Reply{Status: 204}, nil
}
