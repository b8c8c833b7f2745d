package s3

import (
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark/value"
)

const defaultTransition = "all_storage_classes_128K"

// checkLifecycle holds rules against what S3 says of them, and gives them ids.
func checkLifecycle(_ *Service, c *call, _ *bucket, doc value.Value) (value.Value, error) {
	rules := (input{doc}).list("Rules")
	if len(rules) == 0 {
		return doc, malformedXML()
	}
	ids := map[string]bool{}
	for _, e := range rules {
		if err := checkRule(input{e}, ids); err != nil {
			return doc, err
		}
	}
	least := c.str("TransitionDefaultMinimumObjectSize")
	switch least {
	case "":
		least = defaultTransition
	case defaultTransition, "varies_by_storage_class":
	default:
		return doc, badRequest("Invalid TransitionDefaultMinimumObjectSize found: " + least)
	}
	return doc.With("Rules", withIDs(rules, "ID")).With("TransitionDefaultMinimumObjectSize", value.FromString(least)), nil
}

func checkRule(r input, ids map[string]bool) error {
	invalid := func(message string) error { return refuse(400, "InvalidArgument", message) }
	id := r.str("ID")
	expiration := r.sub("Expiration")
	switch {
	case len(id) > 255:
		return invalid("ID length should not exceed allowed limit of 255")
	case id != "" && ids[id]:
		return invalid("Rule ID must be unique. Found same ID for more than one rule")
	case r.has("Filter") == r.has("Prefix"):
		return malformedXML()
	case expiration.has("ExpiredObjectDeleteMarker") && (expiration.has("Days") || expiration.has("Date")), expiration.has("Days") && expiration.has("Date"):
		return malformedXML()
	case !whole(r):
		return malformedXML()
	case !slices.ContainsFunc(actions, r.has):
		return badRequest("At least one action needs to be specified in a rule")
	case expiration.has("Days") && expiration.int("Days") <= 0:
		return invalid("'Days' for Expiration action must be a positive integer")
	case r.sub("NoncurrentVersionExpiration").has("NoncurrentDays") && r.sub("NoncurrentVersionExpiration").int("NoncurrentDays") <= 0:
		return invalid("'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer")
	case r.sub("AbortIncompleteMultipartUpload").has("DaysAfterInitiation") && r.sub("AbortIncompleteMultipartUpload").int("DaysAfterInitiation") <= 0:
		return invalid("'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer")
	}
	if at, ok := expiration.time("Date"); ok && !at.Equal(at.Truncate(24*time.Hour)) {
		return invalid("'Date' must be at midnight GMT")
	}
	ids[id] = true
	return nil
}

// whole reports whether the transitions of noncurrent versions say all that they have to.
func whole(r input) bool {
	for _, e := range r.list("NoncurrentVersionTransitions") {
		if t := (input{e}); !t.has("NoncurrentDays") || !t.has("StorageClass") {
			return false
		}
	}
	return !r.has("NoncurrentVersionExpiration") || r.sub("NoncurrentVersionExpiration").has("NoncurrentDays")
}

var actions = []string{"Expiration", "Transitions", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransitions", "NoncurrentVersionTransition", "AbortIncompleteMultipartUpload"}

// expiration is what answers say of when a rule will remove an object: S3 tells the rule that does it first. Nothing is removed here.
func (s *Service) expiration(b *bucket, v *version) (string, error) {
	doc, err := s.configuration(b.Name, "lifecycle", "")
	if err != nil || !doc.Exists() {
		return "", err
	}
	var first time.Time
	rule := ""
	for _, e := range (input{doc}).list("Rules") {
		r := input{e}
		expiration := r.sub("Expiration")
		if r.str("Status") != "Enabled" || !applies(r, v) {
			continue
		}
		end, ok := expiration.time("Date")
		if days := expiration.int("Days"); days > 0 {
			end, ok = time.UnixMilli(v.Modified).UTC().AddDate(0, 0, int(days)).Truncate(24*time.Hour).AddDate(0, 0, 1), true
		}
		if ok && (rule == "" || end.Before(first)) {
			first, rule = end, r.str("ID")
		}
	}
	if rule == "" {
		return "", nil
	}
	return `expiry-date="` + httpTime(first.UnixMilli()) + `", rule-id="` + strings.ReplaceAll(urlText(rule), "+", "%20") + `"`, nil
}

// applies reports whether a rule is about an object.
func applies(r input, v *version) bool {
	filter := r.sub("Filter")
	all := filter
	if filter.has("And") {
		all = filter.sub("And")
	}
	tags := all.list("Tags")
	if filter.has("Tag") {
		tags = append(tags, filter.get("Tag"))
	}
	for _, e := range tags {
		if !slices.Contains(v.Tags, tag{(input{e}).str("Key"), (input{e}).str("Value")}) {
			return false
		}
	}
	switch {
	case !strings.HasPrefix(v.Key, r.str("Prefix")), !strings.HasPrefix(v.Key, all.str("Prefix")):
		return false
	case all.has("ObjectSizeGreaterThan") && v.Size <= all.int("ObjectSizeGreaterThan"):
		return false
	case all.has("ObjectSizeLessThan") && v.Size >= all.int("ObjectSizeLessThan"):
		return false
	}
	return true
}
