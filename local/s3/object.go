package s3

import (
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

const (
	maxKey        = 1024    // bytes
	maxObject     = 5 << 30 // bytes of one PutObject, and of a part
	maxMeta       = 2 << 10 // bytes of names and values
	defaultType   = "binary/octet-stream"
	standardClass = "STANDARD"
)

func (s *Service) addObjects() {
	s.addIn("PutObject", s.putObject)
	s.addIn("GetObject", s.getObject)
	s.addIn("HeadObject", s.headObject)
	s.addIn("DeleteObject", s.deleteObject)
	s.addIn("DeleteObjects", s.deleteObjects)
	s.addIn("CopyObject", s.copyObject)
	s.addIn("ListObjects", s.listObjects)
	s.addIn("ListObjectsV2", s.listObjectsV2)
	s.addIn("ListObjectVersions", s.listVersions)
	s.addIn("GetObjectAttributes", s.objectAttributes)
	s.addIn("GetObjectTagging", s.getObjectTagging)
	s.addIn("PutObjectTagging", s.putObjectTagging)
	s.addIn("DeleteObjectTagging", s.deleteObjectTagging)
	s.addIn("GetObjectAcl", s.getObjectACL)
	s.addIn("PutObjectAcl", s.putObjectACL)
	s.addIn("RestoreObject", s.restoreObject)
}

// headMembers are the standard fields of an object, as members of requests and answers.
var headMembers = []string{"CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "WebsiteRedirectLocation"}

var classes = []string{standardClass, "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR", "EXPRESS_ONEZONE", "SNOW", "FSX_OPENZFS"}

// archived are the classes whose objects have to be restored before they can be read.
var archived = []string{"GLACIER", "DEEP_ARCHIVE"}

func checkKey(key string) *awswire.Error {
	switch {
	case len(key) > maxKey:
		return refuse(400, "KeyTooLongError", "Your key is too long", "Size", decimal(int64(len(key))), "MaxSizeAllowed", decimal(maxKey))
	case !utf8.ValidString(key):
		return refuse(400, "InvalidURI", "Couldn't parse the specified URI.", "URI", strings.ToValidUTF8(key, "\uFFFD"))
	}
	return nil
}

// described makes a version of what a write says about the object that it makes.
func (s *Service) described(c *call, b *bucket, key string) (*version, error) {
	if refusal := checkKey(key); refusal != nil {
		return nil, refusal
	}
	v := &version{Key: key, Owner: c.r.Place.Account}
	if class := c.str("StorageClass"); class != "" {
		if !slices.Contains(classes, class) {
			return nil, refuse(400, "InvalidStorageClass", "The storage class you specified is not valid", "StorageClassRequested", class)
		}
		if class != standardClass {
			v.Class = class
		}
	}
	if refusal := v.setHead(c); refusal != nil {
		return nil, refusal
	}
	tags, refusal := taggingField(c.str("Tagging"))
	if refusal != nil {
		return nil, refusal
	}
	v.Tags = tags
	if err := s.setACL(c, b, v); err != nil {
		return nil, err
	}
	var err error
	if v.SSE, err = s.encryptionOf(c, b); err != nil {
		return nil, err
	}
	if v.Lock, err = s.retentionOf(c, b); err != nil {
		return nil, err
	}
	return v, nil
}

// setHead reads the standard fields and the metadata.
func (v *version) setHead(c *call) *awswire.Error {
	v.Head = map[string]string{}
	for _, name := range headMembers {
		if text := c.str(name); text != "" {
			v.Head[name] = text
		}
	}
	if encoding, ok := v.Head["ContentEncoding"]; ok {
		v.Head["ContentEncoding"] = withoutChunked(encoding)
		if v.Head["ContentEncoding"] == "" {
			delete(v.Head, "ContentEncoding")
		}
	}
	if v.Head["ContentType"] == "" {
		v.Head["ContentType"] = defaultType
	}
	if to := v.Head["WebsiteRedirectLocation"]; to != "" && !strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "http://") && !strings.HasPrefix(to, "https://") {
		return refuse(400, "InvalidRedirectLocation", "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.")
	}
	if text := expiresOf(c); text != "" {
		v.Head["Expires"] = text
	}
	size := 0
	for _, m := range c.get("Metadata").Members() {
		if v.Meta == nil {
			v.Meta = map[string]string{}
		}
		name := strings.ToLower(m.Key)
		v.Meta[name] = m.Value.Str()
		size += len(name) + len(v.Meta[name])
	}
	if size > maxMeta {
		return refuse(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
			"Size", decimal(int64(size)), "MaxSizeAllowed", decimal(maxMeta))
	}
	return nil
}

// expiresOf returns the field Expires as it came: S3 keeps what is no date, too.
func expiresOf(c *call) string {
	if text := c.r.Header.Get("Expires"); text != "" {
		return text
	}
	if at, ok := c.time("Expires"); ok {
		return at.UTC().Format(http.TimeFormat)
	}
	return c.str("Expires")
}

// withoutChunked takes away the encoding that is the transport's own.
func withoutChunked(encoding string) string {
	var kept []string
	for one := range strings.SplitSeq(encoding, ",") {
		if one = strings.TrimSpace(one); one != "" && !strings.EqualFold(one, "aws-chunked") {
			kept = append(kept, one)
		}
	}
	return strings.Join(kept, ",")
}

func (s *Service) setACL(c *call, b *bucket, v *version) error {
	if c.str("ACL") == "" && !anyGrant(c.input) {
		return nil
	}
	grants, refusal := grantsOf(c, v.Owner)
	if refusal != nil {
		return refusal
	}
	v.ACL = grants
	return s.permitACL(c, b, grants)
}

func (s *Service) putObject(c *call, b *bucket) (*awswire.Reply, error) {
	when, refusal := writeConditionsOf(c.input)
	if refusal != nil {
		return nil, refusal
	}
	v, err := s.described(c, b, c.str("Key"))
	if err != nil {
		return nil, err
	}
	want, refusal := expectedOf(c)
	if refusal != nil {
		return nil, refusal
	}
	a := want.algorithm
	if a == nil {
		a = algorithmOf(defaultOf)
	}
	sums := newDigests(a)
	body, err := s.receiveFrom(c, sums, want)
	if err != nil {
		return nil, err
	}
	v.ETag, v.Size, v.Body = sums.etag(), sums.size, body.id
	v.Sum = checksum{a.name, sums.of(a), fullObject}
	v.hideETag()
	if err := s.commit(b, v, body, when, nil); err != nil {
		s.discard(body)
		return nil, err
	}
	s.happened(c, b, "ObjectCreated:Put", v)
	var o output
	o.text("ETag", quoted(v.ETag))
	v.Sum.tell(&o)
	return s.written(&o, b, v)
}

// hideETag gives an object an ETag that is not the MD5 of its bytes, as one has that is encrypted with a key of its own.
func (v *version) hideETag() {
	if v.SSE.Customer == "" && v.SSE.KeyID == "" {
		return
	}
	v.ETag = newBodyID('x')[1:]
}

// receiveFrom takes in the body of a request and holds it against the checksums that came with it.
func (s *Service) receiveFrom(c *call, sums *digests, want expected) (*stored, error) {
	md5sum, refusal := contentMD5(c)
	if refusal != nil {
		return nil, refusal
	}
	if c.r.Length > maxObject {
		return nil, tooLarge(c.r.Length)
	}
	body, err := s.receive(c.r.Body, sums)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, incomplete()
	case err != nil:
		return nil, err
	case c.r.Body != nil && c.r.Length > sums.size:
		refusal = incomplete()
	case sums.size > maxObject:
		refusal = tooLarge(sums.size)
	default:
		refusal = sums.check(want, md5sum, c.r.Trailer)
	}
	if refusal != nil {
		s.discard(body)
		return nil, refusal
	}
	return body, nil
}

func tooLarge(size int64) *awswire.Error {
	return refuse(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
		"ProposedSize", decimal(size), "MaxSizeAllowed", decimal(maxObject))
}

func incomplete() *awswire.Error {
	return refuse(400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

// commit makes a version the newest of its key, in place of the one that it replaces. more is what the batch has beside that.
func (s *Service) commit(b *bucket, v *version, body *stored, when writeConditions, more func(batch *kv.Batch) ([]string, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.readBucket(b.Name)
	switch {
	case err != nil:
		return err
	case now == nil:
		return noBucket(b.Name)
	}
	old, err := s.newest(b.Name, v.Key)
	if err != nil {
		return err
	}
	if refusal := when.hold(v.Key, old); refusal != nil {
		return refusal
	}
	var batch kv.Batch
	files, err := s.supersede(&batch, now, v, old)
	if err != nil {
		return err
	}
	if body != nil {
		setBody(&batch, body)
	}
	if more != nil {
		also, err := more(&batch)
		if err != nil {
			return err
		}
		files = append(files, also...)
	}
	setVersion(&batch, b.Name, v)
	if err := s.store.Apply(&batch); err != nil {
		return err
	}
	b.Versioning = now.Versioning
	s.bodies.remove(files)
	return nil
}

// supersede gives a version its number and id, and removes the null version if the new one is null as well.
func (s *Service) supersede(batch *kv.Batch, b *bucket, v, old *version) (files []string, err error) {
	var after int64
	if old != nil {
		after = old.Seq
	}
	v.Seq, v.Modified = s.next(after), s.stamp()
	if b.Versioning == "Enabled" {
		v.ID = newID(v.Seq)
		return nil, nil
	}
	v.ID = ""
	if b.Versioning == "Suspended" && old != nil && old.ID != "" {
		if old, err = s.null(b.Name, v.Key); err != nil {
			return nil, err
		}
	}
	if old == nil {
		return nil, nil
	}
	return s.dropVersion(batch, b.Name, old)
}

// written completes the answer to a write.
func (s *Service) written(o *output, b *bucket, v *version) (*awswire.Reply, error) {
	expiration, err := s.expiration(b, v)
	if err != nil {
		return nil, err
	}
	o.str("Expiration", expiration)
	o.str("VersionId", v.ID) // none of the null version
	v.SSE.tell(o)
	return o.reply(), nil
}

// tell adds a checksum to an answer.
func (k checksum) tell(o *output) {
	if k.Value == "" {
		return
	}
	o.text("Checksum"+k.Algorithm, k.Value)
	o.str("ChecksumType", k.Type)
}

func (s *Service) getObject(c *call, b *bucket) (*awswire.Reply, error) {
	if refusal := checkPartNumber(c); refusal != nil {
		return nil, refusal
	}
	for range 4 { // an object that is replaced between reading of it and opening it is looked for again
		v, err := s.find(b, c.str("Key"), c.str("VersionId"), "GET")
		if err != nil {
			return nil, err
		}
		reply, span, err := s.headOf(c, b, v)
		if err != nil {
			return nil, err
		}
		if slices.Contains(archived, v.Class) && v.Restored < s.stamp() {
			return nil, refuse(403, "InvalidObjectState", "The operation is not valid for the object's storage class", "StorageClass", v.Class)
		}
		reply.Body, err = s.openVersion(b.Name, v, span.first, span.length)
		if err == nil {
			reply.Length = span.length
			return reply, nil
		}
		if !errors.Is(err, errGone) {
			return nil, err
		}
	}
	return nil, errGone
}

// checkPartNumber refuses a number that no part has, whatever the object is.
func checkPartNumber(c *call) *awswire.Error {
	if n := c.int("PartNumber"); c.has("PartNumber") && (n < 1 || n > maxParts) {
		return badArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", decimal(n))
	}
	return nil
}

func (s *Service) headObject(c *call, b *bucket) (*awswire.Reply, error) {
	if refusal := checkPartNumber(c); refusal != nil {
		return nil, refusal
	}
	v, err := s.find(b, c.str("Key"), c.str("VersionId"), "HEAD")
	if err != nil {
		return nil, err
	}
	reply, _, err := s.headOf(c, b, v)
	return reply, err
}

// headOf is the answer about an object but for its bytes, and which of them are asked for.
func (s *Service) headOf(c *call, b *bucket, v *version) (*awswire.Reply, byteRange, error) {
	span := byteRange{0, v.Size}
	if refusal := v.unlocks(c.input, ""); refusal != nil {
		return nil, span, refusal
	}
	when := conditionsOf(c.input, "", "")
	if refusal := when.hold(v, b, s.now()); refusal != nil {
		return nil, span, refusal
	}
	var o output
	reply := &awswire.Reply{Status: 200}
	sum, err := v.Sum, error(nil)
	switch text := c.str("Range"); {
	case c.has("PartNumber"):
		if text != "" {
			return nil, span, badRequest("Cannot specify both Range header and partNumber query parameter.")
		}
		if span, sum, err = s.partOf(v, c.int("PartNumber")); err != nil {
			return nil, span, err
		}
		reply.Status = http.StatusPartialContent
		if v.Parts > 0 {
			o.int("PartsCount", int64(v.Parts))
		}
	case text != "":
		r, ok, satisfiable := parseRange(text, v.Size)
		if !satisfiable {
			return nil, span, badRange(text, v.Size)
		}
		if ok {
			if span, reply.Status = r, http.StatusPartialContent; r.length < v.Size {
				sum = checksum{}
			}
		}
	}
	if reply.Status == http.StatusPartialContent && v.Size > 0 {
		o.text("ContentRange", span.contentRange(v.Size))
	}
	o.int("ContentLength", span.length)
	if c.str("ChecksumMode") == "ENABLED" {
		sum.tell(&o)
	}
	if err := s.tellObject(c, &o, b, v); err != nil {
		return nil, span, err
	}
	reply.Output = o.value()
	reply.Header = overrides(c, v)
	return reply, span, nil
}

// tellObject adds what is known of an object.
func (s *Service) tellObject(c *call, o *output, b *bucket, v *version) error {
	o.text("AcceptRanges", "bytes")
	o.text("ETag", quoted(v.ETag))
	o.when("LastModified", v.Modified)
	for _, name := range headMembers {
		text := v.Head[name]
		if other := c.str("Response" + name); other != "" {
			text = other
		}
		o.str(name, text)
	}
	var meta output
	for _, name := range sortedKeys(v.Meta) {
		meta.text(name, v.Meta[name])
	}
	o.add("Metadata", meta.value())
	o.str("VersionId", v.shownID(b))
	if v.Class != "" {
		o.text("StorageClass", v.Class)
	}
	v.SSE.tell(o)
	if len(v.Tags) > 0 {
		o.int("TagCount", int64(len(v.Tags)))
	}
	v.Lock.tell(o)
	if v.Restored > 0 {
		o.text("Restore", `ongoing-request="false", expiry-date="`+httpTime(v.Restored)+`"`)
	}
	expiration, err := s.expiration(b, v)
	o.str("Expiration", expiration)
	return err
}

// overrides is the field Expires, which need not be a date.
func overrides(c *call, v *version) http.Header {
	text := v.Head["Expires"]
	if at, ok := c.time("ResponseExpires"); ok {
		text = at.Format(http.TimeFormat)
	}
	if text == "" {
		return nil
	}
	return http.Header{"Expires": {text}}
}

// partOf returns where a part of an object is, and its checksum. An object that was not uploaded in parts is its own first part.
func (s *Service) partOf(v *version, number int64) (byteRange, checksum, error) {
	span := byteRange{0, v.Size}
	wrong := refuse(416, "InvalidPartNumber", "The requested partnumber is not satisfiable",
		"PartNumberRequested", decimal(number), "ActualPartCount", decimal(int64(max(v.Parts, 1))))
	if v.Upload == "" {
		if number != 1 {
			return span, v.Sum, wrong
		}
		return span, v.Sum, nil
	}
	parts, err := s.parts(v.Upload, 0, int(number))
	if err != nil {
		return span, v.Sum, err
	}
	if int64(len(parts)) < number {
		return span, v.Sum, wrong
	}
	span = byteRange{}
	for _, p := range parts[:number-1] {
		span.first += p.Size
	}
	p := parts[number-1]
	span.length = p.Size
	sum := p.Sum
	if sum.Value != "" {
		sum.Type = v.Sum.Type
	}
	return span, sum, nil
}

func (s *Service) objectAttributes(c *call, b *bucket) (*awswire.Reply, error) {
	wanted := c.strings("ObjectAttributes")
	if len(wanted) == 0 {
		return nil, badHeader("The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty", "x-amz-object-attributes")
	}
	for _, name := range wanted {
		if !slices.Contains([]string{"ETag", "StorageClass", "ObjectSize", "Checksum", "ObjectParts"}, name) {
			return nil, badHeader("Invalid attribute name specified.", "x-amz-object-attributes")
		}
	}
	v, err := s.find(b, c.str("Key"), c.str("VersionId"), "GET")
	if err != nil {
		return nil, err
	}
	if refusal := v.unlocks(c.input, ""); refusal != nil {
		return nil, refusal
	}
	var o output
	for _, name := range wanted {
		switch name {
		case "ETag":
			o.text("ETag", v.ETag)
		case "StorageClass":
			o.text("StorageClass", classOf(v))
		case "ObjectSize":
			o.int("ObjectSize", v.Size)
		case "Checksum":
			if v.Sum.Value != "" {
				sum, k := v.Sum, output{}
				sum.Value, _, _ = strings.Cut(sum.Value, "-")
				sum.tell(&k)
				o.add("Checksum", k.value())
			}
		case "ObjectParts":
			if err := s.tellParts(c, &o, v); err != nil {
				return nil, err
			}
		}
	}
	o.when("LastModified", v.Modified)
	o.str("VersionId", v.shownID(b))
	return o.reply(), nil
}

// tellParts adds the parts of an object. S3 lists them one by one where they have checksums, and otherwise tells their number alone.
func (s *Service) tellParts(c *call, o *output, v *version) error {
	if v.Parts == 0 {
		return nil
	}
	limit, marker := int64(1000), c.int("PartNumberMarker")
	if c.has("MaxParts") {
		limit = min(c.int("MaxParts"), limit)
	}
	var list output
	list.int("TotalPartsCount", int64(v.Parts))
	if v.Sum.Type == composite || v.Sum.Algorithm != defaultOf {
		parts, err := s.parts(v.Upload, int(marker), int(limit)+1)
		if err != nil {
			return err
		}
		more := int64(len(parts)) > limit
		parts = parts[:min(int64(len(parts)), limit)]
		var all []value.Value
		last := marker
		for _, p := range parts {
			var one output
			one.int("PartNumber", int64(p.Number))
			one.int("Size", p.Size)
			if p.Sum.Value != "" {
				one.text("Checksum"+p.Sum.Algorithm, p.Sum.Value)
			}
			all = append(all, one.value())
			last = int64(p.Number)
		}
		list.int("PartNumberMarker", marker)
		list.int("NextPartNumberMarker", last)
		list.int("MaxParts", limit)
		list.flag("IsTruncated", more)
		list.list("Parts", all)
	}
	o.add("ObjectParts", list.value())
	return nil
}

func classOf(v *version) string {
	if v.Class == "" {
		return standardClass
	}
	return v.Class
}

// restoreObject makes a copy of an archived object readable, at once.
func (s *Service) restoreObject(c *call, b *bucket) (*awswire.Reply, error) {
	days := c.sub("RestoreRequest").int("Days")
	if c.sub("RestoreRequest").has("SelectParameters") {
		return nil, refuse(501, "NotImplemented", "RestoreObject with SelectParameters is not built in.")
	}
	status := http.StatusAccepted
	v, err := s.revise(b, c.str("Key"), c.str("VersionId"), "POST", func(v *version) *awswire.Error {
		if !slices.Contains(archived, v.Class) {
			return refuse(403, "InvalidObjectState", "Restore is not allowed for the object's current storage class", "StorageClass", classOf(v))
		}
		if days < 1 {
			return malformedXML()
		}
		if v.Restored > s.stamp() {
			status = http.StatusOK
		}
		end := s.now().UTC().AddDate(0, 0, int(min(days, math.MaxInt16))+1).Truncate(24 * time.Hour)
		v.Restored = end.UnixMilli()
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.happened(c, b, "ObjectRestore:Post", v)
	s.happened(c, b, "ObjectRestore:Completed", v)
	return &awswire.Reply{Status: status}, nil
}
