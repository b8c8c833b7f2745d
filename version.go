package statelark

import (
	"strconv"
	"time"

	"github.com/statelark/statelark/arn"
)

// Version is a revision of a state machine that was published. It never changes, and keeps its revision.
type Version struct {
	Machine     string // ARN of the state machine, unqualified
	Number      int64  // from 1 up; none is used twice
	Created     time.Time
	Description string
}

// ARN returns the ARN of the version.
func (v *Version) ARN() string { return VersionARN(v.Machine, v.Number) }

// VersionARN returns the ARN of a version of a state machine.
func VersionARN(machine string, number int64) string {
	return arn.Qualified(machine, strconv.FormatInt(number, 10))
}

// VersionNumber returns the number that qualifies the ARN of a version, false when it qualifies none.
func VersionNumber(qualifier string) (int64, bool) {
	n, err := strconv.ParseInt(qualifier, 10, 64)
	return n, err == nil && n > 0 && qualifier == strconv.FormatInt(n, 10)
}
