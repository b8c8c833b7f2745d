package limits

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Presets are the names of the presets.
var Presets = []string{"aws", "free"}

// Preset returns the preset of a name.
func Preset(name string) (Limits, error) {
	switch name {
	case "aws":
		return AWS(), nil
	case "free":
		return Free(), nil
	}
	return Limits{}, fmt.Errorf("there are no limits %q; the presets are %s", name, strings.Join(Presets, " and "))
}

// none is the text for no limit at all.
const none = "none"

// Names lists the settings.
func Names() []string {
	names := make([]string, 0, len(table)+1)
	for i := range table {
		names = append(names, table[i].Name)
	}
	return append(names, "rates", "rate.OPERATION")
}

// Set sets one limit. Texts are a number, a size ("262144", "32MiB", "5GB"), a time ("5m", "14d") or "none"; "rates" is
// "aws" or "none", and "rate.StartExecution" the size of the bucket and its refill a second: "1300/300".
func (l *Limits) Set(name, text string) error {
	if operation, ok := strings.CutPrefix(name, "rate."); ok {
		return l.setRate(operation, text)
	}
	if name == "rates" {
		return l.setRates(text)
	}
	i := slices.IndexFunc(table, func(x Limit) bool { return x.Name == name })
	if i < 0 {
		return fmt.Errorf("there is no limit %q; the limits are %s", name, strings.Join(Names(), ", "))
	}
	x := &table[i]
	n, err := x.parse(text)
	if err != nil {
		return fmt.Errorf("the limit %s is %q; it has to be %w", name, text, err)
	}
	*x.at(l) = n
	return nil
}

// parse reads a value of the limit. The error says what would do.
func (x *Limit) parse(text string) (int64, error) {
	if text == none && (x.Most == 0 || x.Free == 0) {
		return 0, nil
	}
	n, ok := x.Unit.parse(strings.ReplaceAll(text, "_", ""))
	if !ok || n < x.Least || x.Most > 0 && n > x.Most {
		return 0, fmt.Errorf("%s", x.wanted())
	}
	return n, nil
}

func (x *Limit) wanted() string {
	s := map[Unit]string{Count: "a number", Characters: "a number", Bytes: "a size such as 262144 or 32MiB", Time: "a time such as 90s, 5m or 14d"}[x.Unit]
	s += ", " + x.Unit.Text(x.Least) + " at least"
	if x.Most > 0 {
		s += " and " + x.Unit.Text(x.Most) + " at most"
	}
	if x.Most == 0 || x.Free == 0 {
		s += ", or " + none
	}
	return s
}

var sizes = []struct {
	suffix string
	bytes  int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1}}

func (u Unit) parse(text string) (n int64, ok bool) {
	factor := int64(1)
	switch u {
	case Time:
		if d, err := time.ParseDuration(text); err == nil {
			return int64(d), true
		}
		text, ok = strings.CutSuffix(text, "d")
		if !ok {
			return 0, false
		}
		factor = int64(day)
	case Bytes:
		for _, s := range sizes {
			if rest, found := strings.CutSuffix(text, s.suffix); found {
				text, factor = strings.TrimSpace(rest), s.bytes
				break
			}
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > (1<<63-1)/factor || n < 0 {
		return 0, false
	}
	return n * factor, true
}

// Text is a number of the unit for people.
func (u Unit) Text(n int64) string {
	switch {
	case n == 0:
		return none
	case u == Time && n%int64(day) == 0:
		return strconv.FormatInt(n/int64(day), 10) + "d"
	case u == Time:
		text := time.Duration(n).String()
		for _, zero := range []string{"m0s", "h0m"} {
			if strings.HasSuffix(text, zero) {
				text = text[:len(text)-2]
			}
		}
		return text
	case u == Bytes:
		best := len(sizes) - 1
		for i, s := range sizes {
			if n%s.bytes == 0 && s.bytes > sizes[best].bytes {
				best = i
			}
		}
		return strconv.FormatInt(n/sizes[best].bytes, 10) + sizes[best].suffix
	}
	return strconv.FormatInt(n, 10)
}

// Value is what a limit is in l, for people.
func (x *Limit) Value(l *Limits) string { return x.Unit.Text(*x.at(l)) }

// Differing lists the limits of l that are not as in a preset, as NAME=VALUE.
func (l *Limits) Differing(from Limits) []string {
	var list []string
	for i := range table {
		if x := &table[i]; *x.at(l) != *x.at(&from) {
			list = append(list, x.Name+"="+x.Value(l))
		}
	}
	for _, operation := range slices.Sorted(maps.Keys(l.Rates)) {
		r := l.Rates[operation]
		list = append(list, fmt.Sprintf("rate.%s=%v/%v", operation, r.Size, r.Refill))
	}
	return list
}

func (l *Limits) setRates(text string) error {
	switch text {
	case "aws":
		l.Rates = maps.Clone(AWSRates)
	case none:
		l.Rates = nil
	default:
		return fmt.Errorf("the limit rates is %q; it has to be aws or none", text)
	}
	return nil
}

func (l *Limits) setRate(operation, text string) error {
	if _, ok := AWSRates[operation]; !ok {
		return fmt.Errorf("there is no operation %q that could have a rate", operation)
	}
	rates := maps.Clone(l.Rates)
	if rates == nil {
		rates = make(map[string]Rate)
	}
	if text == none {
		delete(rates, operation)
		l.Rates = rates
		return nil
	}
	size, refill, ok := strings.Cut(text, "/")
	a, err := strconv.ParseFloat(size, 64)
	b, err2 := strconv.ParseFloat(refill, 64)
	if !ok || err != nil || err2 != nil || !(a >= 1 && a < 1e9) || !(b > 0 && b < 1e9) {
		return fmt.Errorf("the limit rate.%s is %q; it has to be SIZE/REFILL, such as 1300/300 for 1,300 calls at once and 300 a second, or none", operation, text)
	}
	rates[operation] = Rate{a, b}
	l.Rates = rates
	return nil
}
