package schedule

import (
	"testing"
	"time"
)

func TestNext(t *testing.T) {
	begin := time.Date(2026, 1, 30, 10, 17, 30, 0, time.UTC) // a Friday
	for _, c := range []struct{ text, want string }{
		{"rate(1 minute)", "2026-01-30T10:18:30Z"},
		{"rate(5 hours)", "2026-01-30T15:17:30Z"},
		{"rate(2 days)", "2026-02-01T10:17:30Z"},
		{"cron(0 12 * * ? *)", "2026-01-30T12:00:00Z"},
		{"cron(17 10 * * ? *)", "2026-01-31T10:17:00Z"},
		{"cron(0/15 * * * ? *)", "2026-01-30T10:30:00Z"},
		{"cron(0 9 ? * MON-FRI *)", "2026-02-02T09:00:00Z"},
		{"cron(0 9 ? * 2 *)", "2026-02-02T09:00:00Z"},
		{"cron(0 0 1 1 ? 2030)", "2030-01-01T00:00:00Z"},
		{"cron(0 8 L * ? *)", "2026-01-31T08:00:00Z"},
		{"cron(0 8 L-2 FEB ? *)", "2026-02-26T08:00:00Z"},
		{"cron(0 8 ? * 6L *)", "2026-02-27T08:00:00Z"},
		{"cron(0 8 ? * MON#2 *)", "2026-02-09T08:00:00Z"},
		{"cron(0 8 1W * ? *)", "2026-02-02T08:00:00Z"}, // the 1st is a Sunday
		{"cron(0 8 LW 5 ? *)", "2026-05-29T08:00:00Z"}, // the 31st is a Sunday
		{"cron(0 8 29 2 ? *)", "2028-02-29T08:00:00Z"},
		{"cron(0 22-2 * * ? *)", "2026-01-30T22:00:00Z"},
		{"cron(0 8 1 1 ? 2020)", ""},
		{"cron(0 8 31 2 ? *)", ""},
	} {
		s, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		got := ""
		if next := s.Next(begin, begin); !next.IsZero() {
			got = next.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
	s, err := Parse("rate(10 minutes)")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Next(begin, begin.Add(25*time.Minute)); !got.Equal(begin.Add(30 * time.Minute)) {
		t.Errorf("after 25 minutes: %v", got)
	}
}

func TestInvalid(t *testing.T) {
	for _, text := range []string{
		"", "rate", "rate()", "rate(10)", "rate(1 minutes)", "rate(10 minute)", "rate(0 minutes)", "rate(-10 minutes)", "rate(10 seconds)", "rate(10 years)",
		"rate(10 MINUTES)", "rate( 10 minutes )", " rate(10 minutes)", "rate(foo minutes)", "rate(+1 minute)", "cron()", "cron(INVALID)", "cron(0 1 * * * *)",
		"cron(0 dummy ? * MON-FRI *)", "cron(7 20 * * NOT *)", "cron(71 8 1 * ? *)", "cron(0 8 ? * ? *)", "cron(0 8 1 * ?)", "cron(0 8 ? * MON#6 *)", "cron(0 8 32 * ? *)",
		"cron(0/0 8 1 * ? *)", "cron(0 8 1 * ? 1969)", "at(2026-01-01T00:00:00)",
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// FuzzNext wants what is due to be later than what it is later than, and due once more after the minute before it.
func FuzzNext(f *testing.F) {
	f.Add("cron(0/7 3-9,22 LW JAN,3/2 ? 2026-2030/2)", int64(1_769_768_250))
	f.Add("cron(5 5 ? * SUN#1 *)", int64(0))
	f.Add("rate(3 days)", int64(1))
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		s, err := Parse(text)
		if err != nil || unix < 0 || unix > 4_000_000_000 {
			return
		}
		after := time.Unix(unix, 0).UTC()
		next := s.Next(time.Unix(0, 0), after)
		if next.IsZero() {
			return
		}
		if !next.After(after) {
			t.Fatalf("%s: %v is not after %v", text, next, after)
		}
		if again := s.Next(time.Unix(0, 0), next.Add(-time.Second)); !again.Equal(next) {
			t.Errorf("%s: %v, then %v", text, next, again)
		}
	})
}
