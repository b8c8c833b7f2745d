package s3

import (
	"fmt"
	"testing"
	"time"
)

func TestRetention(t *testing.T) {
	b := start(t, "")
	b.do("CreateBucket", `{"Bucket":"bkt","ObjectLockEnabledForBucket":true}`)
	in := func(d time.Duration) int64 { return b.clock.Add(d).Unix() }
	put := func(mode string, until int64) string {
		return fmt.Sprintf(`{"Bucket":"bkt","Key":"k","Retention":{"Mode":%q,"RetainUntilDate":%d}}`, mode, until)
	}
	with := func(doc string) string { return doc[:len(doc)-1] + `,"BypassGovernanceRetention":true}` }
	id := b.do("PutObject", fmt.Sprintf(`{"Bucket":"bkt","Key":"k","ObjectLockMode":"GOVERNANCE","ObjectLockRetainUntilDate":%d}`, in(time.Hour))).str("VersionId")
	gone := fmt.Sprintf(`{"Bucket":"bkt","Key":"k","VersionId":%q}`, id)
	b.refused("DeleteObject", gone, "AccessDenied")
	b.refused("PutObjectRetention", put(governance, in(time.Minute)), "AccessDenied")
	b.refused("PutObjectRetention", put(compliance, in(time.Hour)), "AccessDenied") // another mode needs the bypass
	b.do("PutObjectRetention", put(governance, in(2*time.Hour)))                    // longer does not
	b.do("PutObjectRetention", with(put(governance, in(time.Hour))))
	b.do("PutObjectRetention", with(put(compliance, in(time.Hour))))
	b.refused("PutObjectRetention", with(put(compliance, in(time.Minute))), "AccessDenied")
	b.refused("PutObjectRetention", with(put(governance, in(time.Hour))), "AccessDenied")
	b.refused("DeleteObject", with(gone), "AccessDenied")
	b.do("PutObjectLegalHold", `{"Bucket":"bkt","Key":"k","LegalHold":{"Status":"ON"}}`)
	b.clock = b.clock.Add(2 * time.Hour)
	b.refused("DeleteObject", with(gone), "AccessDenied") // the hold has no end
	b.do("PutObjectLegalHold", `{"Bucket":"bkt","Key":"k","LegalHold":{"Status":"OFF"}}`)
	b.do("DeleteObject", gone)
	b.do("DeleteBucket", `{"Bucket":"bkt"}`)
}
