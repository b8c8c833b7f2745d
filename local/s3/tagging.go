package s3

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

const (
	maxObjectTags = 10
	maxBucketTags = 50
)

// tagsOf reads a TagSet and checks it.
func tagsOf(set value.Value, limit int) ([]tag, *awswire.Error) {
	var all []tag
	seen := map[string]bool{}
	for _, e := range set.Elems() {
		one := input{e}
		t := tag{one.str("Key"), one.str("Value")}
		switch {
		case !one.has("Key") || !one.has("Value"):
			return nil, malformedXML()
		case seen[t.Key]:
			return nil, refuse(400, "InvalidTag", "Cannot provide multiple Tags with the same key", "TagKey", t.Key)
		case t.Key == "" || utf8.RuneCountInString(t.Key) > 128 || !tagText(t.Key):
			return nil, refuse(400, "InvalidTag", "The TagKey you have provided is invalid", "TagKey", t.Key)
		case strings.HasPrefix(t.Key, "aws:"):
			return nil, refuse(400, "InvalidTag", "System tags cannot be added/updated by requester")
		case utf8.RuneCountInString(t.Value) > 256 || !tagText(t.Value):
			return nil, refuse(400, "InvalidTag", "The TagValue you have provided is invalid", "TagKey", t.Key, "TagValue", t.Value)
		}
		seen[t.Key] = true
		all = append(all, t)
	}
	if len(all) > limit {
		if limit == maxObjectTags {
			return nil, refuse(400, "BadRequest", "Object tags cannot be greater than 10")
		}
		return nil, refuse(400, "BadRequest", "Bucket tag count cannot be greater than 50")
	}
	return all, nil
}

// tagText reports whether text has nothing but what tags may have: letters, digits, spaces and + - = . _ : / @
func tagText(text string) bool {
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r > 0x7F, strings.ContainsRune(" +-=._:/@", r):
		default:
			return false
		}
	}
	return true
}

// taggingField reads the field x-amz-tagging: a query.
func taggingField(text string) ([]tag, *awswire.Error) {
	wrong := badArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", "x-amz-tagging", text)
	var elems []value.Value
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		key, errKey := url.QueryUnescape(k)
		val, errValue := url.QueryUnescape(v)
		if errKey != nil || errValue != nil || seen[key] || strings.ContainsAny(v, "=,") {
			return nil, wrong
		}
		seen[key] = true
		var o output
		o.text("Key", key)
		o.text("Value", val)
		if strings.HasPrefix(key, "aws:") { // as the field's refusal reads; a document's reads otherwise
			return nil, refuse(400, "InvalidTag", "Your TagKey cannot be prefixed with aws:")
		}
		elems = append(elems, o.value())
	}
	return tagsOf(value.NewArray(elems), maxObjectTags)
}

func tagSet(all []tag) value.Value {
	elems := make([]value.Value, 0, len(all))
	for _, t := range all {
		var o output
		o.text("Key", t.Key)
		o.text("Value", t.Value)
		elems = append(elems, o.value())
	}
	return value.NewArray(elems)
}

func (s *Service) getObjectTagging(c *call, b *bucket) (*awswire.Reply, error) {
	v, err := s.findTagged(b, c.str("Key"), c.str("VersionId"), "GET")
	if refusal := (*awswire.Error)(nil); errors.As(err, &refusal) && refusal.Code == "NoSuchKey" {
		return nil, noKey(b.Name + "/" + c.str("Key")) // as S3 names it here
	}
	if err != nil {
		return nil, err
	}
	var o output
	o.str("VersionId", v.shownID(b))
	o.add("TagSet", tagSet(v.Tags))
	return o.reply(), nil
}

func (s *Service) putObjectTagging(c *call, b *bucket) (*awswire.Reply, error) {
	tags, refusal := tagsOf(c.sub("Tagging").get("TagSet"), maxObjectTags)
	if refusal != nil {
		return nil, refusal
	}
	return s.retag(c, b, tags, "PUT", "ObjectTagging:Put")
}

func (s *Service) deleteObjectTagging(c *call, b *bucket) (*awswire.Reply, error) {
	reply, err := s.retag(c, b, nil, "DELETE", "ObjectTagging:Delete")
	if err == nil {
		reply.Status = 204
	}
	return reply, err
}

func (s *Service) retag(c *call, b *bucket, tags []tag, method, event string) (*awswire.Reply, error) {
	v, err := s.reviseTags(b, c.str("Key"), c.str("VersionId"), method, tags)
	if err != nil {
		return nil, err
	}
	s.happened(c, b, event, v)
	var o output
	o.str("VersionId", v.shownID(b))
	return o.reply(), nil
}

// findTagged is find, for which a delete marker is there, and has no tags.
func (s *Service) findTagged(b *bucket, key, id, method string) (*version, error) {
	v, err := s.newest(b.Name, key)
	if err != nil {
		return nil, err
	}
	if id == "" && v != nil && v.Marker {
		return nil, markerMethod(method, v)
	}
	return s.find(b, key, id, method)
}

func (s *Service) reviseTags(b *bucket, key, id, method string, tags []tag) (*version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.findTagged(b, key, id, method)
	if err != nil {
		return nil, err
	}
	v.Tags = tags
	var batch kv.Batch
	setVersion(&batch, b.Name, v)
	return v, s.store.Apply(&batch)
}

// revise changes what is known of a version; do may refuse.
func (s *Service) revise(b *bucket, key, id, method string, do func(v *version) *awswire.Error) (*version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.find(b, key, id, method)
	if err != nil {
		return nil, err
	}
	if refusal := do(v); refusal != nil {
		return nil, refusal
	}
	var batch kv.Batch
	setVersion(&batch, b.Name, v)
	return v, s.store.Apply(&batch)
}
