package s3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

const (
	maxParts    = 10000
	minPart     = 5 << 20 // bytes of every part but the last
	maxUploads  = 1000
	maxAssembly = 5 << 40 // bytes of an object
)

func (s *Service) addUploads() {
	s.addIn("CreateMultipartUpload", s.createUpload)
	s.addIn("UploadPart", s.uploadPart)
	s.addIn("UploadPartCopy", s.copyPart)
	s.addIn("CompleteMultipartUpload", s.completeUpload)
	s.addIn("AbortMultipartUpload", s.abortUpload)
	s.addIn("ListParts", s.listParts)
	s.addIn("ListMultipartUploads", s.listUploads)
}

// checksumTypes are the types that each algorithm may have in a multipart upload; the first is what it has without a word.
var checksumTypes = map[string][]string{
	"CRC32": {composite, fullObject}, "CRC32C": {composite, fullObject}, "CRC64NVME": {fullObject},
	"SHA1": {composite}, "SHA256": {composite}, "SHA512": {composite}, "MD5": {composite},
}

func (s *Service) createUpload(c *call, b *bucket) (*awswire.Reply, error) {
	v, err := s.described(c, b, c.str("Key"))
	if err != nil {
		return nil, err
	}
	u := &upload{Key: v.Key, Algorithm: strings.ToUpper(c.str("ChecksumAlgorithm")), Type: c.str("ChecksumType"), Object: *v, Initiated: s.stamp()}
	if refusal := u.checkType(); refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.readBucket(b.Name)
	if err != nil {
		return nil, err
	}
	if now == nil {
		return nil, noBucket(b.Name)
	}
	u.Seq = s.next(0)
	u.ID = newID(u.Seq)
	var batch kv.Batch
	batch.Set(uploadKey(b.Name, u.Key, u.Seq), encode(u))
	if err := s.store.Apply(&batch); err != nil {
		return nil, err
	}
	var o output
	o.text("Bucket", b.Name)
	o.text("Key", u.Key)
	o.text("UploadId", u.ID)
	o.str("ChecksumAlgorithm", u.Algorithm)
	o.str("ChecksumType", u.Type)
	v.SSE.tell(&o)
	return o.reply(), nil
}

func (u *upload) checkType() *awswire.Error {
	if u.Algorithm == "" {
		if u.Type != "" {
			return badRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
		}
		return nil
	}
	types := checksumTypes[u.Algorithm]
	if types == nil {
		return badRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	}
	if u.Type == "" {
		u.Type = types[0]
	}
	for _, t := range types {
		if t == u.Type {
			return nil
		}
	}
	if u.Type != fullObject && u.Type != composite {
		return badRequest("Value for x-amz-checksum-type header is invalid.")
	}
	return badRequest("The " + u.Type + " checksum type cannot be used with the " + strings.ToLower(u.Algorithm) + " checksum algorithm.")
}

// uploadOf returns the upload that a request names.
func (s *Service) uploadOf(c *call, b *bucket) (*upload, error) {
	id, key := c.str("UploadId"), c.str("Key")
	seq, ok := seqOf(id)
	if !ok {
		return nil, noUpload(id)
	}
	row, err := s.store.Get(uploadKey(b.Name, key, seq))
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, noUpload(id)
	}
	u := &upload{Key: key, Seq: seq}
	if err := decode(row, u); err != nil {
		return nil, err
	}
	if u.ID != id {
		return nil, noUpload(id)
	}
	return u, nil
}

// checkPart holds a request for a part against its upload.
func (u *upload) checkPart(c *call) *awswire.Error {
	if n := c.int("PartNumber"); n < 1 || n > maxParts {
		return badArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", decimal(n))
	}
	customer, refusal := customerKey(c.input, "")
	switch {
	case refusal != nil:
		return refusal
	case (customer == "") != (u.Object.SSE.Customer == ""):
		return badRequest("The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.")
	case customer != u.Object.SSE.Customer:
		return badRequest("The provided encryption parameters did not match the ones used originally.")
	}
	return nil
}

func (s *Service) uploadPart(c *call, b *bucket) (*awswire.Reply, error) {
	if n := c.int("PartNumber"); n < 1 || n > maxParts {
		return nil, badArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", decimal(n))
	}
	u, err := s.uploadOf(c, b)
	if err != nil {
		return nil, err
	}
	if refusal := u.checkPart(c); refusal != nil {
		return nil, refusal
	}
	want, refusal := expectedOf(c)
	if refusal != nil {
		return nil, refusal
	}
	if u.Algorithm != "" && want.algorithm != nil && want.name != u.Algorithm {
		return nil, badRequest("Checksum Type mismatch occurred, expected checksum Type: " + strings.ToLower(u.Algorithm) +
			", actual checksum Type: " + strings.ToLower(want.name))
	}
	if u.Algorithm != "" && want.algorithm == nil && u.Type == composite && c.r.Header != nil {
		return nil, badRequest("Checksum Type mismatch occurred, expected checksum Type: " + strings.ToLower(u.Algorithm) + ", actual checksum Type: null")
	}
	p := &part{Number: int(c.int("PartNumber"))}
	sums := u.partDigests(want.algorithm)
	body, err := s.receiveFrom(c, sums, want)
	if err != nil {
		return nil, err
	}
	u.describePart(p, sums, body)
	if err := s.commitPart(b, u, p, body); err != nil {
		s.discard(body)
		return nil, err
	}
	var o output
	o.text("ETag", quoted(p.ETag))
	if want.algorithm != nil {
		o.text(want.member(), sums.of(want.algorithm))
	} else if u.Algorithm != "" {
		o.text("Checksum"+u.Algorithm, p.Sum.Value)
	} else {
		o.text("Checksum"+defaultOf, p.Default)
	}
	u.Object.SSE.tell(&o)
	return o.reply(), nil
}

// partDigests takes what an upload needs of a part, and what the request has a checksum of.
func (u *upload) partDigests(asked *algorithm) *digests {
	return newDigests(u.sum(), asked)
}

// sum is the algorithm of an upload's parts.
func (u *upload) sum() *algorithm {
	if u.Algorithm == "" {
		return algorithmOf(defaultOf)
	}
	return algorithmOf(u.Algorithm)
}

func (u *upload) describePart(p *part, sums *digests, body *stored) {
	p.Body, p.Size, p.ETag = body.id, sums.size, sums.etag()
	if u.Algorithm == "" {
		p.Default = sums.of(u.sum())
	} else {
		p.Sum = checksum{Algorithm: u.Algorithm, Value: sums.of(u.sum())}
	}
}

// commitPart keeps a part, in place of one of its number that was there.
func (s *Service) commitPart(b *bucket, u *upload, p *part, body *stored) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, err := s.store.Get(uploadKey(b.Name, u.Key, u.Seq))
	if err != nil {
		return err
	}
	if row == nil {
		return noUpload(u.ID)
	}
	var batch kv.Batch
	var files []string
	if row, err = s.store.Get(partKey(u.ID, p.Number)); err != nil {
		return err
	}
	if row != nil {
		var old part
		if err := decode(row, &old); err != nil {
			return err
		}
		files = dropBody(&batch, old.Body, nil)
	}
	p.Modified = s.stamp()
	setBody(&batch, body)
	batch.Set(partKey(u.ID, p.Number), encode(p))
	if err := s.store.Apply(&batch); err != nil {
		return err
	}
	s.bodies.remove(files)
	return nil
}

func (s *Service) copyPart(c *call, b *bucket) (*awswire.Reply, error) {
	u, err := s.uploadOf(c, b)
	if err != nil {
		return nil, err
	}
	if refusal := u.checkPart(c); refusal != nil {
		return nil, refusal
	}
	from, err := s.sourceOf(c)
	if err != nil {
		return nil, err
	}
	span := byteRange{0, from.v.Size}
	if text := c.str("CopySourceRange"); text != "" {
		r, valid, within := copyRange(text, from.v.Size)
		if !valid {
			return nil, badArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", text)
		}
		if !within {
			return nil, badArgument("Range specified is not valid for source object of size: "+decimal(from.v.Size), "x-amz-copy-source-range", text)
		}
		span = r
	}
	sums := u.partDigests(nil)
	body, err := s.reread(from, span, sums)
	if err != nil {
		return nil, err
	}
	p := &part{Number: int(c.int("PartNumber"))}
	u.describePart(p, sums, body)
	if err := s.commitPart(b, u, p, body); err != nil {
		s.discard(body)
		return nil, err
	}
	var result, o output
	result.text("ETag", quoted(p.ETag))
	result.when("LastModified", p.Modified)
	if p.Sum.Value != "" {
		result.text("Checksum"+p.Sum.Algorithm, p.Sum.Value)
	}
	o.add("CopyPartResult", result.value())
	o.str("CopySourceVersionId", from.v.ID)
	u.Object.SSE.tell(&o)
	return o.reply(), nil
}

// chosen is a part that a completion names.
type chosen struct {
	number int64
	etag   string
	sums   input
}

func (s *Service) completeUpload(c *call, b *bucket) (*awswire.Reply, error) {
	when, refusal := writeConditionsOf(c.input)
	if refusal != nil {
		return nil, refusal
	}
	u, err := s.uploadOf(c, b)
	if err != nil {
		return s.completedBefore(c, b, err)
	}
	asked, refusal := chosenParts(c, u)
	if refusal != nil {
		return nil, refusal
	}
	have, err := s.parts(u.ID, 0, maxParts)
	if err != nil {
		return nil, err
	}
	parts, refusal := u.choose(asked, have)
	if refusal != nil {
		return nil, refusal
	}
	v := u.Object
	v.Key = u.Key
	if refusal := u.assemble(c, &v, parts); refusal != nil {
		return nil, refusal
	}
	err = s.commit(b, &v, nil, when, func(batch *kv.Batch) ([]string, error) {
		row, err := s.store.Get(uploadKey(b.Name, u.Key, u.Seq))
		if err != nil {
			return nil, err
		}
		if row == nil {
			return nil, noUpload(u.ID)
		}
		batch.Delete(uploadKey(b.Name, u.Key, u.Seq))
		keep := map[int]bool{}
		for _, p := range parts {
			keep[p.Number] = true
		}
		return s.dropParts(batch, u.ID, keep)
	})
	if err != nil {
		return nil, err
	}
	s.happened(c, b, "ObjectCreated:CompleteMultipartUpload", &v)
	return s.completed(c, b, &v)
}

// completedBefore is the answer to a completion that comes once more: the object is there already.
func (s *Service) completedBefore(c *call, b *bucket, because error) (*awswire.Reply, error) {
	v, err := s.newest(b.Name, c.str("Key"))
	if err != nil {
		return nil, err
	}
	if v == nil || v.Upload == "" || v.Upload != c.str("UploadId") {
		return nil, because
	}
	return s.completed(c, b, v)
}

func (s *Service) completed(c *call, b *bucket, v *version) (*awswire.Reply, error) {
	var o output
	o.text("Location", s.location(c, b, v.Key))
	o.text("Bucket", b.Name)
	o.text("Key", v.Key)
	o.text("ETag", quoted(v.ETag))
	v.Sum.tell(&o)
	return s.written(&o, b, v)
}

// location is the URL of an object.
func (s *Service) location(c *call, b *bucket, key string) string {
	base := c.r.Endpoint
	if base == "" {
		base = "https://s3." + b.Region + ".amazonaws.com"
	}
	return base + "/" + b.Name + "/" + strings.ReplaceAll(strings.ReplaceAll(urlText(key), "/", "%2F"), "+", "%20")
}

// chosenParts reads the list of a completion.
func chosenParts(c *call, u *upload) ([]chosen, *awswire.Error) {
	list := c.sub("MultipartUpload").list("Parts")
	switch {
	case len(list) == 0 && c.has("MultipartUpload"):
		return nil, malformedXML()
	case len(list) == 0:
		return nil, refuse(400, "InvalidRequest", "You must specify at least one part")
	}
	var all []chosen
	last := int64(0)
	for _, e := range list {
		one := input{e}
		p := chosen{one.int("PartNumber"), strings.Trim(one.str("ETag"), `"`), one}
		if !one.has("PartNumber") || !one.has("ETag") {
			return nil, malformedXML()
		}
		if p.number <= last {
			return nil, refuse(400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.", "UploadId", u.ID)
		}
		last = p.number
		all = append(all, p)
	}
	return all, nil
}

// choose finds the parts of a completion among those that were uploaded.
func (u *upload) choose(asked []chosen, have []part) ([]part, *awswire.Error) {
	byNumber := map[int64]part{}
	for _, p := range have {
		byNumber[int64(p.Number)] = p
	}
	var all []part
	for i, want := range asked {
		p, ok := byNumber[want.number]
		sums := want.given()
		if !ok || p.ETag != want.etag || !p.agrees(sums) {
			return nil, refuse(400, "InvalidPart",
				"One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
				"UploadId", u.ID, "PartNumber", decimal(want.number), "ETag", want.etag)
		}
		if u.Type == composite && len(sums) == 0 {
			return nil, badRequest("The upload was created using a " + strings.ToLower(u.Algorithm) +
				" checksum. The complete request must include the checksum for each part. It was missing for part " + decimal(want.number) + " in the request.")
		}
		if i < len(asked)-1 && p.Size < minPart {
			return nil, refuse(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size",
				"ProposedSize", decimal(p.Size), "MinSizeAllowed", decimal(minPart), "PartNumber", decimal(want.number), "ETag", p.ETag)
		}
		all = append(all, p)
	}
	return all, nil
}

// given are the checksums that a completion says a part has.
func (w chosen) given() []checksum {
	var all []checksum
	for i := range algorithms {
		if text := w.sums.str(algorithms[i].member()); text != "" {
			all = append(all, checksum{Algorithm: algorithms[i].name, Value: text})
		}
	}
	return all
}

func (p *part) agrees(sums []checksum) bool {
	for _, k := range sums {
		if k.Algorithm != p.Sum.Algorithm || k.Value != p.Sum.Value {
			return false
		}
	}
	return true
}

// assemble makes the object of its parts.
func (u *upload) assemble(c *call, v *version, parts []part) *awswire.Error {
	whole := md5.New()
	for _, p := range parts {
		raw, _ := hex.DecodeString(p.ETag)
		whole.Write(raw)
		v.Size += p.Size
	}
	v.ETag = hex.EncodeToString(whole.Sum(nil)) + "-" + decimal(int64(len(parts)))
	v.Upload, v.Parts = u.ID, len(parts)
	if v.Size > maxAssembly {
		return tooLarge(v.Size)
	}
	if said := c.int("MpuObjectSize"); c.has("MpuObjectSize") && said != v.Size {
		return badRequest("The provided 'x-amz-mp-object-size' header value " + decimal(said) + " does not match what was computed: " + decimal(v.Size))
	}
	if said := c.str("ChecksumType"); said != "" && said != u.Type {
		was := u.Type
		if was == "" {
			was = "null"
		}
		return badRequest("The upload was created using the " + was + " checksum mode. The complete request must use the same checksum mode.")
	}
	v.Sum = u.sumOf(parts)
	return checkWhole(c, v)
}

// checkWhole holds an object against the checksum that a completion has of it.
func checkWhole(c *call, v *version) *awswire.Error {
	for i := range algorithms {
		a := &algorithms[i]
		said := c.str(a.member())
		if said == "" {
			continue
		}
		value, count, counted := strings.Cut(said, "-")
		if !a.valid(value) || counted && v.Sum.Type == fullObject {
			return badRequest("Value for " + a.header() + " header is invalid.")
		}
		have, parts, _ := strings.Cut(v.Sum.Value, "-")
		if a.name != v.Sum.Algorithm || value != have || counted && count != parts {
			return refuse(400, "BadDigest", "The "+strings.ToLower(a.name)+" you specified did not match the calculated checksum.")
		}
	}
	return nil
}

// sumOf is the checksum of an object of parts: that of its bytes, which those of the parts give, or that of the parts' checksums.
func (u *upload) sumOf(parts []part) checksum {
	a := u.sum()
	if u.Type == composite {
		h := a.new()
		for _, p := range parts {
			raw, _ := base64.StdEncoding.DecodeString(p.Sum.Value)
			h.Write(raw)
		}
		return checksum{a.name, base64.StdEncoding.EncodeToString(h.Sum(nil)) + "-" + decimal(int64(len(parts))), composite}
	}
	total := ""
	for i, p := range parts {
		one := p.Sum.Value
		if u.Algorithm == "" {
			one = p.Default
		}
		if i == 0 {
			total = one
		} else {
			total = a.combine(total, one, p.Size)
		}
	}
	return checksum{a.name, total, fullObject}
}

func (s *Service) abortUpload(c *call, b *bucket) (*awswire.Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.uploadOf(c, b)
	if err != nil {
		return nil, err
	}
	var batch kv.Batch
	batch.Delete(uploadKey(b.Name, u.Key, u.Seq))
	files, err := s.dropParts(&batch, u.ID, nil)
	if err != nil {
		return nil, err
	}
	if err := s.store.Apply(&batch); err != nil {
		return nil, err
	}
	s.bodies.remove(files)
	return &awswire.Reply{Status: 204}, nil
}

func initiatorOf(account string) value.Value {
	var o output
	o.text("ID", canonicalID(account))
	o.text("DisplayName", account)
	return o.value()
}

func (s *Service) listParts(c *call, b *bucket) (*awswire.Reply, error) {
	u, err := s.uploadOf(c, b)
	if err != nil {
		return nil, err
	}
	limit, marker := int64(1000), c.int("PartNumberMarker")
	if c.has("MaxParts") {
		if limit = c.int("MaxParts"); limit < 0 || limit > 1<<31-1 {
			return nil, badArgument("Argument max-parts must be an integer between 0 and 2147483647", "max-parts", decimal(limit))
		}
		limit = min(limit, 1000)
	}
	if marker < 0 || marker > 1<<31-1 {
		return nil, badArgument("Argument part-number-marker must be an integer between 0 and 2147483647", "part-number-marker", decimal(marker))
	}
	parts, err := s.parts(u.ID, int(marker), int(limit)+1)
	if err != nil {
		return nil, err
	}
	more := int64(len(parts)) > limit
	parts = parts[:min(int64(len(parts)), limit)]
	var all []value.Value
	last := int64(0)
	for _, p := range parts {
		var one output
		one.int("PartNumber", int64(p.Number))
		one.when("LastModified", p.Modified)
		one.text("ETag", quoted(p.ETag))
		one.int("Size", p.Size)
		if p.Sum.Value != "" {
			one.text("Checksum"+p.Sum.Algorithm, p.Sum.Value)
		}
		all = append(all, one.value())
		last = int64(p.Number)
	}
	var o output
	o.text("Bucket", b.Name)
	o.text("Key", u.Key)
	o.text("UploadId", u.ID)
	o.int("PartNumberMarker", marker)
	o.int("NextPartNumberMarker", last)
	o.int("MaxParts", limit)
	o.flag("IsTruncated", more)
	o.list("Parts", all)
	o.add("Initiator", initiatorOf(u.Object.Owner))
	o.add("Owner", ownerOf(u.Object.Owner))
	o.text("StorageClass", classOf(&u.Object))
	o.str("ChecksumAlgorithm", u.Algorithm)
	o.str("ChecksumType", u.Type)
	return o.reply(), nil
}

func (s *Service) listUploads(c *call, b *bucket) (*awswire.Reply, error) {
	l, refusal := listingOf(c, b, 'u', "MaxUploads")
	if refusal != nil {
		return nil, refusal
	}
	keyMarker, idMarker := c.str("KeyMarker"), c.str("UploadIdMarker")
	l.passed = true
	from := l.start(keyMarker)
	if keyMarker != "" && idMarker != "" {
		seq, ok := seqOf(idMarker)
		if !ok {
			return nil, badArgument("Invalid uploadId marker", "upload-id-marker", idMarker)
		}
		from = append(uploadKey(b.Name, keyMarker, seq), 0)
	}
	page := &uploadPage{listing: l}
	for from != nil && l.max > 0 {
		next, err := s.scanUploads(page, from)
		if err != nil {
			return nil, err
		}
		from = next
	}
	var o output
	o.text("Bucket", b.Name)
	o.text("KeyMarker", l.name(keyMarker))
	o.text("UploadIdMarker", idMarker)
	o.text("NextKeyMarker", l.name(l.last))
	o.text("NextUploadIdMarker", page.lastID)
	o.str("Prefix", l.name(l.prefix))
	o.str("Delimiter", l.name(l.delimiter))
	o.int("MaxUploads", l.max)
	o.flag("IsTruncated", l.truncated)
	o.list("Uploads", page.uploads)
	o.list("CommonPrefixes", l.groups)
	if l.url {
		o.text("EncodingType", "url")
	}
	return o.reply(), nil
}

// uploadPage is a page of uploads.
type uploadPage struct {
	*listing
	uploads []value.Value
	lastID  string
}

func (s *Service) scanUploads(page *uploadPage, from []byte) ([]byte, error) {
	base := len(within('u', page.bucket))
	for p, err := range s.store.Scan(from, page.end(), false) {
		if err != nil {
			return nil, err
		}
		key, _ := cutName(p.Key[base:])
		if page.full() {
			return nil, nil
		}
		if g := page.group(key); g != "" {
			page.addGroup(g)
			page.lastID = ""
			return kv.After(append(within('u', page.bucket), escapeName(g)...)), nil
		}
		u := &upload{Key: key}
		if err := decode(p.Value, u); err != nil {
			return nil, err
		}
		var o output
		o.text("Key", page.name(u.Key))
		o.text("UploadId", u.ID)
		o.add("Initiator", initiatorOf(u.Object.Owner))
		o.add("Owner", ownerOf(u.Object.Owner))
		o.text("StorageClass", classOf(&u.Object))
		o.when("Initiated", u.Initiated)
		o.str("ChecksumAlgorithm", u.Algorithm)
		o.str("ChecksumType", u.Type)
		page.uploads = append(page.uploads, o.value())
		page.n++
		page.last, page.lastID = key, u.ID
	}
	return nil, nil
}
