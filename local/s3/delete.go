package s3

import (
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

const maxDeletes = 1000

// deletion is one object that a request removes.
type deletion struct {
	key, id string
	bypass  bool
	hold    func(old *version) *awswire.Error // of conditions; nil: none
}

// deleted is what came of it.
type deleted struct {
	marker bool   // a delete marker was made, or removed
	made   bool   // it was made
	id     string // of the version or marker that was removed or made
}

func (s *Service) deleteObject(c *call, b *bucket) (*awswire.Reply, error) {
	if c.has("MFA") {
		return nil, refuse(501, "NotImplemented", "Deleting with MFA is not built in.")
	}
	d := deletion{c.str("Key"), c.str("VersionId"), c.flag("BypassGovernanceRetention"), s.deleteConditions(c.input)}
	done, err := s.remove(c, b, d)
	if err != nil {
		return nil, err
	}
	var o output
	if done.marker {
		o.flag("DeleteMarker", true)
	}
	o.str("VersionId", done.id)
	reply := o.reply()
	reply.Status = 204
	return reply, nil
}

// deleteConditions reads the conditions of a deletion, of which general purpose buckets know If-Match.
func (s *Service) deleteConditions(in input) func(old *version) *awswire.Error {
	match, has := in.str("IfMatch"), in.has("IfMatch")
	if !has {
		match, has = in.str("ETag"), in.has("ETag")
	}
	if !has {
		return nil
	}
	return func(old *version) *awswire.Error {
		there := old != nil && !old.Marker
		if match != "*" && !there {
			return noKey(in.str("Key"))
		}
		if match == "*" && !there || match != "*" && !matches(match, old.ETag) {
			return failedCondition("If-Match")
		}
		return nil
	}
}

// remove removes an object: a version of it for good, or it in the way that the bucket has.
func (s *Service) remove(c *call, b *bucket, d deletion) (deleted, error) {
	s.mu.Lock()
	var batch kv.Batch
	done, files, err := s.plan(&batch, c, b, d)
	if err == nil && batch.Len() > 0 {
		err = s.store.Apply(&batch)
	}
	s.mu.Unlock()
	if err != nil {
		return deleted{}, err
	}
	s.bodies.remove(files)
	told, event := &version{Key: d.key, ID: done.id}, "ObjectRemoved:Delete"
	if done.made {
		event, told.ETag = "ObjectRemoved:DeleteMarkerCreated", "d41d8cd98f00b204e9800998ecf8427e"
	}
	s.happened(c, b, event, told) // of what was not there as well
	return done, nil
}

func (s *Service) plan(batch *kv.Batch, c *call, name *bucket, d deletion) (done deleted, files []string, err error) {
	b, err := s.readBucket(name.Name)
	switch {
	case err != nil:
		return done, nil, err
	case b == nil:
		return done, nil, noBucket(name.Name)
	}
	if d.id != "" {
		return s.planVersion(batch, b, d)
	}
	old, err := s.newest(b.Name, d.key)
	if err != nil {
		return done, nil, err
	}
	if d.hold != nil {
		if refusal := d.hold(old); refusal != nil {
			return done, nil, refusal
		}
	}
	if b.Versioning == "" {
		if old == nil {
			return done, nil, nil
		}
		files, err = s.dropVersion(batch, b.Name, old)
		return done, files, err
	}
	marker := &version{Key: d.key, Marker: true, Owner: c.r.Place.Account}
	if files, err = s.supersede(batch, b, marker, old); err != nil {
		return done, nil, err
	}
	setVersion(batch, b.Name, marker)
	return deleted{marker: true, made: true, id: marker.shownID(b)}, files, nil
}

// planVersion removes one version. That it is not there is no error.
func (s *Service) planVersion(batch *kv.Batch, b *bucket, d deletion) (done deleted, files []string, err error) {
	v, err := s.versionOf(b.Name, d.key, d.id)
	if err != nil {
		return done, nil, err
	}
	if d.hold != nil {
		if refusal := d.hold(v); refusal != nil {
			return done, nil, refusal
		}
	}
	if v == nil {
		return deleted{id: d.id}, nil, nil
	}
	if v.Lock.protects(s.stamp(), d.bypass) {
		return done, nil, locked()
	}
	files, err = s.dropVersion(batch, b.Name, v)
	return deleted{marker: v.Marker, id: d.id}, files, err
}

func (s *Service) deleteObjects(c *call, b *bucket) (*awswire.Reply, error) {
	if c.has("MFA") {
		return nil, refuse(501, "NotImplemented", "Deleting with MFA is not built in.")
	}
	wanted := c.sub("Delete")
	objects := wanted.list("Objects")
	if len(objects) == 0 || len(objects) > maxDeletes {
		return nil, malformedXML()
	}
	if _, refusal := contentMD5(c); refusal != nil {
		return nil, refusal
	}
	var gone, errs []value.Value
	for _, e := range objects {
		one := input{e}
		d := deletion{one.str("Key"), one.str("VersionId"), c.flag("BypassGovernanceRetention"), s.deleteConditions(one)}
		done, err := s.remove(c, b, d)
		refusal, refused := err.(*awswire.Error)
		if refused && refusal.Code == "InvalidArgument" {
			refusal = noVersion(d.key, d.id) // of an id that never was one
		}
		var o output
		o.text("Key", d.key)
		switch {
		case refused:
			o.str("VersionId", d.id)
			o.text("Code", refusal.Code)
			o.text("Message", refusal.Message)
			errs = append(errs, o.value())
			continue
		case err != nil:
			return nil, err
		case wanted.flag("Quiet"):
			continue
		}
		o.str("VersionId", d.id)
		if done.marker {
			o.flag("DeleteMarker", true)
			o.str("DeleteMarkerVersionId", done.id)
		}
		gone = append(gone, o.value())
	}
	var o output
	o.list("Deleted", gone)
	o.list("Errors", errs)
	return o.reply(), nil
}
