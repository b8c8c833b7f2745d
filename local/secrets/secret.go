package secrets

import (
	"crypto/rand"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
)

// The staging labels that AWS gives.
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
	pending  = "AWSPENDING"
)

// secret is a secret without its values. Times are Unix ms, 0: never.
type secret struct {
	Name        string     `json:"name"`
	ARN         string     `json:"arn"`
	Description string     `json:"description,omitempty"`
	KMSKey      string     `json:"kmsKey,omitempty"`
	Type        string     `json:"type,omitempty"`
	Created     int64      `json:"created"`
	Changed     int64      `json:"changed"`
	Accessed    int64      `json:"accessed,omitempty"`
	Deleted     int64      `json:"deleted,omitempty"` // when it was marked
	Gone        int64      `json:"gone,omitempty"`    // when the recovery window ends
	Tags        []tag      `json:"tags,omitempty"`
	Policy      string     `json:"policy,omitempty"`
	Versions    []*version `json:"versions,omitempty"` // oldest first
	Rotation    *rotation  `json:"rotation,omitempty"`
}

type version struct {
	ID       string   `json:"id"`
	Created  int64    `json:"created"`
	Accessed int64    `json:"accessed,omitempty"`
	Stages   []string `json:"stages,omitempty"`
	KMSKey   string   `json:"kmsKey,omitempty"`
	// Empty: a rotation has begun and has not put the value yet.
	Empty bool `json:"empty,omitempty"`
}

// payload is the value of a version.
type payload struct {
	Text   *string `json:"text,omitempty"`
	Binary []byte  `json:"binary,omitempty"`
}

func (p payload) given() bool { return p.Text != nil || p.Binary != nil }

func (p payload) equal(q payload) bool {
	return slices.Equal(p.Binary, q.Binary) && (p.Text == nil) == (q.Text == nil) && (p.Text == nil || *p.Text == *q.Text)
}

type tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

func (x *secret) version(id string) *version {
	for _, v := range x.Versions {
		if v.ID == id {
			return v
		}
	}
	return nil
}

// staged returns the version that has a staging label, nil when none has.
func (x *secret) staged(stage string) *version {
	for _, v := range x.Versions {
		if slices.Contains(v.Stages, stage) {
			return v
		}
	}
	return nil
}

// move moves a staging label. The version that AWSCURRENT is taken from becomes AWSPREVIOUS.
func (x *secret) move(stage string, to *version) {
	from := x.staged(stage)
	if from == to {
		return
	}
	if from != nil {
		from.Stages = slices.DeleteFunc(from.Stages, func(s string) bool { return s == stage })
	}
	if to != nil {
		to.Stages = append(to.Stages, stage)
	}
	if stage != current || from == nil {
		return
	}
	if to != nil {
		to.Stages = slices.DeleteFunc(to.Stages, func(s string) bool { return s == previous })
	}
	x.move(previous, from)
}

// touch notes a change. No two changes have the same time.
func (x *secret) touch(now time.Time) { x.Changed = max(now.UnixMilli(), x.Changed+1) }

func seconds(ms int64) float64 { return local.Seconds(time.UnixMilli(ms)) }

// day is the beginning of a day in UTC: the last access is told to the day.
func day(now time.Time) int64 { return now.UTC().Truncate(24 * time.Hour).UnixMilli() }

var (
	nameForm      = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]+$`)
	suffixLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

const suffixLength = 6

// suffix is what is added to the name in an ARN, so that a secret made anew under a name is not taken for the old one.
func suffix() string {
	var b [suffixLength]byte
	rand.Read(b[:])
	for i := range b {
		b[i] = suffixLetters[int(b[i])%len(suffixLetters)]
	}
	return string(b[:])
}

func checkName(name string) *awswire.Error {
	if !nameForm.MatchString(name) {
		return refuse("ValidationException",
			"Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	return nil
}

// find returns the secret that an id names: its name, its ARN, or its ARN without the suffix. nil: there is none.
func (s *Service) find(at arn.Place, id string) (*secret, error) {
	names, full := []string{id}, ""
	if strings.HasPrefix(id, "arn:") {
		name, here := strings.CutPrefix(id, at.ARN("secretsmanager", "secret:"))
		if !here {
			return nil, nil
		}
		names, full = []string{name}, id
		if cut := len(name) - suffixLength - 1; cut > 0 && name[cut] == '-' {
			names = append(names, name[:cut])
		}
	} else if err := checkName(id); err != nil {
		return nil, err
	}
	for i, name := range names {
		x, err := s.secrets.Get(at, name)
		if err != nil {
			return nil, err
		}
		if x == nil || i > 0 && x.ARN != full {
			continue
		}
		if x.Gone != 0 && x.Gone <= s.o.Now().UnixMilli() {
			return nil, s.remove(at, x)
		}
		return x, nil
	}
	return nil, nil
}

// live returns a secret that there is and that is not marked for deletion.
func (s *Service) live(at arn.Place, id string) (*secret, error) {
	x, err := s.known(at, id)
	if err == nil && x.Deleted != 0 {
		return nil, invalidRequest("You can't perform this operation on the secret because it was marked for deletion.")
	}
	return x, err
}

// known returns a secret that there is.
func (s *Service) known(at arn.Place, id string) (*secret, error) {
	x, err := s.find(at, id)
	if err == nil && x == nil {
		err = notFound(".")
	}
	return x, err
}

func (s *Service) remove(at arn.Place, x *secret) error {
	var b kv.Batch
	s.secrets.Delete(&b, at, x.Name)
	s.values.DeleteAll(&b, at, x.Name)
	return s.o.Store.Apply(&b)
}

func (s *Service) save(at arn.Place, x *secret) error { return s.secrets.Save(x, at, x.Name) }
