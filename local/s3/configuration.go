package s3

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

// kind is a configuration that a bucket has or has not. It is kept as the document that was put.
type kind struct {
	name    string // of the row
	noun    string // of the operations: Put+noun, Get+noun, Delete+deleted
	deleted string // "": noun; "-": it cannot be deleted
	member  string // of the input that has it
	answer  string // member of the output; "": its members are those of the output
	missing func(b *bucket) error
	check   func(s *Service, c *call, b *bucket, doc value.Value) (value.Value, error) // nil: as it is
	status  int                                                                        // of Put; 0: 200
	loose   bool                                                                       // words that S3 does not know are taken, too
}

func missing(code, message string) func(*bucket) error {
	return func(b *bucket) error { return refuse(404, code, message, "BucketName", b.Name) }
}

// kinds are all of which a bucket has one.
var kinds = []kind{
	{name: "cors", noun: "BucketCors", member: "CORSConfiguration", check: checkCORS,
		missing: missing("NoSuchCORSConfiguration", "The CORS configuration does not exist")},
	{name: "lifecycle", noun: "BucketLifecycleConfiguration", deleted: "BucketLifecycle", member: "LifecycleConfiguration", check: checkLifecycle,
		missing: missing("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")},
	{name: "encryption", noun: "BucketEncryption", member: "ServerSideEncryptionConfiguration", answer: "ServerSideEncryptionConfiguration", check: checkEncryption},
	{name: "publicblock", noun: "PublicAccessBlock", member: "PublicAccessBlockConfiguration", answer: "PublicAccessBlockConfiguration", check: checkPublicBlock,
		missing: missing("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")},
	{name: "ownership", noun: "BucketOwnershipControls", member: "OwnershipControls", answer: "OwnershipControls", check: checkOwnership,
		missing: missing("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")},
	{name: "website", noun: "BucketWebsite", member: "WebsiteConfiguration", check: checkWebsite,
		missing: missing("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")},
	{name: "tagging", noun: "BucketTagging", member: "Tagging", check: checkTagging, status: 204,
		missing: missing("NoSuchTagSet", "The TagSet does not exist")},
	{name: "logging", noun: "BucketLogging", deleted: "-", member: "BucketLoggingStatus", check: checkLogging, loose: true},
	{name: "accelerate", noun: "BucketAccelerateConfiguration", deleted: "-", member: "AccelerateConfiguration", check: checkAccelerate},
	{name: "payment", noun: "BucketRequestPayment", deleted: "-", member: "RequestPaymentConfiguration"},
	{name: "replication", noun: "BucketReplication", member: "ReplicationConfiguration", answer: "ReplicationConfiguration", check: checkReplication,
		missing: missing("ReplicationConfigurationNotFoundError", "The replication configuration was not found")},
	{name: "notification", noun: "BucketNotificationConfiguration", deleted: "-", member: "NotificationConfiguration", check: checkNotification, loose: true},
}

// series is a configuration of which a bucket has several, by id.
type series struct {
	name, noun, member string
	wrongID            *awswire.Error
	check              func(doc input) *awswire.Error
}

var manySeries = []series{
	{name: "analytics", noun: "BucketAnalyticsConfiguration", member: "AnalyticsConfiguration", wrongID: malformedXML()},
	{name: "inventory", noun: "BucketInventoryConfiguration", member: "InventoryConfiguration", check: checkInventory,
		wrongID: refuse(400, "IdMismatch", "Document ID does not match the specified configuration ID.")},
	{name: "metrics", noun: "BucketMetricsConfiguration", member: "MetricsConfiguration", wrongID: malformedXML()},
	{name: "tiering", noun: "BucketIntelligentTieringConfiguration", member: "IntelligentTieringConfiguration", wrongID: malformedXML()},
}

func (s *Service) addConfigurations() {
	for _, k := range kinds {
		s.addKind(k)
	}
	for _, m := range manySeries {
		s.addSeries(m)
	}
	// The first forms of these operations have the same requests.
	s.operations["GetBucketLifecycle"] = s.operations["GetBucketLifecycleConfiguration"]
	s.operations["PutBucketLifecycle"] = s.operations["PutBucketLifecycleConfiguration"]
	s.addIn("GetBucketPolicy", s.getPolicy)
	s.addIn("PutBucketPolicy", s.putPolicy)
	s.addIn("DeleteBucketPolicy", s.deletePolicy)
	s.addIn("GetBucketPolicyStatus", s.policyStatus)
}

func encodeDocument(v value.Value) []byte { return append([]byte{rowVersion}, v.Compact()...) }

// configuration returns a configuration of a bucket; a Value that does not exist when there is none.
func (s *Service) configuration(bucket, name, id string) (value.Value, error) {
	row, err := s.store.Get(configurationKey(bucket, name, id))
	if err != nil || len(row) == 0 {
		return value.Value{}, err
	}
	return value.Checked(string(row[1:])), nil
}

// configure changes the configurations of a bucket, which must be there still.
func (s *Service) configure(bucket string, do func(batch *kv.Batch)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.readBucket(bucket)
	if err != nil {
		return err
	}
	if b == nil {
		return noBucket(bucket)
	}
	var batch kv.Batch
	do(&batch)
	return s.store.Apply(&batch)
}

func (s *Service) addKind(k kind) {
	put := "Put" + k.noun
	s.addIn(put, func(c *call, b *bucket) (*awswire.Reply, error) {
		doc := c.get(k.member)
		if !doc.Exists() {
			doc = value.EmptyObj
		}
		if k.check != nil {
			checked, err := k.check(s, c, b, doc)
			if err != nil {
				return nil, err
			}
			doc = checked
		}
		if !k.loose && !conforms(doc, memberShape(put, k.member)) {
			return nil, malformedXML()
		}
		if _, err := contentMD5(c); err != nil {
			return nil, err
		}
		reply := &awswire.Reply{Status: k.status}
		if k.name == "lifecycle" {
			var o output
			o.add("TransitionDefaultMinimumObjectSize", (input{doc}).get("TransitionDefaultMinimumObjectSize"))
			reply.Output = o.value()
		}
		return reply, s.configure(b.Name, func(batch *kv.Batch) {
			if k.name == "tagging" && (input{doc}).get("TagSet").Len() == 0 {
				batch.Delete(configurationKey(b.Name, k.name, "")) // no tags are as if there never were any
				return
			}
			batch.Set(configurationKey(b.Name, k.name, ""), encodeDocument(doc))
		})
	})
	s.addIn("Get"+k.noun, func(_ *call, b *bucket) (*awswire.Reply, error) {
		doc, err := s.configuration(b.Name, k.name, "")
		if err != nil {
			return nil, err
		}
		if !doc.Exists() {
			return k.absent(b)
		}
		return k.reply(doc), nil
	})
	if k.deleted == "-" {
		return
	}
	if k.deleted == "" {
		k.deleted = k.noun
	}
	s.addIn("Delete"+k.deleted, func(_ *call, b *bucket) (*awswire.Reply, error) {
		return &awswire.Reply{Status: 204}, s.configure(b.Name, func(batch *kv.Batch) {
			batch.Delete(configurationKey(b.Name, k.name, ""))
		})
	})
}

func (k *kind) reply(doc value.Value) *awswire.Reply {
	if k.answer == "" {
		return &awswire.Reply{Output: doc}
	}
	var o output
	o.add(k.answer, doc)
	return o.reply()
}

// absent is the answer about a bucket without such a configuration.
func (k *kind) absent(b *bucket) (*awswire.Reply, error) {
	switch {
	case k.missing != nil:
		return nil, k.missing(b)
	case k.name == "payment":
		return k.reply(value.Checked(`{"Payer":"BucketOwner"}`)), nil
	case k.name == "encryption":
		return k.reply(value.Checked(`{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"},"BucketKeyEnabled":false}]}`)), nil
	}
	return &awswire.Reply{}, nil
}

func (s *Service) addSeries(m series) {
	put := "Put" + m.noun
	gone := refuse(404, "NoSuchConfiguration", "The specified configuration does not exist.")
	s.addIn(put, func(c *call, b *bucket) (*awswire.Reply, error) {
		doc, id := c.get(m.member), c.str("Id")
		if (input{doc}).str("Id") != id {
			return nil, m.wrongID
		}
		if m.check != nil {
			if refusal := m.check(input{doc}); refusal != nil {
				return nil, refusal
			}
		}
		if !conforms(doc, memberShape(put, m.member)) {
			return nil, malformedXML()
		}
		return &awswire.Reply{Status: 204}, s.configure(b.Name, func(batch *kv.Batch) {
			batch.Set(configurationKey(b.Name, m.name, id), encodeDocument(doc))
		})
	})
	s.addIn("Get"+m.noun, func(c *call, b *bucket) (*awswire.Reply, error) {
		doc, err := s.configuration(b.Name, m.name, c.str("Id"))
		if err != nil {
			return nil, err
		}
		if !doc.Exists() {
			return nil, gone
		}
		var o output
		o.add(m.member, doc)
		return o.reply(), nil
	})
	s.addIn("Delete"+m.noun, func(c *call, b *bucket) (*awswire.Reply, error) {
		doc, err := s.configuration(b.Name, m.name, c.str("Id"))
		if err != nil {
			return nil, err
		}
		if !doc.Exists() {
			return nil, gone
		}
		return &awswire.Reply{Status: 204}, s.configure(b.Name, func(batch *kv.Batch) {
			batch.Delete(configurationKey(b.Name, m.name, c.str("Id")))
		})
	})
	s.addIn("List"+m.noun+"s", func(c *call, b *bucket) (*awswire.Reply, error) { return s.listSeries(c, b, m) })
}

const seriesPage = 100

func (s *Service) listSeries(c *call, b *bucket, m series) (*awswire.Reply, error) {
	token := c.str("ContinuationToken")
	after, ok := openToken(token)
	if !ok {
		return nil, badHeader("The continuation token provided is incorrect", "continuation-token")
	}
	base := configurationsKey(b.Name, m.name)
	from := base
	if after != "" {
		from = append(configurationKey(b.Name, m.name, after), 0)
	}
	var all []value.Value
	next, last := "", ""
	for p, err := range s.store.Scan(from, kv.After(base), false) {
		if err != nil {
			return nil, err
		}
		if len(all) == seriesPage {
			next = sealToken(last)
			break
		}
		last = string(p.Key[len(base):])
		all = append(all, value.Checked(string(p.Value[1:])))
	}
	var o output
	o.flag("IsTruncated", next != "")
	o.str("ContinuationToken", token)
	o.str("NextContinuationToken", next)
	o.list(m.member+"List", all)
	return o.reply(), nil
}

// memberShape is the shape of a member of an operation's input.
func memberShape(operation, member string) *model.Shape {
	if op := model.Load("s3").Operations[operation]; op != nil && op.Input != nil {
		if m := op.Input.Member(member); m != nil {
			return m.Shape
		}
	}
	return nil
}

// conforms reports whether a document has all members that its shape requires, and no word that it does not know.
func conforms(doc value.Value, shape *model.Shape) bool {
	if shape == nil || !doc.Exists() || doc.IsNull() {
		return true
	}
	switch shape.Kind {
	case model.Structure:
		for i := range shape.Members {
			m := &shape.Members[i]
			v := (input{doc}).get(m.Name)
			if m.Required && !v.Exists() || !conforms(v, m.Shape) {
				return false
			}
		}
	case model.List:
		for _, e := range doc.Elems() {
			if !conforms(e, shape.Elem) {
				return false
			}
		}
	case model.String:
		return len(shape.Enum) == 0 || slices.Contains(shape.Enum, doc.Str())
	}
	return true
}

func checkPublicBlock(_ *Service, _ *call, _ *bucket, doc value.Value) (value.Value, error) {
	var o output
	for _, name := range publicBlocks {
		o.flag(name, (input{doc}).flag(name))
	}
	return o.value(), nil
}

func checkOwnership(_ *Service, _ *call, _ *bucket, doc value.Value) (value.Value, error) {
	rules := (input{doc}).list("Rules")
	if len(rules) != 1 || !ownerships[(input{rules[0]}).str("ObjectOwnership")] {
		return doc, malformedXML()
	}
	return doc, nil
}

func checkTagging(_ *Service, _ *call, _ *bucket, doc value.Value) (value.Value, error) {
	set := (input{doc}).get("TagSet")
	tags, refusal := tagsOf(set, maxBucketTags)
	if refusal != nil {
		return doc, refusal
	}
	var o output
	o.add("TagSet", tagSet(tags))
	return o.value(), nil
}

func checkEncryption(_ *Service, _ *call, _ *bucket, doc value.Value) (value.Value, error) {
	rules := (input{doc}).list("Rules")
	if len(rules) != 1 {
		return doc, malformedXML()
	}
	by := (input{rules[0]}).sub("ApplyServerSideEncryptionByDefault")
	if by.str("SSEAlgorithm") == "AES256" && by.str("KMSMasterKeyID") != "" {
		return doc, badHeader("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse", "ApplyServerSideEncryptionByDefault")
	}
	if !(input{rules[0]}).has("BucketKeyEnabled") {
		doc = value.NewObject([]value.Member{{Key: "Rules", Value: value.NewArray([]value.Value{rules[0].With("BucketKeyEnabled", value.FromBool(false))})}})
	}
	return doc, nil
}

func checkWebsite(_ *Service, _ *call, _ *bucket, doc value.Value) (value.Value, error) {
	in := input{doc}
	index, all := in.sub("IndexDocument"), in.has("RedirectAllRequestsTo")
	switch {
	case all && len(doc.Members()) > 1:
		return doc, badHeader("RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.", "RedirectAllRequestsTo")
	case !all && !in.has("IndexDocument"):
		return doc, badHeader("A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty", "IndexDocument")
	case !all && (index.str("Suffix") == "" || strings.Contains(index.str("Suffix"), "/")):
		return doc, badHeader("The IndexDocument Suffix is not well formed", "IndexDocument")
	}
	return doc, nil
}

func checkLogging(s *Service, _ *call, b *bucket, doc value.Value) (value.Value, error) {
	on := (input{doc}).sub("LoggingEnabled")
	if !on.doc.Exists() {
		return value.EmptyObj, nil
	}
	target, err := s.readBucket(on.str("TargetBucket"))
	switch {
	case err != nil:
		return doc, err
	case target == nil:
		return doc, refuse(400, "InvalidTargetBucketForLogging", "The target bucket for logging does not exist", "TargetBucket", on.str("TargetBucket"))
	case target.Region != b.Region:
		return doc, refuse(403, "CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed. ", "TargetBucketLocation", target.Region)
	}
	return doc, nil
}

func checkAccelerate(_ *Service, _ *call, b *bucket, doc value.Value) (value.Value, error) {
	if strings.Contains(b.Name, ".") {
		return doc, badRequest("S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
	}
	if !(input{doc}).has("Status") {
		return doc, malformedXML()
	}
	return doc, nil
}

func checkReplication(s *Service, _ *call, b *bucket, doc value.Value) (value.Value, error) {
	if b.Versioning != "Enabled" {
		return doc, badRequest("Versioning must be 'Enabled' on the bucket to apply a replication configuration")
	}
	rules := (input{doc}).list("Rules")
	if len(rules) == 0 {
		return doc, malformedXML()
	}
	for _, r := range rules {
		name, ok := bucketOfARN((input{r}).sub("Destination").str("Bucket"))
		if !ok {
			return doc, badRequest("Invalid bucket ARN.")
		}
		target, err := s.readBucket(name)
		if err != nil {
			return doc, err
		}
		if target == nil {
			return doc, badRequest("Destination bucket must exist.")
		}
		if target.Versioning != "Enabled" {
			return doc, badRequest("Destination bucket must have versioning enabled.")
		}
	}
	return doc.With("Rules", withIDs(rules, "ID")), nil
}

// bucketOfARN returns the bucket that an ARN names.
func bucketOfARN(text string) (string, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "s3" || parts[5] == "" || strings.Contains(parts[5], "/") {
		return "", false
	}
	return parts[5], true
}

// withIDs gives an id to each rule that has none.
func withIDs(rules []value.Value, member string) value.Value {
	all := make([]value.Value, len(rules))
	for i, r := range rules {
		if all[i] = r; (input{r}).str(member) == "" {
			all[i] = r.With(member, value.FromString(newUUID()))
		}
	}
	return value.NewArray(all)
}

func checkInventory(doc input) *awswire.Error {
	if _, ok := bucketOfARN(doc.sub("Destination").sub("S3BucketDestination").str("Bucket")); !ok {
		return refuse(400, "InvalidS3DestinationBucket", "Invalid bucket ARN.")
	}
	return nil
}

var corsMethods = []string{"GET", "PUT", "HEAD", "POST", "DELETE"}

// headerName is what fields may be called: the characters of a token in HTTP.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]*$")

// checkCORS holds rules against what S3 says of them.
func checkCORS(_ *Service, _ *call, _ *bucket, doc value.Value) (value.Value, error) {
	rules := (input{doc}).list("CORSRules")
	if len(rules) == 0 || len(rules) > 100 {
		return doc, malformedXML()
	}
	for _, e := range rules {
		r := input{e}
		if !r.has("AllowedMethods") || !r.has("AllowedOrigins") {
			return doc, malformedXML()
		}
		for _, m := range r.strings("AllowedMethods") {
			if !slices.Contains(corsMethods, m) {
				return doc, badRequest("Found unsupported HTTP method in CORS config. Unsupported method is " + m)
			}
		}
		for _, origin := range r.strings("AllowedOrigins") {
			if strings.Count(origin, "*") > 1 {
				return doc, badRequest(`AllowedOrigin "` + origin + `" can not have more than one wildcard.`)
			}
		}
		for _, header := range r.strings("AllowedHeaders") {
			if strings.Count(header, "*") > 1 {
				return doc, badRequest(`AllowedHeader "` + header + `" can not have more than one wildcard.`)
			}
			if !headerName.MatchString(header) {
				return doc, badRequest(`AllowedHeader "` + header + `" contains invalid character.`)
			}
		}
		for _, header := range r.strings("ExposeHeaders") {
			if strings.Contains(header, "*") {
				return doc, badRequest(`ExposeHeader "` + header + `" contains wildcard. We currently do not support wildcard for ExposeHeader.`)
			}
			if !headerName.MatchString(header) {
				return doc, badRequest(`ExposeHeader "` + header + `" contains invalid character.`)
			}
		}
	}
	return doc, nil
}

func (s *Service) getPolicy(_ *call, b *bucket) (*awswire.Reply, error) {
	doc, err := s.configuration(b.Name, "policy", "")
	if err != nil {
		return nil, err
	}
	if !doc.Exists() {
		return nil, missing("NoSuchBucketPolicy", "The bucket policy does not exist")(b)
	}
	var o output
	o.text("Policy", doc.Str())
	return o.reply(), nil
}

func (s *Service) deletePolicy(_ *call, b *bucket) (*awswire.Reply, error) {
	return &awswire.Reply{Status: 204}, s.configure(b.Name, func(batch *kv.Batch) {
		batch.Delete(configurationKey(b.Name, "policy", ""))
	})
}

func (s *Service) policyStatus(_ *call, b *bucket) (*awswire.Reply, error) {
	doc, err := s.configuration(b.Name, "policy", "")
	if err != nil {
		return nil, err
	}
	if !doc.Exists() {
		return nil, missing("NoSuchBucketPolicy", "The bucket policy does not exist")(b)
	}
	var policy struct {
		Statement json.RawMessage
	}
	_ = json.Unmarshal([]byte(doc.Str()), &policy) // putPolicy has read it
	statements := value.Checked(string(policy.Statement))
	all := statements.Elems()
	if statements.Kind() == value.Object {
		all = []value.Value{statements}
	}
	public := slices.ContainsFunc(all, func(e value.Value) bool {
		return (input{e}).str("Effect") == "Allow" && anybody(input{e})
	})
	var status, o output
	status.flag("IsPublic", public)
	o.add("PolicyStatus", status.value())
	return o.reply(), nil
}
