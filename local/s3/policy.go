package s3

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

// putPolicy keeps a policy as the text that it is. Nobody is held to it.
func (s *Service) putPolicy(c *call, b *bucket) (*awswire.Reply, error) {
	text := c.str("Policy")
	doc, err := value.Parse(text)
	if err != nil || doc.Kind() != value.Object || !strings.HasPrefix(text, "{") {
		return nil, malformedPolicy("Policies must be valid JSON and the first byte must be '{'")
	}
	public, refusal := checkPolicy(input{doc}, b.Name)
	if refusal != nil {
		return nil, refusal
	}
	block, err := s.configuration(b.Name, "publicblock", "")
	if err != nil {
		return nil, err
	}
	if public && (input{block}).flag("BlockPublicPolicy") {
		return nil, accessDenied()
	}
	return &awswire.Reply{Status: 204}, s.configure(b.Name, func(batch *kv.Batch) {
		batch.Set(configurationKey(b.Name, "policy", ""), encodeDocument(value.FromString(text)))
	})
}

func malformedPolicy(message string) *awswire.Error { return refuse(400, "MalformedPolicy", message) }

// checkPolicy refuses a policy that S3 would not understand, and reports whether it lets everybody in.
func checkPolicy(policy input, bucket string) (public bool, refusal *awswire.Error) {
	if version := policy.str("Version"); policy.has("Version") && version != "2008-10-17" && version != "2012-10-17" {
		return false, malformedPolicy("The policy must contain a valid version string")
	}
	statements := policy.get("Statement")
	if !statements.Exists() {
		return false, malformedPolicy("Missing required field Statement")
	}
	all := statements.Elems()
	if statements.Kind() == value.Object {
		all = []value.Value{statements}
	}
	if len(all) == 0 {
		return false, malformedPolicy("Could not parse the policy: Statement is empty!")
	}
	for _, e := range all {
		st := input{e}
		if refusal := checkStatement(st, bucket); refusal != nil {
			return false, refusal
		}
		public = public || st.str("Effect") == "Allow" && anybody(st)
	}
	return public, nil
}

func checkStatement(st input, bucket string) *awswire.Error {
	for _, field := range []string{"Effect", "Principal", "Action", "Resource"} {
		if !st.has(field) && !st.has("Not"+field) {
			return malformedPolicy("Missing required field " + field)
		}
	}
	if effect := st.str("Effect"); effect != "Allow" && effect != "Deny" {
		return malformedPolicy("Invalid effect: " + effect)
	}
	for _, field := range []string{"Principal", "NotPrincipal"} {
		if st.has(field) && !validPrincipal(st.get(field)) {
			return malformedPolicy("Invalid principal in policy")
		}
	}
	resources, actions := listed(st.get("Resource")), listed(st.get("Action"))
	switch {
	case st.has("Resource") && (len(resources) == 0 || slices.ContainsFunc(resources, func(r string) bool { return !ofBucket(r, bucket) })):
		return malformedPolicy("Policy has invalid resource")
	case st.has("Action") && (len(actions) == 0 || !all(actions, actionText.MatchString)):
		return malformedPolicy("Policy has invalid action")
	case st.has("Resource") && !all(actions, func(action string) bool { return applicable(action, resources) }):
		return malformedPolicy("Action does not apply to any resource(s) in statement")
	}
	for _, m := range st.get("Condition").Members() {
		name := strings.TrimSuffix(m.Key, "IfExists")
		if _, one, found := strings.Cut(name, ":"); found && setOperators[name[:len(name)-len(one)]] {
			name = one
		}
		if !operators[name] {
			return malformedPolicy("Invalid Condition type : " + m.Key)
		}
	}
	return nil
}

func all(texts []string, ok func(string) bool) bool {
	return !slices.ContainsFunc(texts, func(text string) bool { return !ok(text) })
}

// ofBucket reports whether a resource is a bucket or objects in it.
func ofBucket(resource, bucket string) bool {
	parts := strings.SplitN(resource, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "s3" && parts[2] != "*" {
		return false
	}
	name, _, _ := strings.Cut(parts[5], "/")
	return name == bucket || strings.ContainsAny(name, "*?$")
}

var (
	actionText    = regexp.MustCompile(`^(\*|s3:[A-Za-z*?]+|s3-object-lambda:[A-Za-z*?]+)$`)
	principalText = regexp.MustCompile(`^(\*|[0-9]{12}|arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:[^*]+|arn:aws[a-z-]*:iam::cloudfront:user/.+)$`)
	setOperators  = map[string]bool{"ForAllValues:": true, "ForAnyValue:": true}
	operators     = set("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
		"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
		"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
		"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null")
)

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, name := range names {
		m[name] = true
	}
	return m
}

// validPrincipal reports whether a principal is everybody, or some of one kind or several.
func validPrincipal(p value.Value) bool {
	if p.Kind() != value.Object {
		return p.Str() == "*"
	}
	for _, m := range p.Members() {
		who := listed(m.Value)
		switch m.Key {
		case "AWS":
			if len(who) == 0 || !all(who, principalText.MatchString) {
				return false
			}
		case "Service", "Federated", "CanonicalUser":
			if len(who) == 0 || slices.Contains(who, "") {
				return false
			}
		default:
			return false
		}
	}
	return p.Len() > 0
}

// Actions by what they are done with.
var (
	objectActions = strings.Fields(`AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion
		DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent
		GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent
		InitiateReplication ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold PutObjectRetention
		PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ReplicateObject ReplicateTags RestoreObject`)
	bucketActions = strings.Fields(`CreateBucket DeleteBucket DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration GetAnalyticsConfiguration
		GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls
		GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite
		GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration
		GetReplicationConfiguration ListBucket ListBucketMultipartUploads ListBucketVersions PutAccelerateConfiguration PutAnalyticsConfiguration
		PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy
		PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration
		PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration PutReplicationConfiguration`)
)

// applicable reports whether an action can be done with one of the resources. An action that is not known here can.
func applicable(action string, resources []string) bool {
	pattern := strings.ToLower(strings.TrimPrefix(action, "s3:"))
	among := func(names []string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			ok, err := path.Match(pattern, strings.ToLower(name))
			return ok && err == nil
		})
	}
	ofObjects, ofBuckets := among(objectActions), among(bucketActions)
	if !ofObjects && !ofBuckets {
		return true
	}
	return slices.ContainsFunc(resources, func(resource string) bool {
		name := resource[strings.LastIndexByte(resource, ':')+1:]
		inside := strings.Contains(name, "/")
		return inside && ofObjects || !inside && ofBuckets || strings.Contains(strings.Split(name, "/")[0], "*")
	})
}

// listed is a string, or the strings of a list.
func listed(v value.Value) []string {
	if v.Kind() == value.String {
		return []string{v.Str()}
	}
	var all []string
	for _, e := range v.Elems() {
		all = append(all, e.Str())
	}
	return all
}

// anybody reports whether a statement is about everybody, on no condition.
func anybody(statement input) bool {
	p := statement.get("Principal")
	if p.Kind() == value.Object {
		p = (input{p}).get("AWS")
	}
	return slices.Contains(listed(p), "*") && !statement.has("Condition")
}
