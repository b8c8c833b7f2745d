package s3

import (
	"bytes"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
)

// copySource is what a copy is made of.
type copySource struct {
	b *bucket
	v *version
	// named: a request said which version.
	named bool
}

// parseCopySource reads the field x-amz-copy-source: BUCKET/KEY, escaped, with ?versionId= behind it.
func parseCopySource(text string) (bucket, key, id string, ok bool) {
	text, query, _ := strings.Cut(text, "?")
	if values, err := url.ParseQuery(query); err == nil {
		id = values.Get("versionId")
	}
	text, err := url.QueryUnescape(text)
	if err != nil {
		return "", "", "", false
	}
	bucket, key, found := strings.Cut(strings.TrimPrefix(text, "/"), "/")
	return bucket, key, id, found && bucket != "" && key != ""
}

// sourceOf finds the source of a copy and holds it against the conditions of the request.
func (s *Service) sourceOf(c *call) (copySource, error) {
	bucketName, key, id, ok := parseCopySource(c.str("CopySource"))
	if !ok {
		return copySource{}, badArgument("Invalid copy source object key", "x-amz-copy-source", "x-amz-copy-source")
	}
	b, err := s.bucketOf(c, bucketName, c.str("ExpectedSourceBucketOwner"))
	if err != nil {
		return copySource{}, err
	}
	v, err := s.find(b, key, id, "GET")
	if refusal := (*awswire.Error)(nil); errors.As(err, &refusal) && refusal.Code == "MethodNotAllowed" {
		return copySource{}, badRequest("The source of a copy request may not specifically refer to a delete marker by version id.")
	}
	if err != nil {
		return copySource{}, err
	}
	if refusal := v.unlocksCopy(c); refusal != nil {
		return copySource{}, refusal
	}
	when := conditionsOf(c.input, "CopySource", "x-amz-copy-source-")
	if condition, _ := when.failed(v, s.now()); condition != "" {
		return copySource{}, failedCondition(condition)
	}
	if slices.Contains(archived, v.Class) && v.Restored < s.stamp() {
		return copySource{}, refuse(403, "ObjectNotInActiveTierError", "The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier.")
	}
	return copySource{b, v, id != ""}, nil
}

func (v *version) unlocksCopy(c *call) *awswire.Error {
	if _, refusal := customerKey(c.input, "CopySource"); refusal != nil && v.SSE.Customer != "" {
		return refusal
	}
	return v.unlocks(c.input, "CopySource")
}

func (s *Service) copyObject(c *call, b *bucket) (*awswire.Reply, error) {
	when, refusal := writeConditionsOf(c.input)
	if refusal != nil {
		return nil, refusal
	}
	metadata, refusal := directive(c, "MetadataDirective", "metadata")
	if refusal != nil {
		return nil, refusal
	}
	tagging, refusal := directive(c, "TaggingDirective", "tagging")
	if refusal != nil {
		return nil, refusal
	}
	from, err := s.sourceOf(c)
	if err != nil {
		return nil, err
	}
	key := c.str("Key")
	if err := s.checkSelfCopy(c, b, from, key, metadata); err != nil {
		return nil, err
	}
	v, err := s.described(c, b, key)
	if err != nil {
		return nil, err
	}
	if metadata == "COPY" {
		redirect := v.Head["WebsiteRedirectLocation"]
		v.Head, v.Meta = map[string]string{}, from.v.Meta
		for name, text := range from.v.Head {
			v.Head[name] = text
		}
		if delete(v.Head, "WebsiteRedirectLocation"); redirect != "" {
			v.Head["WebsiteRedirectLocation"] = redirect
		}
	}
	if tagging == "COPY" {
		v.Tags = from.v.Tags
	}
	body, err := s.copyBody(c, from, v)
	if err != nil {
		return nil, err
	}
	v.hideETag()
	if err := s.commit(b, v, body, when, nil); err != nil {
		s.discard(body)
		return nil, err
	}
	s.happened(c, b, "ObjectCreated:Copy", v)
	var result, o output
	result.text("ETag", quoted(v.ETag))
	result.when("LastModified", v.Modified)
	v.Sum.tell(&result)
	o.add("CopyObjectResult", result.value())
	o.str("CopySourceVersionId", from.v.ID)
	if v.ID == "" {
		o.str("VersionId", v.shownID(b))
	}
	return s.written(&o, b, v)
}

// directive reads COPY or REPLACE; COPY is what it is without.
func directive(c *call, member, noun string) (string, *awswire.Error) {
	switch text := c.str(member); text {
	case "", "COPY":
		return "COPY", nil
	case "REPLACE":
		return text, nil
	default:
		return "", badArgument("Unknown "+noun+" directive.", "x-amz-"+noun+"-directive", text)
	}
}

// checkSelfCopy refuses the copy of an object to itself by which nothing would change.
func (s *Service) checkSelfCopy(c *call, b *bucket, from copySource, key, metadata string) error {
	if from.b.Name != b.Name || from.v.Key != key || from.named || metadata == "REPLACE" || from.v.Restored > 0 {
		return nil
	}
	for _, member := range []string{"StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSECustomerAlgorithm"} {
		if c.str(member) != "" {
			return nil
		}
	}
	if doc, err := s.configuration(b.Name, "encryption", ""); err != nil || doc.Exists() {
		return err // a bucket's own encryption may be another than the object's
	}
	return badRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
}

// copyBody makes the body of a copy, and sets what follows from it. A body in one piece, of which all is known, is not read again.
func (s *Service) copyBody(c *call, from copySource, v *version) (*stored, error) {
	name := strings.ToUpper(c.str("ChecksumAlgorithm"))
	if name == "" {
		name = from.v.Sum.Algorithm
	}
	a := algorithmOf(name)
	if a == nil {
		return nil, badRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	}
	plain := from.v.SSE.Customer == "" && from.v.SSE.KeyID == ""
	if from.v.Upload == "" && plain && a.name == from.v.Sum.Algorithm {
		body, err := s.duplicate(from.v)
		if err == nil {
			v.ETag, v.Size, v.Sum, v.Body = from.v.ETag, from.v.Size, from.v.Sum, body.id
			return body, nil
		}
		if !errors.Is(err, errGone) {
			return nil, err
		}
	}
	sums := newDigests(a)
	body, err := s.reread(from, byteRange{0, from.v.Size}, sums)
	if err != nil {
		return nil, err
	}
	v.ETag, v.Size, v.Body = sums.etag(), sums.size, body.id
	v.Sum = checksum{a.name, sums.of(a), fullObject}
	return body, nil
}

// duplicate makes a second body of one that is in one piece.
func (s *Service) duplicate(v *version) (*stored, error) {
	if v.Body == "" || isInline(v.Body) {
		b, err := s.openBody(v.Body)
		if err != nil {
			return nil, err
		}
		return s.receive(b.reader(0, v.Size), newDigests())
	}
	id, err := s.bodies.copy(v.Body)
	if err != nil {
		return nil, err
	}
	return &stored{id: id, size: v.Size}, nil
}

// reread makes a body of a part of an object, through its digests.
func (s *Service) reread(from copySource, span byteRange, sums *digests) (*stored, error) {
	if span.length == 0 {
		return s.receive(bytes.NewReader(nil), sums)
	}
	body, err := s.openVersion(from.b.Name, from.v, span.first, span.length)
	if errors.Is(err, errGone) {
		return nil, noKey(from.v.Key)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	return s.receive(body, sums)
}
