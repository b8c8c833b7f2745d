package s3

import (
	"net/http"
	"strings"
	"time"

	"github.com/statelark/statelark/awswire"
)

// conditions are those of a request, by RFC 9110 as S3 applies it: a condition on an ETag lets S3 overlook the one on a time.
type conditions struct {
	match, noneMatch         string
	matchSet, noneMatchSet   bool
	modified, unmodified     time.Time
	modifiedSet, unmodifySet bool
	// names is put before the names of the conditions in errors.
	names string
}

// conditionsOf reads the conditions of which the members begin with prefix: "" or "CopySource".
func conditionsOf(in input, prefix, names string) conditions {
	c := conditions{match: in.str(prefix + "IfMatch"), noneMatch: in.str(prefix + "IfNoneMatch"), names: names}
	c.matchSet, c.noneMatchSet = in.has(prefix+"IfMatch"), in.has(prefix+"IfNoneMatch")
	c.modified, c.modifiedSet = in.time(prefix + "IfModifiedSince")
	c.unmodified, c.unmodifySet = in.time(prefix + "IfUnmodifiedSince")
	return c
}

// failed returns the condition that a version does not fulfil, "" when it fulfils all. unchanged: the caller has it already.
func (c *conditions) failed(v *version, now time.Time) (condition string, unchanged bool) {
	at := time.UnixMilli(v.Modified).UTC().Truncate(time.Second)
	switch {
	case c.matchSet:
		if !matches(c.match, v.ETag) {
			return c.names + "If-Match", false
		}
	case c.unmodifySet && at.After(c.unmodified):
		return c.names + "If-Unmodified-Since", false
	}
	switch {
	case c.noneMatchSet:
		if matches(c.noneMatch, v.ETag) {
			return c.names + "If-None-Match", true
		}
	case c.modifiedSet && !at.After(c.modified) && !c.modified.After(now):
		return c.names + "If-Modified-Since", true
	}
	return "", false
}

// matches reports whether a list of ETags, with or without their quotes, has one.
func matches(list, etag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		one = strings.TrimPrefix(one, "W/")
		if one == "*" || strings.Trim(one, `"`) == etag {
			return true
		}
	}
	return false
}

// hold is the answer to a read whose conditions do not hold; nil when they do.
func (c *conditions) hold(v *version, b *bucket, now time.Time) *awswire.Error {
	condition, unchanged := c.failed(v, now)
	if condition == "" {
		return nil
	}
	if !unchanged {
		return failedCondition(condition)
	}
	e := refuse(http.StatusNotModified, "NotModified", "Not Modified")
	e.Header = http.Header{"Etag": {quoted(v.ETag)}, "Last-Modified": {httpTime(v.Modified)}}
	if id := v.shownID(b); id != "" {
		e.Header.Set("X-Amz-Version-Id", id)
	}
	for name, field := range map[string]string{"CacheControl": "Cache-Control", "Expires": "Expires"} {
		if text := v.Head[name]; text != "" {
			e.Header.Set(field, text)
		}
	}
	return e
}

// writeConditions are those under which an object is written.
type writeConditions struct {
	match     string // an ETag
	noneMatch bool   // "*"
}

// writeConditionsOf reads the conditions of a write: S3 knows If-None-Match: * and If-Match with an ETag, and one of them at a time.
func writeConditionsOf(in input) (writeConditions, *awswire.Error) {
	match, none := in.str("IfMatch"), in.str("IfNoneMatch")
	switch {
	case match != "" && none != "":
		return writeConditions{}, notImplemented("If-Match,If-None-Match", "Multiple conditional request headers present in the request")
	case none != "" && none != "*":
		return writeConditions{}, notImplemented("If-None-Match", "We don't accept the provided value of If-None-Match header for this API")
	case match == "*":
		return writeConditions{}, notImplemented("If-Match", "We don't accept the provided value of If-Match header for this API")
	}
	return writeConditions{match, none == "*"}, nil
}

// hold says why a write over the present version of a key is not made; old may be nil or a delete marker.
func (w writeConditions) hold(key string, old *version) *awswire.Error {
	there := old != nil && !old.Marker
	switch {
	case w.noneMatch && there:
		return failedCondition("If-None-Match")
	case w.match != "" && !there:
		return noKey(key)
	case w.match != "" && !matches(w.match, old.ETag):
		return failedCondition("If-Match")
	}
	return nil
}

func quoted(etag string) string { return `"` + etag + `"` }
