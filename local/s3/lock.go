package s3

import (
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

func (s *Service) addLocks() {
	s.addIn("GetObjectLockConfiguration", s.getLockConfiguration)
	s.addIn("PutObjectLockConfiguration", s.putLockConfiguration)
	s.addIn("GetObjectRetention", s.getRetention)
	s.addIn("PutObjectRetention", s.putRetention)
	s.addIn("GetObjectLegalHold", s.getLegalHold)
	s.addIn("PutObjectLegalHold", s.putLegalHold)
}

const (
	governance = "GOVERNANCE"
	compliance = "COMPLIANCE"
)

// protects reports whether a version may not be removed.
func (l retention) protects(now int64, bypass bool) bool {
	return l.Hold == "ON" || l.retains(now) && !(l.Mode == governance && bypass)
}

func (l retention) retains(now int64) bool { return l.Mode != "" && l.Until > now }

func (l retention) tell(o *output) {
	if l.Mode != "" {
		o.text("ObjectLockMode", l.Mode)
		o.when("ObjectLockRetainUntilDate", l.Until)
	}
	o.str("ObjectLockLegalHoldStatus", l.Hold)
}

func noLock() *awswire.Error { return badRequest("Bucket is missing Object Lock Configuration") }

func pastDate(until time.Time) *awswire.Error {
	pacific := time.FixedZone("PST", -8*60*60)
	return badArgument("The retain until date must be in the future!", "RetainUntilDate", until.In(pacific).Format("Mon Jan 02 15:04:05 MST 2006"))
}

// retentionOf reads what a write locks its object with; the default of the bucket stands in for it.
func (s *Service) retentionOf(c *call, b *bucket) (retention, error) {
	mode, hold := c.str("ObjectLockMode"), c.str("ObjectLockLegalHoldStatus")
	until, dated := c.time("ObjectLockRetainUntilDate")
	if (mode != "" || dated || hold != "") && !b.Lock {
		return retention{}, noLock()
	}
	switch {
	case mode != "" && !dated:
		return retention{}, badHeader("x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied", "x-amz-object-lock-retain-until-date")
	case mode == "" && dated:
		return retention{}, badHeader("x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied", "x-amz-object-lock-mode")
	case mode != "" && mode != governance && mode != compliance:
		return retention{}, badHeader("Unknown wormMode directive.", "x-amz-object-lock-mode")
	case hold != "" && hold != "ON" && hold != "OFF":
		return retention{}, badHeader("Legal Hold must be either of 'ON' or 'OFF'", "x-amz-object-lock-legal-hold")
	case dated && !until.After(s.now()):
		return retention{}, badHeader("The retain until date must be in the future!", "x-amz-object-lock-retain-until-date")
	case dated:
		return retention{mode, until.UnixMilli(), hold}, nil
	}
	l, err := s.defaultRetention(b)
	l.Hold = hold
	return l, err
}

func (s *Service) defaultRetention(b *bucket) (retention, error) {
	if !b.Lock {
		return retention{}, nil
	}
	doc, err := s.configuration(b.Name, "objectlock", "")
	if err != nil {
		return retention{}, err
	}
	rule := (input{doc}).sub("Rule").sub("DefaultRetention")
	if rule.str("Mode") == "" {
		return retention{}, nil
	}
	until := s.now().AddDate(int(rule.int("Years")), 0, int(rule.int("Days")))
	return retention{Mode: rule.str("Mode"), Until: until.UnixMilli()}, nil
}

func (s *Service) getLockConfiguration(_ *call, b *bucket) (*awswire.Reply, error) {
	if !b.Lock {
		return nil, missing("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")(b)
	}
	doc, err := s.configuration(b.Name, "objectlock", "")
	if err != nil {
		return nil, err
	}
	if !doc.Exists() {
		doc = value.Checked(`{"ObjectLockEnabled":"Enabled"}`)
	}
	var o output
	o.add("ObjectLockConfiguration", doc)
	return o.reply(), nil
}

func (s *Service) putLockConfiguration(c *call, b *bucket) (*awswire.Reply, error) {
	if !c.has("ObjectLockConfiguration") {
		return nil, refuse(400, "MissingRequestBodyError", "Request Body is empty")
	}
	doc := c.sub("ObjectLockConfiguration")
	if doc.str("ObjectLockEnabled") != "Enabled" {
		return nil, malformedXML()
	}
	if doc.has("Rule") {
		rule := doc.sub("Rule").sub("DefaultRetention")
		mode := rule.str("Mode")
		if mode != governance && mode != compliance || rule.has("Days") == rule.has("Years") {
			return nil, malformedXML()
		}
		for _, unit := range []string{"Days", "Years"} {
			if n := rule.int(unit); rule.has(unit) && n <= 0 {
				return nil, refuse(400, "InvalidArgument", "Default retention period must be a positive integer value.")
			}
		}
		if rule.int("Days") > 36500 || rule.int("Years") > 100 {
			return nil, refuse(400, "InvalidArgument", "Default retention period too large")
		}
	}
	if b.Versioning != "Enabled" {
		return nil, refuse(409, "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
	}
	if err := s.change(b.Name, func(b *bucket) { b.Lock = true }); err != nil {
		return nil, err
	}
	return &awswire.Reply{}, s.configure(b.Name, func(batch *kv.Batch) {
		batch.Set(configurationKey(b.Name, "objectlock", ""), encodeDocument(doc.doc))
	})
}

func (s *Service) getRetention(c *call, b *bucket) (*awswire.Reply, error) {
	v, err := s.find(b, c.str("Key"), c.str("VersionId"), "GET")
	if err != nil {
		return nil, err
	}
	if !b.Lock {
		return nil, noLock()
	}
	if v.Lock.Mode == "" {
		return nil, noLockOfObject()
	}
	var r, o output
	r.text("Mode", v.Lock.Mode)
	r.when("RetainUntilDate", v.Lock.Until)
	o.add("Retention", r.value())
	return o.reply(), nil
}

func noLockOfObject() *awswire.Error {
	return refuse(404, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration")
}

func (s *Service) putRetention(c *call, b *bucket) (*awswire.Reply, error) {
	asked := c.sub("Retention")
	mode := asked.str("Mode")
	until, dated := asked.time("RetainUntilDate")
	bypass := c.flag("BypassGovernanceRetention")
	switch { // what the body says is looked at before the object
	case (mode != "") != dated, mode != "" && mode != governance && mode != compliance:
		return nil, malformedXML()
	case dated && until.UnixMilli() <= s.stamp():
		return nil, pastDate(until)
	}
	_, err := s.revise(b, c.str("Key"), c.str("VersionId"), "PUT", func(v *version) *awswire.Error {
		if !b.Lock {
			return noLock()
		}
		if v.Lock.retains(s.stamp()) {
			// It may be extended, and else altered by the bypass alone: to another mode as well.
			altered := until.UnixMilli() < v.Lock.Until || mode != v.Lock.Mode
			if altered && (v.Lock.Mode == compliance || !bypass) {
				return locked()
			}
		}
		v.Lock.Mode, v.Lock.Until = mode, 0
		if dated {
			v.Lock.Until = until.UnixMilli()
		}
		return nil
	})
	return &awswire.Reply{}, err
}

func (s *Service) getLegalHold(c *call, b *bucket) (*awswire.Reply, error) {
	v, err := s.find(b, c.str("Key"), c.str("VersionId"), "GET")
	if err != nil {
		return nil, err
	}
	if !b.Lock {
		return nil, noLock()
	}
	if v.Lock.Hold == "" {
		return nil, noLockOfObject()
	}
	var h, o output
	h.text("Status", v.Lock.Hold)
	o.add("LegalHold", h.value())
	return o.reply(), nil
}

func (s *Service) putLegalHold(c *call, b *bucket) (*awswire.Reply, error) {
	status := c.sub("LegalHold").str("Status")
	if status != "ON" && status != "OFF" {
		return nil, malformedXML()
	}
	_, err := s.revise(b, c.str("Key"), c.str("VersionId"), "PUT", func(v *version) *awswire.Error {
		if !b.Lock {
			return noLock()
		}
		v.Lock.Hold = status
		return nil
	})
	return &awswire.Reply{}, err
}
