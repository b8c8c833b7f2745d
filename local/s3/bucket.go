package s3

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"iter"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/s3/directory"
	"github.com/statelark/statelark/value"
)

func (s *Service) addBuckets() {
	s.add("CreateBucket", s.createBucket)
	s.add("ListBuckets", s.listBuckets)
	s.addIn("HeadBucket", s.headBucket)
	s.addIn("DeleteBucket", s.deleteBucket)
	s.addIn("GetBucketLocation", s.bucketLocation)
	s.addIn("GetBucketVersioning", s.getVersioning)
	s.addIn("PutBucketVersioning", s.putVersioning)
	s.addIn("GetBucketAcl", s.getBucketACL)
	s.addIn("PutBucketAcl", s.putBucketACL)
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// validBucket reports whether a bucket may be made under a name.
func validBucket(name string) bool {
	if !bucketName.MatchString(name) || strings.Contains(name, "..") || strings.Contains(name, ".-") || strings.Contains(name, "-.") {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	return true
}

// regionFor returns the region of a bucket that is made from one with a location constraint.
func regionFor(from, constraint string) (string, *awswire.Error) {
	want := constraint
	if constraint == "EU" {
		want = "eu-west-1"
	}
	switch {
	case from == "us-east-1" && constraint == "":
		return from, nil
	case from == "us-east-1" && (constraint == from || !arn.IsRegion(want)):
		return "", refuse(400, "InvalidLocationConstraint", "The specified location-constraint is not valid", "LocationConstraint", constraint)
	case from != "us-east-1" && want != from:
		if constraint == "" {
			constraint = "unspecified"
		}
		return "", refuse(400, "IllegalLocationConstraintException",
			"The "+constraint+" location constraint is incompatible for the region specific endpoint this request was sent to.")
	}
	return want, nil
}

func (s *Service) createBucket(c *call) (*awswire.Reply, error) {
	name := c.str("Bucket")
	if !validBucket(name) {
		return nil, refuse(400, "InvalidBucketName", "The specified bucket is not valid.", "BucketName", name)
	}
	setting := c.sub("CreateBucketConfiguration")
	constraint := setting.str("LocationConstraint")
	region, refusal := regionFor(c.r.Place.Region, constraint)
	if refusal != nil {
		return nil, refusal
	}
	b := &bucket{Name: name, Owner: c.r.Place.Account, Region: region, Constraint: constraint, Created: s.stamp()}
	if b.Lock = c.flag("ObjectLockEnabledForBucket"); b.Lock {
		b.Versioning = "Enabled"
	}
	var batch kv.Batch
	if err := s.firstConfigurations(c, b, setting, &batch); err != nil {
		return nil, err
	}
	batch.Set(bucketKey(name), encode(b))
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.readBucket(name)
	if err == nil && old == nil {
		old, err = s.folder(c, name)
	}
	switch {
	case err != nil:
		return nil, err
	case old != nil && old.Owner != b.Owner:
		return nil, refuse(409, "BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", "BucketName", name)
	case old != nil && (old.Region != "us-east-1" || region != "us-east-1"):
		return nil, refuse(409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.", "BucketName", name)
	case old == nil:
		if err := s.store.Apply(&batch); err != nil {
			return nil, err
		}
	}
	var o output
	if region == "us-east-1" {
		o.text("Location", "/"+name)
	} else {
		o.text("Location", "http://"+name+".s3.amazonaws.com/")
	}
	o.text("BucketArn", bucketARN(c, name))
	return o.reply(), nil
}

func bucketARN(c *call, name string) string { return "arn:" + c.r.Place.Partition() + ":s3:::" + name }

// firstConfigurations are those that a bucket has from the beginning.
func (s *Service) firstConfigurations(c *call, b *bucket, setting input, batch *kv.Batch) error {
	ownership := c.str("ObjectOwnership")
	if ownership == "" && !c.has("ObjectOwnership") {
		ownership = "BucketOwnerEnforced"
	}
	if !ownerships[ownership] {
		return badHeader("Invalid x-amz-object-ownership header: "+ownership, "x-amz-object-ownership")
	}
	grants, refusal := grantsOf(c, b.Owner)
	if refusal != nil {
		return refusal
	}
	if asked := c.str("ACL"); asked != "" || anyGrant(c.input) {
		if ownership == "BucketOwnerEnforced" && asked != "private" {
			return refuse(400, "InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
		}
		if asked == "public-read" || asked == "public-read-write" {
			return accessDenied() // public access is blocked in new buckets
		}
		batch.Set(configurationKey(b.Name, "acl", ""), encodeDocument(grants))
	}
	rule := output{}
	rule.text("ObjectOwnership", ownership)
	owned := output{}
	owned.list("Rules", []value.Value{rule.value()})
	batch.Set(configurationKey(b.Name, "ownership", ""), encodeDocument(owned.value()))
	block := output{}
	for _, name := range publicBlocks {
		block.flag(name, true)
	}
	batch.Set(configurationKey(b.Name, "publicblock", ""), encodeDocument(block.value()))
	if tags := setting.get("Tags"); tags.Len() > 0 {
		if _, refusal := tagsOf(tags, maxBucketTags); refusal != nil {
			return refusal
		}
		batch.Set(configurationKey(b.Name, "tagging", ""), encodeDocument(value.NewObject([]value.Member{{Key: "TagSet", Value: tags}})))
	}
	return nil
}

func (s *Service) headBucket(c *call, b *bucket) (*awswire.Reply, error) {
	var o output
	o.text("BucketArn", bucketARN(c, b.Name))
	o.text("BucketRegion", b.Region)
	o.flag("AccessPointAlias", false)
	reply := o.reply()
	reply.Header = http.Header{"Content-Type": {"application/xml"}}
	return reply, nil
}

func (s *Service) bucketLocation(_ *call, b *bucket) (*awswire.Reply, error) {
	var o output
	location := b.Constraint
	if location == "" && b.Region != "us-east-1" {
		location = b.Region
	}
	o.str("LocationConstraint", location)
	return o.reply(), nil
}

func (s *Service) listBuckets(c *call) (*awswire.Reply, error) {
	limit, paged := int64(10000), c.has("MaxBuckets")
	if paged {
		if limit = c.int("MaxBuckets"); limit < 1 || limit > 10000 {
			return nil, badArgument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets", strconv.FormatInt(limit, 10))
		}
	}
	region := c.str("BucketRegion")
	if region != "" && !arn.IsRegion(region) || region != "" && !knownRegion(region) {
		return nil, badHeader("Argument value "+region+" is not a valid AWS Region", "bucket-region")
	}
	after, err := base64.RawURLEncoding.DecodeString(c.str("ContinuationToken"))
	if err != nil {
		return nil, badHeader("The continuation token provided is incorrect", "continuation-token")
	}
	prefix := c.str("Prefix")
	detailed := paged || region != "" || prefix != "" || len(after) > 0
	var all []value.Value
	last, more := "", false
	for b, err := range s.allBuckets(c, prefix, string(after)) {
		if err != nil {
			return nil, err
		}
		if b.Owner != c.r.Place.Account || region != "" && b.Region != region {
			continue
		}
		if int64(len(all)) == limit {
			more = true
			break
		}
		last = b.Name
		var o output
		o.text("Name", b.Name)
		o.when("CreationDate", b.Created)
		if detailed {
			o.text("BucketRegion", b.Region)
		}
		o.text("BucketArn", bucketARN(c, b.Name))
		all = append(all, o.value())
	}
	var o output
	o.add("Buckets", value.NewArray(all))
	o.add("Owner", ownerOf(c.r.Place.Account))
	if more {
		o.text("ContinuationToken", base64.RawURLEncoding.EncodeToString([]byte(last)))
	}
	o.str("Prefix", prefix)
	return o.reply(), nil
}

// allBuckets yields the buckets that begin with prefix, after that name, in order; those that are folders as well. An error is the last.
func (s *Service) allBuckets(c *call, prefix, after string) iter.Seq2[*bucket, error] {
	return func(yield func(*bucket, error) bool) {
		var folders []directory.Bucket
		if s.folders != nil {
			var err error
			if folders, err = s.folders.Buckets(); err != nil {
				yield(nil, err)
				return
			}
			folders = slices.DeleteFunc(folders, func(f directory.Bucket) bool { return !strings.HasPrefix(f.Name, prefix) || f.Name <= after })
		}
		// before yields the folders before a name, and forgets one of that name: the service's own bucket comes first.
		before := func(name string, last bool) bool {
			for len(folders) > 0 && (last || folders[0].Name < name) {
				f := folders[0]
				folders = folders[1:]
				if !yield(&bucket{Name: f.Name, Owner: c.r.Place.Account, Region: c.r.Place.Region, Created: f.Created.UnixMilli()}, nil) {
					return false
				}
			}
			if len(folders) > 0 && folders[0].Name == name {
				folders = folders[1:]
			}
			return true
		}
		from := max(string(bucketKey(prefix)), string(bucketKey(after+"\x00")))
		for p, err := range s.store.Scan([]byte(from), kv.After(bucketKey(prefix)), false) {
			b := &bucket{}
			if err == nil {
				b.Name = string(p.Key[1:])
				err = decode(p.Value, b)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !before(b.Name, false) || !yield(b, nil) {
				return
			}
		}
		before("", true)
	}
}

// regions are those that exist; new ones of the same form are not known here.
var regionForm = regexp.MustCompile(`^(us|us-gov|cn|eu|ap|sa|ca|me|af|il|mx)-(central|north|south|east|west|northeast|northwest|southeast|southwest)-[1-9]$`)

func knownRegion(region string) bool { return regionForm.MatchString(region) && region != "eu-east-1" }

// canonicalID is the id that S3 has of an account.
func canonicalID(account string) string {
	sum := sha256.Sum256([]byte("canonical user " + account))
	return hex.EncodeToString(sum[:])
}

func ownerOf(account string) value.Value {
	var o output
	o.text("ID", canonicalID(account))
	return o.value()
}

func (s *Service) deleteBucket(_ *call, b *bucket) (*awswire.Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, err := range s.store.Scan(within('o', b.Name), kv.After(within('o', b.Name)), false) {
		if err != nil {
			return nil, err
		}
		message := "The bucket you tried to delete is not empty"
		if b.Versioning != "" {
			message += ". You must delete all versions in the bucket."
		}
		return nil, refuse(409, "BucketNotEmpty", message, "BucketName", b.Name)
	}
	var batch kv.Batch
	var files []string
	for p, err := range s.store.Scan(within('u', b.Name), kv.After(within('u', b.Name)), false) {
		if err != nil {
			return nil, err
		}
		var u upload
		if err := decode(p.Value, &u); err != nil {
			return nil, err
		}
		more, err := s.dropParts(&batch, u.ID, nil)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	batch.Delete(bucketKey(b.Name))
	for _, kind := range []byte{'c', 'u'} {
		batch.DeleteRange(within(kind, b.Name), kv.After(within(kind, b.Name)))
	}
	if err := s.store.Apply(&batch); err != nil {
		return nil, err
	}
	s.bodies.remove(files)
	return &awswire.Reply{Status: 204}, nil
}

func (s *Service) getVersioning(_ *call, b *bucket) (*awswire.Reply, error) {
	var o output
	o.str("Status", b.Versioning)
	return o.reply(), nil
}

func (s *Service) putVersioning(c *call, b *bucket) (*awswire.Reply, error) {
	setting := c.sub("VersioningConfiguration")
	status := setting.str("Status")
	switch {
	case status != "Enabled" && status != "Suspended":
		return nil, refuse(400, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
	case setting.has("MFADelete") && setting.str("MFADelete") == "Enabled":
		return nil, badRequest("MFA Delete is not supported here")
	case status == "Suspended" && b.Lock:
		return nil, refuse(409, "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	return &awswire.Reply{}, s.change(b.Name, func(b *bucket) { b.Versioning = status })
}

// change changes the row of a bucket.
func (s *Service) change(name string, do func(b *bucket)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.readBucket(name)
	if err != nil {
		return err
	}
	if b == nil {
		return noBucket(name)
	}
	do(b)
	var batch kv.Batch
	batch.Set(bucketKey(name), encode(b))
	return s.store.Apply(&batch)
}
