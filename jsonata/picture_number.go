package jsonata

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// $formatNumber follows fn:format-number of XPath: the picture is cut into a prefix, digits and a suffix,
// checked, analysed into sizes and positions, and the number is printed by them.

// numberFormat holds the characters that a picture and its output are made of.
type numberFormat struct {
	decimal, grouping, exponent, minus, percent, perMille, zero, digit, separator string

	infinity, nan string // part of the options, printed by none
}

// numberOptions maps the option names to the fields they set.
func (f *numberFormat) option(name string) *string {
	switch name {
	case "decimal-separator":
		return &f.decimal
	case "grouping-separator":
		return &f.grouping
	case "exponent-separator":
		return &f.exponent
	case "infinity":
		return &f.infinity
	case "minus-sign":
		return &f.minus
	case "NaN":
		return &f.nan
	case "percent":
		return &f.percent
	case "per-mille":
		return &f.perMille
	case "zero-digit":
		return &f.zero
	case "digit":
		return &f.digit
	case "pattern-separator":
		return &f.separator
	}
	return nil
}

func newNumberFormat(options val, d Dialect) *numberFormat {
	f := &numberFormat{
		decimal: ".", grouping: ",", exponent: "e", minus: "-", percent: "%", perMille: "‰", zero: "0", digit: "#",
		separator: ";", infinity: "Infinity", nan: "NaN",
	}
	for _, m := range options.members(d) {
		if field := f.option(m.key); field != nil && m.val.tag == tagString && m.val.text() != "" {
			*field = m.val.text()
		}
	}
	return f
}

// isDigitChar reports whether r belongs to the ten digits that start at the zero digit.
func (f *numberFormat) isDigitChar(r rune) bool {
	zero := firstRune(f.zero)
	return r >= zero && r <= zero+9
}

// isActive reports whether a picture's character is more than decoration.
func (f *numberFormat) isActive(r rune) bool {
	c := string(r)
	return f.isDigitChar(r) || c == f.decimal || c == f.exponent || c == f.grouping || c == f.digit || c == f.separator
}

// digits counts the characters of s that are digits, optional ones included where wanted.
func (f *numberFormat) digits(s string, optional bool) int {
	n := 0
	for _, r := range s {
		if f.isDigitChar(r) || optional && string(r) == f.digit {
			n++
		}
	}
	return n
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// subPicture is the picture for the numbers of one sign, cut into its parts.
type subPicture struct {
	text, prefix, suffix      string
	active, mantissa, integer string
	fraction, exponent        string
	hasExponent               bool
}

func (f *numberFormat) cut(text string) subPicture {
	p := subPicture{text: text}
	chars := []rune(text)
	solid := func(r rune) bool { return f.isActive(r) && string(r) != f.exponent }
	first := slices.IndexFunc(chars, solid)
	if first >= 0 {
		last := len(chars) - 1
		for !solid(chars[last]) {
			last--
		}
		p.prefix, p.suffix = string(chars[:first]), string(chars[last+1:])
	}
	p.active = text[len(p.prefix) : len(text)-len(p.suffix)]
	p.mantissa = p.active
	// The reference searches the exponent after the prefix but cuts by its place in the whole sub-picture.
	if i := strings.Index(text[len(p.prefix):], f.exponent); i >= 0 && i+len(p.prefix) <= len(text)-len(p.suffix) {
		at, active := runeCount(text[:i+len(p.prefix)]), runeCount(p.active)
		p.mantissa, p.exponent = sliceRunes(p.active, 0, min(at, active)), sliceRunes(p.active, min(at+1, active), active)
		p.hasExponent = true
	}
	p.integer, p.fraction = p.mantissa, p.suffix
	if whole, fraction, ok := strings.Cut(p.mantissa, f.decimal); ok {
		p.integer, p.fraction = whole, fraction
	}
	return p
}

// check applies the rules for pictures; of several that are broken the last one is reported.
func (f *numberFormat) check(p *subPicture) *Error {
	code := ""
	broken := func(rule string, is bool) {
		if is {
			code = rule
		}
	}
	has := func(s string) bool { return strings.Contains(p.text, s) }
	percent, perMille := has(f.percent), has(f.perMille)
	broken("D3081", strings.Count(p.text, f.decimal) > 1)
	broken("D3082", strings.Count(p.text, f.percent) > 1)
	broken("D3083", strings.Count(p.text, f.perMille) > 1)
	broken("D3084", percent && perMille)
	broken("D3085", f.digits(p.mantissa, true) == 0)
	broken("D3086", strings.ContainsFunc(p.active, func(r rune) bool { return !f.isActive(r) }))
	if before, after, decimal := strings.Cut(p.text, f.decimal); decimal {
		broken("D3087", strings.HasSuffix(before, f.grouping) || strings.HasPrefix(after, f.grouping))
	} else {
		broken("D3088", strings.HasSuffix(p.integer, f.grouping))
	}
	broken("D3089", has(f.grouping+f.grouping))
	before, _, optional := strings.Cut(p.integer, f.digit)
	broken("D3090", optional && f.digits(before, false) > 0)
	i := strings.LastIndex(p.fraction, f.digit)
	broken("D3091", i >= 0 && f.digits(p.fraction[i:], false) > 0)
	broken("D3092", p.exponent != "" && (percent || perMille))
	broken("D3093", p.hasExponent && (p.exponent == "" || f.digits(p.exponent, false) < len([]rune(p.exponent))))
	if code != "" {
		return fail(code)
	}
	return nil
}

// numberLayout says how a number is laid out.
type numberLayout struct {
	prefix, suffix, picture  string
	groups                   []int // places of the separators left of the point, in digits from it
	spacing                  int   // their distance when it is regular
	fractionGroups           []int
	minInteger, scaling      int
	minFraction, maxFraction int
	minExponent              int
}

func (f *numberFormat) analyse(p subPicture) numberLayout {
	l := numberLayout{prefix: p.prefix, suffix: p.suffix, picture: p.text}
	l.groups = f.groupPositions(p.integer, p.integer, false)
	l.spacing = regularSpacing(l.groups)
	l.fractionGroups = f.groupPositions(p.fraction, p.integer, true)
	l.minInteger = f.digits(p.integer, false)
	l.scaling = l.minInteger
	l.minFraction = f.digits(p.fraction, false)
	l.maxFraction = f.digits(p.fraction, true)
	if l.minInteger == 0 && l.maxFraction == 0 {
		if p.hasExponent {
			l.minFraction, l.maxFraction = 1, 1
		} else {
			l.minInteger = 1
		}
	}
	if p.hasExponent && l.minInteger == 0 && strings.Contains(p.integer, f.digit) {
		l.minInteger = 1
	}
	if l.minInteger == 0 && l.minFraction == 0 {
		l.minFraction = 1
	}
	l.minExponent = f.digits(p.exponent, false)
	return l
}

// groupPositions returns for each grouping separator of part the digits between it and the point. As in the
// reference, a second separator is looked for in the integer part, whichever part the first one stood in.
func (f *numberFormat) groupPositions(part, integer string, leftOf bool) []int {
	var positions []int
	for at := strings.Index(part, f.grouping); at >= 0; {
		cut := min(at, len(part))
		if leftOf {
			positions = append(positions, f.digits(part[:cut], true))
		} else {
			positions = append(positions, f.digits(part[cut:], true))
		}
		from := at + len(f.grouping)
		if from > len(integer) {
			break
		}
		if at = strings.Index(integer[from:], f.grouping); at >= 0 {
			at += from
		}
	}
	return positions
}

func formatNumber(c *call) (val, *Error) {
	n := c.arg(0)
	if !n.defined() {
		return undefined, nil
	}
	if !c.arg(1).defined() {
		e := fail("T0410")
		e.Index = 2
		return undefined, e
	}
	f := newNumberFormat(c.arg(2), c.ev.dialect)
	pictures := strings.Split(c.arg(1).text(), f.separator)
	if len(pictures) > 2 {
		return undefined, fail("D3080")
	}
	parts := make([]subPicture, len(pictures))
	for i, text := range pictures {
		parts[i] = f.cut(text)
	}
	for i := range parts {
		if err := f.check(&parts[i]); err != nil {
			return undefined, err
		}
	}
	picture := c.arg(1).text()
	if err := c.ev.spend(strings.Count(picture, f.grouping) * len(picture) / compared); err != nil {
		return undefined, err
	}
	layout := f.analyse(parts[0])
	if !(n.num >= 0) {
		if len(parts) == 2 {
			layout = f.analyse(parts[1])
		} else {
			layout.prefix = f.minus + layout.prefix
		}
	}
	if err := c.afford(f, &layout); err != nil {
		return undefined, err
	}
	return stringVal(f.format(n.num, &layout)), nil
}

// afford counts what it costs to lay a number out, and refuses a text that is too long. Each separator that is put
// in moves the digits after it.
func (c *call) afford(f *numberFormat, l *numberLayout) *Error {
	digits := l.minInteger + l.maxFraction + maxDigits
	separators := len(l.groups) + len(l.fractionGroups)
	if l.spacing > 0 {
		separators += digits / l.spacing
	}
	if l.minInteger+l.minFraction+l.minExponent > c.ev.maxMemory/max(1, len(f.zero)) || separators > c.ev.maxMemory/max(1, len(f.grouping)) {
		return c.ev.failMemory()
	}
	return c.ev.spend((digits + separators*(digits+separators*len(f.grouping))) / bytesRead)
}

// maxDigits is more than a float64 has.
const maxDigits = 400

func (f *numberFormat) format(n float64, l *numberLayout) string {
	switch {
	case strings.Contains(l.picture, f.percent):
		n *= 100
	case strings.Contains(l.picture, f.perMille):
		n *= 1000
	}
	exponent := 0
	if l.minExponent > 0 {
		n, exponent = normalise(n, l.scaling)
	}
	whole, fraction, _ := strings.Cut(f.fixed(roundHalfEven(n, l.maxFraction), l.maxFraction), ".")
	whole = f.padded(f.trimLeft(whole), l.minInteger)
	fraction = f.trimRight(fraction)
	fraction += strings.Repeat(f.zero, max(0, l.minFraction-runeCount(fraction)))
	s := f.group([]rune(whole+f.decimal+fraction), runeCount(whole), l)
	if !strings.Contains(l.picture, f.decimal) || strings.HasSuffix(s, f.decimal) {
		s = s[:len(s)-len(lastChar(s))]
	}
	if l.minExponent > 0 {
		s += f.exponent
		if exponent < 0 {
			s += f.minus
		}
		s += f.padded(f.fixed(float64(exponent), 0), l.minExponent)
	}
	return l.prefix + s + l.suffix
}

// padded fills up to width digits with zeros.
func (f *numberFormat) padded(digits string, width int) string {
	return strings.Repeat(f.zero, max(0, width-runeCount(digits))) + digits
}

// group inserts the grouping separators into digits, whose decimal separator stands at point.
func (f *numberFormat) group(digits []rune, point int, l *numberLayout) string {
	insert := func(at int) {
		if at < 0 { // as in the reference, from the end then
			at = max(0, len(digits)+at)
		}
		at = min(at, len(digits))
		digits = slices.Insert(digits, at, []rune(f.grouping)...)
		point++
	}
	if l.spacing > 0 {
		for at := point - l.spacing; at > 0; at -= l.spacing {
			insert(at)
		}
	} else {
		for _, p := range l.groups {
			insert(point - p)
		}
	}
	point = max(0, slices.Index(digits, firstRune(f.decimal)))
	from := point + 1
	for _, p := range l.fractionGroups {
		insert(from + p)
	}
	return string(digits)
}

func lastChar(s string) string {
	r := []rune(s)
	return string(r[len(r)-1:])
}

func (f *numberFormat) trimLeft(digits string) string {
	for f.zero != "" && strings.HasPrefix(digits, f.zero) {
		digits = digits[len(f.zero):]
	}
	return digits
}

func (f *numberFormat) trimRight(digits string) string {
	for f.zero != "" && strings.HasSuffix(digits, f.zero) {
		digits = digits[:len(digits)-len(f.zero)]
	}
	return digits
}

// normalise scales the mantissa so that it has as many digits before the point as the picture, and returns the
// power of ten taken out. Zero and what is not finite are left alone: scaling them would never end.
func normalise(n float64, digits int) (float64, int) {
	exponent := 0
	if n == 0 || math.IsNaN(n) || math.IsInf(n, 0) {
		return n, 0
	}
	most, least := math.Pow(10, float64(digits)), math.Pow(10, float64(digits-1))
	if n < 0 {
		// The reference compares the signed number and would scale it for ever.
		m, e := normalise(-n, digits)
		return -m, e
	}
	for ; n < least; n *= 10 {
		exponent--
	}
	for ; n > most; n /= 10 {
		exponent++
	}
	return n, exponent
}

// fixed prints the magnitude of n with the given decimals after a point, in the format's digits.
func (f *numberFormat) fixed(n float64, decimals int) string {
	n = math.Abs(n)
	text := formatFloat(n)
	if n < 1e21 {
		text = strconv.FormatFloat(n, 'f', decimals, 64)
	}
	if f.zero == "0" {
		return text
	}
	zero := firstRune(f.zero)
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + zero
		}
		return r
	}, text)
}
