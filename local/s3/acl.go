package s3

import (
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

const groups = "http://acs.amazonaws.com/groups/"

var groupURIs = map[string]bool{
	groups + "global/AllUsers": true, groups + "global/AuthenticatedUsers": true, groups + "s3/LogDelivery": true,
}

var permissions = map[string]bool{"FULL_CONTROL": true, "READ": true, "WRITE": true, "READ_ACP": true, "WRITE_ACP": true}

var ownerships = map[string]bool{"BucketOwnerPreferred": true, "ObjectWriter": true, "BucketOwnerEnforced": true}

var publicBlocks = []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}

// canned are the lists of grants that have a name: what they give beside everything to the owner.
var canned = map[string][]grant{
	"private":                   nil,
	"public-read":               {{groups + "global/AllUsers", "READ"}},
	"public-read-write":         {{groups + "global/AllUsers", "READ"}, {groups + "global/AllUsers", "WRITE"}},
	"authenticated-read":        {{groups + "global/AuthenticatedUsers", "READ"}},
	"log-delivery-write":        {{groups + "s3/LogDelivery", "WRITE"}, {groups + "s3/LogDelivery", "READ_ACP"}},
	"aws-exec-read":             nil,
	"bucket-owner-read":         nil,
	"bucket-owner-full-control": nil,
}

// grant gives somebody, a group's URI or a canonical id, a permission.
type grant struct{ to, permission string }

func (g grant) value() value.Value {
	var who output
	if strings.HasPrefix(g.to, "http") {
		who.text("Type", "Group")
		who.text("URI", g.to)
	} else {
		who.text("Type", "CanonicalUser")
		who.text("ID", g.to)
	}
	var o output
	o.add("Grantee", who.value())
	o.text("Permission", g.permission)
	return o.value()
}

// grantFields are the members that give one permission each, with their fields in the header.
var grantFields = []struct{ member, field, permission string }{
	{"GrantFullControl", "x-amz-grant-full-control", "FULL_CONTROL"},
	{"GrantRead", "x-amz-grant-read", "READ"},
	{"GrantReadACP", "x-amz-grant-read-acp", "READ_ACP"},
	{"GrantWrite", "x-amz-grant-write", "WRITE"},
	{"GrantWriteACP", "x-amz-grant-write-acp", "WRITE_ACP"},
}

func anyGrant(in input) bool {
	for _, f := range grantFields {
		if in.str(f.member) != "" {
			return true
		}
	}
	return false
}

// grantsOf reads the ACL that the header of a request has, for what an account owns; without any it is private.
func grantsOf(c *call, owner string) (value.Value, *awswire.Error) {
	name := c.str("ACL")
	if name != "" && anyGrant(c.input) {
		return value.Value{}, badRequest("Specifying both Canned ACLs and Header Grants is not allowed")
	}
	extra, known := canned[name]
	if name != "" && !known {
		return value.Value{}, badArgument("", "x-amz-acl", name)
	}
	var all []value.Value
	for _, f := range grantFields {
		more, refusal := grantees(c.str(f.member), f.field, f.permission)
		if refusal != nil {
			return value.Value{}, refusal
		}
		all = append(all, more...)
	}
	if len(all) > 0 {
		return value.NewArray(all), nil
	}
	all = append(all, grant{canonicalID(owner), "FULL_CONTROL"}.value())
	for _, g := range extra {
		all = append(all, g.value())
	}
	return value.NewArray(all), nil
}

// grantees reads a field like: uri="http://...", id="..."
func grantees(text, field, permission string) ([]value.Value, *awswire.Error) {
	var all []value.Value
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		kind, who, found := strings.Cut(one, "=")
		who = strings.Trim(who, `"`)
		switch {
		case found && kind == "uri":
			if !groupURIs[who] {
				return nil, badArgument("Invalid group uri", "uri", who)
			}
		case found && kind == "id":
			if !validCanonical(who) {
				return nil, badArgument("Invalid id", "id", who)
			}
		case found && kind == "emailAddress":
			return nil, refuse(400, "UnresolvableGrantByEmailAddress", "The e-mail address you provided does not match any account on record.", "EmailAddress", who)
		default:
			return nil, badArgument("Argument format not recognized", field, text)
		}
		all = append(all, grant{who, permission}.value())
	}
	return all, nil
}

func validCanonical(id string) bool {
	return len(id) == 64 && strings.Trim(id, "0123456789abcdef") == ""
}

// policyGrants reads the ACL that the body of a request has.
func policyGrants(policy input) (value.Value, *awswire.Error) {
	wrong := refuse(400, "MalformedACLError", "The XML you provided was not well-formed or did not validate against our published schema")
	owner := policy.sub("Owner")
	if !owner.has("ID") || !policy.has("Grants") {
		return value.Value{}, wrong
	}
	if id := owner.str("ID"); !validCanonical(id) {
		return value.Value{}, badArgument("Invalid id", "CanonicalUser/ID", id)
	}
	var all []value.Value
	for _, e := range policy.list("Grants") {
		one := input{e}
		who := one.sub("Grantee")
		if !permissions[one.str("Permission")] {
			return value.Value{}, wrong
		}
		to := ""
		switch who.str("Type") {
		case "Group":
			if to = who.str("URI"); !groupURIs[to] {
				return value.Value{}, badArgument("Invalid group uri", "Group/URI", to)
			}
		case "CanonicalUser":
			if to = who.str("ID"); !validCanonical(to) {
				return value.Value{}, badArgument("Invalid id", "CanonicalUser/ID", to)
			}
		case "AmazonCustomerByEmail":
			return value.Value{}, refuse(400, "UnresolvableGrantByEmailAddress", "The e-mail address you provided does not match any account on record.", "EmailAddress", who.str("EmailAddress"))
		default:
			return value.Value{}, wrong
		}
		all = append(all, grant{to, one.str("Permission")}.value())
	}
	return value.NewArray(all), nil
}

// askedGrants reads the ACL that a request puts, wherever it has it.
func askedGrants(c *call, owner string) (value.Value, *awswire.Error) {
	policy, header := c.has("AccessControlPolicy"), c.str("ACL") != "" || anyGrant(c.input)
	switch {
	case policy && header:
		return value.Value{}, refuse(400, "UnexpectedContent", "This request does not support content")
	case policy:
		return policyGrants(c.sub("AccessControlPolicy"))
	case header:
		return grantsOf(c, owner)
	}
	return value.Value{}, refuse(400, "MissingSecurityHeader", "Your request was missing a required header", "MissingHeaderName", "x-amz-acl")
}

// permitACL says why grants cannot be set in a bucket: ACLs are off there, or may not be public.
func (s *Service) permitACL(c *call, b *bucket, grants value.Value) error {
	doc, err := s.configuration(b.Name, "ownership", "")
	if err != nil {
		return err
	}
	owners := (input{doc}).list("Rules")
	enforced := len(owners) > 0 && (input{owners[0]}).str("ObjectOwnership") == "BucketOwnerEnforced"
	if enforced && grants.Compact() != ownerGrants(b.Owner).Compact() {
		return refuse(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	block, err := s.configuration(b.Name, "publicblock", "")
	if err != nil {
		return err
	}
	if (input{block}).flag("BlockPublicAcls") && strings.Contains(grants.Compact(), groups+"global/") {
		return accessDenied()
	}
	return nil
}

func ownerGrants(account string) value.Value {
	return value.NewArray([]value.Value{grant{canonicalID(account), "FULL_CONTROL"}.value()})
}

func (s *Service) getBucketACL(_ *call, b *bucket) (*awswire.Reply, error) {
	grants, err := s.configuration(b.Name, "acl", "")
	if err != nil {
		return nil, err
	}
	if !grants.Exists() {
		grants = ownerGrants(b.Owner)
	}
	var o output
	o.add("Owner", ownerOf(b.Owner))
	o.add("Grants", grants)
	return o.reply(), nil
}

func (s *Service) putBucketACL(c *call, b *bucket) (*awswire.Reply, error) {
	grants, refusal := askedGrants(c, b.Owner)
	if refusal != nil {
		return nil, refusal
	}
	if err := s.permitACL(c, b, grants); err != nil {
		return nil, err
	}
	return &awswire.Reply{}, s.configure(b.Name, func(batch *kv.Batch) {
		batch.Set(configurationKey(b.Name, "acl", ""), encodeDocument(grants))
	})
}

func (s *Service) getObjectACL(c *call, b *bucket) (*awswire.Reply, error) {
	v, err := s.find(b, c.str("Key"), c.str("VersionId"), "GET")
	if err != nil {
		return nil, err
	}
	grants := v.ACL
	if !grants.Exists() {
		grants = ownerGrants(v.Owner)
	}
	var o output
	o.add("Owner", ownerOf(v.Owner))
	o.add("Grants", grants)
	return o.reply(), nil
}

func (s *Service) putObjectACL(c *call, b *bucket) (*awswire.Reply, error) {
	grants, refusal := askedGrants(c, b.Owner)
	if refusal != nil {
		return nil, refusal
	}
	if err := s.permitACL(c, b, grants); err != nil {
		return nil, err
	}
	v, err := s.revise(b, c.str("Key"), c.str("VersionId"), "PUT", func(v *version) *awswire.Error {
		v.ACL = grants
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.happened(c, b, "ObjectAcl:Put", v)
	return &awswire.Reply{}, nil
}
