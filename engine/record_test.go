package engine

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/statelark/statelark"
)

// What the golden files hold. Every field has a value, so that one that is not stored is missed.
var (
	goldenMachine = statelark.StateMachine{
		ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:Orders", Name: "Orders", Type: statelark.Express,
		Definition: "{\"StartAt\": \"P\", \"Comment\": \"<ä&>\",\n \"States\": {\"P\": {\"Type\": \"Pass\", \"End\": true}}}",
		RoleARN:    "arn:aws:iam::000000000000:role/r",
		Logging: statelark.LoggingConfiguration{
			Level: statelark.LogError, IncludeExecutionData: true, LogGroups: []string{"arn:aws:logs:us-east-1:000000000000:log-group:g:*"},
		},
		Tracing:    statelark.TracingConfiguration{Enabled: true},
		Encryption: statelark.EncryptionConfiguration{KeyID: "alias/k", ReusePeriod: 300},
		Revision:   "0c5a6a42-5a08-4d3b-9a35-7b0f6d6f2a11",
		Created:    time.UnixMilli(1767225600123).UTC(), Updated: time.UnixMilli(1767312000456).UTC(),
	}
	goldenTags = []statelark.Tag{{Key: "team", Value: "ä"}, {Key: "empty"}}
	goldenHead = head{
		ARN: goldenMachine.ARN, Name: "Orders", Type: statelark.Express, Created: goldenMachine.Created,
		Revision: "0c5a6a42-5a08-4d3b-9a35-7b0f6d6f2a11@1767225600123", Deleting: true, Tags: goldenTags,
	}
	goldenActivity = statelark.Activity{
		ARN: "arn:aws:states:us-east-1:000000000000:activity:Pack", Name: "Pack", Created: goldenMachine.Created,
		Encryption: goldenMachine.Encryption, Tags: goldenTags,
	}
	goldenSuperseded = superseded{ARN: goldenHead.ARN, Revision: goldenHead.Revision, Bound: goldenMachine.Updated}
	goldenPublished  = published{
		ARN: goldenHead.ARN, Last: 300,
		Versions: []version{
			{statelark.Version{Machine: goldenHead.ARN, Number: 2, Created: goldenMachine.Created}, "INITIAL@1767225600123"},
			{statelark.Version{Machine: goldenHead.ARN, Number: 299, Created: goldenMachine.Updated, Description: "ä"}, goldenHead.Revision},
		},
		Aliases: []*statelark.Alias{
			{Machine: goldenHead.ARN, Name: "PROD", Description: "ö", Routes: []statelark.Route{{Version: 2, Weight: 90}, {Version: 299, Weight: 10}},
				Created: goldenMachine.Created, Updated: goldenMachine.Updated},
			{Machine: goldenHead.ARN, Name: "a.b", Routes: []statelark.Route{{Version: 299, Weight: 100}}, Created: goldenMachine.Created, Updated: goldenMachine.Created},
		},
	}
	goldenSecret = func() []byte {
		s := make([]byte, secretLength)
		for i := range s {
			s[i] = byte('{' + i)
		}
		return s
	}()
)

// golden tells of one kind of record what its golden files hold.
type golden struct {
	name   string
	now    byte
	first  byte // the oldest version that there is
	write  func() []byte
	read   func([]byte) (any, error)
	want   any
	unlike []string // fields that have no value, with reason, in goldens or in the store
}

func goldenOf[T any](name string, first byte, k recordKind[T], want *T, unlike ...string) golden {
	return golden{
		name: name, now: k.now, first: first, want: want, unlike: unlike,
		write: func() []byte { return k.append(nil, want) },
		read:  func(data []byte) (any, error) { return k.parse(data) },
	}
}

func goldens() []golden {
	return []golden{
		goldenOf("machine", 0, headKind, &goldenHead, "use"),                                              // use lives in memory
		goldenOf("revision", 0, revisionKind, &goldenMachine, "Deleting", "Tags", "Version", "Variables"), // others have them, and nothing stores Variables
		goldenOf("superseded", 1, supersededKind, &goldenSuperseded),
		goldenOf("published", 1, publishedKind, &goldenPublished),
		goldenOf("activity", 0, activityKind, &goldenActivity),
		{
			name: "secret", now: secretVersion, want: goldenSecret,
			write: func() []byte { return appendSecret(nil, goldenSecret) },
			read:  func(data []byte) (any, error) { return parseSecret(data) },
		},
		goldenExpress(),
		goldenMockedExpress(), goldenForkedExpress(),
		goldenWork("work", `{"n": "ä"}`),
		goldenWork("work-large", strings.Repeat("[", 5000)+strings.Repeat("]", 5000)),
		goldenMockedWork(), goldenOpen(),
	}
}

// Every version that was ever written is read. A golden file is never changed: where the present form differs from
// that of its version, it needs a new version.
func TestGoldenRecords(t *testing.T) {
	for _, g := range goldens() {
		t.Run(g.name, func(t *testing.T) {
			for v := g.first; v <= g.now; v++ {
				name := fmt.Sprintf("testdata/golden/%s.v%d", g.name, v)
				data, err := os.ReadFile(name)
				if os.IsNotExist(err) && v == g.now && os.Getenv("STATELARK_NEW_GOLDEN") != "" {
					data, err = g.write(), os.WriteFile(name, g.write(), 0o644)
				}
				if err != nil {
					t.Fatalf("%v (STATELARK_NEW_GOLDEN=1 writes that of a new version)", err)
				}
				got, err := g.read(data)
				if diff := cmp.Diff(g.want, got, cmpopts.IgnoreUnexported(head{})); err != nil || diff != "" {
					t.Errorf("%s is read as (-want +got) %v:\n%s", name, err, diff)
				}
				if v == g.now && !bytes.Equal(g.write(), data) {
					t.Errorf("the stored form is no longer that of %s; give it a new version:\n%q", name, g.write())
				}
			}
		})
	}
}

// A field that is added to a record has to be stored, or to be named here.
func TestGoldenRecordsAreComplete(t *testing.T) {
	for _, g := range goldens() {
		v := reflect.Indirect(reflect.ValueOf(g.want))
		if v.Kind() != reflect.Struct {
			continue
		}
		for i := range v.NumField() {
			field := v.Type().Field(i).Name
			if v.Field(i).IsZero() && !strings.Contains(strings.Join(g.unlike, " "), field) {
				t.Errorf("%s: the golden record has no value for %s", g.name, field)
			}
		}
	}
}

func TestRecordsOfALaterReleaseAreRefused(t *testing.T) {
	for _, g := range goldens() {
		later := append([]byte{g.now + 1}, g.write()[1:]...)
		if _, err := g.read(later); err == nil || !strings.Contains(err.Error(), "a later release wrote it") {
			t.Errorf("%s: %v", g.name, err)
		}
		for _, broken := range [][]byte{nil, {}, {g.now}, {'{'}, []byte(`{"ARN":7}`)} {
			if _, err := g.read(broken); err == nil {
				t.Errorf("%s: %q was read", g.name, broken)
			}
		}
	}
}

// FuzzRecord reads what may be a record: it must not panic, and what it reads is written and read the same.
func FuzzRecord(f *testing.F) {
	for _, g := range goldens() {
		f.Add(g.write())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzKind(t, headKind, data)
		fuzzKind(t, revisionKind, data)
		fuzzKind(t, supersededKind, data)
		fuzzKind(t, activityKind, data)
		if s, err := parseSecret(data); err == nil && len(s) != secretLength {
			t.Errorf("a secret of %d bytes", len(s))
		}
	})
}

func fuzzKind[T any](t *testing.T, k recordKind[T], data []byte) {
	v, err := k.parse(data)
	if err != nil || data[0] == '{' { // version 0 keeps times that later ones do not
		return
	}
	again, err := k.parse(k.append(nil, v))
	if diff := cmp.Diff(v, again, cmpopts.IgnoreUnexported(head{})); err != nil || diff != "" {
		t.Errorf("read again (-want +got) %v:\n%s", err, diff)
	}
}
