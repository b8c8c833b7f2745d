package jsonata

import (
	"math"
	"strconv"
	"strings"
)

// integerForm is how a picture writes an integer.
type integerForm uint8

const (
	formDecimal integerForm = iota
	formLetters
	formRoman
	formWords
	formSequence // a numbering that is not supported
)

// letterCase is the case of letters, numerals, words and names.
type letterCase uint8

const (
	lowerCase letterCase = iota
	upperCase
	titleCase
)

// integerPicture is an analysed picture of fn:format-integer.
type integerPicture struct {
	form    integerForm
	letters letterCase
	ordinal bool
	token   string // the picture itself, for formSequence

	// formDecimal:
	zero      rune // the digit zero of the digits' family
	mandatory int  // digits to fill up to with zeros
	optional  int
	regular   int // a separator every so many digits; 0 when irregular
	separator []digitSeparator
}

// digitSeparator stands left of the last position digits.
type digitSeparator struct {
	position int
	char     string
}

// digitZeros are the zeros of the families of decimal digits in the 16-bit plane.
var digitZeros = [...]rune{
	0x30, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
	0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0,
	0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
}

// digitZero returns the zero of the family that r belongs to.
func digitZero(r rune) (rune, bool) {
	for _, zero := range digitZeros {
		if r >= zero && r <= zero+9 {
			return zero, true
		}
	}
	return 0, false
}

func parseIntegerPicture(picture string) (*integerPicture, *Error) {
	p := &integerPicture{}
	if i := strings.LastIndexByte(picture, ';'); i >= 0 {
		p.ordinal = strings.HasPrefix(picture[i+1:], "o")
		picture = picture[:i]
	}
	switch picture {
	case "A", "a":
		p.form = formLetters
	case "I", "i":
		p.form = formRoman
	case "W", "Ww", "w":
		p.form = formWords
	default:
		return p, p.parseDigits(picture)
	}
	switch {
	case picture == "Ww":
		p.letters = titleCase
	case picture < "a":
		p.letters = upperCase
	}
	return p, nil
}

// parseDigits reads a decimal digit pattern from its right end, where the positions count from.
func (p *integerPicture) parseDigits(picture string) *Error {
	chars := []rune(picture)
	position := 0
	for i := len(chars) - 1; i >= 0; i-- {
		zero, digit := digitZero(chars[i])
		switch {
		case digit && p.zero != 0 && zero != p.zero:
			return fail("D3131")
		case digit:
			p.zero = zero
			p.mandatory++
			position++
		case chars[i] == '#':
			p.optional++
			position++
		default:
			p.separator = append(p.separator, digitSeparator{position, string(chars[i])})
		}
	}
	if p.mandatory == 0 {
		p.form, p.token = formSequence, picture
		return nil
	}
	positions := make([]int, len(p.separator))
	for i, s := range p.separator {
		positions[i] = s.position
		if s.char != p.separator[0].char {
			return nil
		}
	}
	p.regular = regularSpacing(positions)
	return nil
}

// regularSpacing returns the distance at which positions repeat without a gap, 0 when they do not.
func regularSpacing(positions []int) int {
	if len(positions) == 0 {
		return 0
	}
	factor := positions[0]
	has := map[int]bool{}
	for _, p := range positions {
		for a := p; a != 0; {
			factor, a = a, factor%a
		}
		has[p] = true
	}
	for i := range positions {
		if !has[(i+1)*factor] {
			return 0
		}
	}
	return factor
}

func formatInteger(c *call) (val, *Error) {
	n := c.arg(0)
	if !n.defined() {
		return undefined, nil
	}
	p, err := c.integerPicture(1)
	if err != nil {
		return undefined, err
	}
	digits := p.mandatory + maxDigits
	if err := c.ev.spend(len(p.separator) * (len(p.separator) + digits) / bytesRead); err != nil {
		return undefined, err
	}
	s, err := p.format(math.Floor(n.num))
	return stringVal(s), err
}

func (c *call) integerPicture(i int) (*integerPicture, *Error) {
	if !c.arg(i).defined() {
		e := fail("T0410")
		e.Index = i + 1
		return nil, e
	}
	return parseIntegerPicture(c.arg(i).text())
}

func (p *integerPicture) format(f float64) (string, *Error) {
	s := ""
	abs := math.Abs(f)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		switch p.form {
		case formLetters, formRoman:
			return "", nil
		case formWords:
			return formatFloat(f), nil
		}
	}
	switch p.form {
	case formLetters:
		s = toLetters(abs, p.letters == upperCase)
	case formRoman:
		s = toRoman(abs)
		if p.letters == upperCase {
			s = strings.ToUpper(s)
		}
	case formWords:
		s = p.letters.apply(toWords(abs, p.ordinal))
	case formDecimal:
		s = p.formatDecimal(abs)
	default:
		return "", failValue("D3130", stringVal(p.token))
	}
	if f < 0 {
		s = "-" + s
	}
	return s, nil
}

// apply puts words, which are in title case, into the case c.
func (c letterCase) apply(s string) string {
	switch c {
	case upperCase:
		return strings.ToUpper(s)
	case lowerCase:
		return strings.ToLower(s)
	}
	return s
}

func (p *integerPicture) formatDecimal(f float64) string {
	digits := formatFloat(f)
	if missing := p.mandatory - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	chars := []rune(digits)
	if p.zero != '0' {
		for i, c := range chars {
			chars[i] = c + p.zero - '0'
		}
	}
	s := string(p.separate(chars))
	if !p.ordinal {
		return s
	}
	return s + ordinalSuffix([]rune(s))
}

func (p *integerPicture) separate(digits []rune) []rune {
	if p.regular > 0 {
		out := make([]rune, 0, 2*len(digits))
		for i, d := range digits {
			if left := len(digits) - i; i > 0 && left%p.regular == 0 {
				out = append(out, []rune(p.separator[0].char)...)
			}
			out = append(out, d)
		}
		return out
	}
	// From left to right. A separator that belongs left of the number drops all but as many of the last digits
	// as it lies off, as the reference has it.
	for i := len(p.separator) - 1; i >= 0; i-- {
		s := p.separator[i]
		at := len(digits) - s.position
		if at < 0 {
			digits = digits[max(0, len(digits)+at):]
			at = 0
		}
		digits = append(digits[:at:at], append([]rune(s.char), digits[at:]...)...)
	}
	return digits
}

func ordinalSuffix(s []rune) string {
	n := len(s)
	if n > 1 && s[n-2] == '1' {
		return "th"
	}
	switch s[n-1] {
	case '1':
		return "st"
	case '2':
		return "nd"
	case '3':
		return "rd"
	}
	return "th"
}

// toLetters counts a, b, … z, aa, ab, ….
func toLetters(f float64, upper bool) string {
	first := byte('a')
	if upper {
		first = 'A'
	}
	var out []byte
	for ; f > 0 && !math.IsInf(f, 0); f = math.Floor((f - 1) / 26) {
		out = append([]byte{byte(math.Mod(f-1, 26)) + first}, out...)
	}
	return string(out)
}

var romanNumerals = [...]struct {
	value  float64
	letter string
}{
	{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"},
	{9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"},
}

// maxRoman bounds how many letters a roman numeral may have: the reference runs out of stack at about that.
const maxRoman = 1e7

func toRoman(f float64) string {
	var out strings.Builder
	f = math.Min(f, maxRoman)
	for _, n := range romanNumerals {
		for ; f >= n.value; f -= n.value {
			out.WriteString(n.letter)
		}
	}
	return out.String()
}

var (
	smallNumbers = strings.Fields("Zero One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve Thirteen " +
		"Fourteen Fifteen Sixteen Seventeen Eighteen Nineteen")
	smallOrdinals = strings.Fields("Zeroth First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth Eleventh " +
		"Twelfth Thirteenth Fourteenth Fifteenth Sixteenth Seventeenth Eighteenth Nineteenth")
	decades    = strings.Fields("Twenty Thirty Forty Fifty Sixty Seventy Eighty Ninety Hundred")
	magnitudes = strings.Fields("Thousand Million Billion Trillion")
)

func toWords(f float64, ordinal bool) string {
	var out strings.Builder
	writeWords(&out, f, false, ordinal)
	return out.String()
}

// writeWords writes f in words; follows says that a larger part stands before it.
func writeWords(out *strings.Builder, f float64, follows, ordinal bool) {
	joint := func(s string) {
		if follows {
			out.WriteString(s)
		}
	}
	switch {
	case f <= 19:
		joint(" and ")
		names := smallNumbers
		if ordinal {
			names = smallOrdinals
		}
		out.WriteString(names[int(f)])
	case f < 100:
		joint(" and ")
		ten := decades[int(f)/10-2]
		rest := int(f) % 10
		if rest == 0 && ordinal {
			ten = strings.TrimSuffix(ten, "y") + "ieth"
		}
		out.WriteString(ten)
		if rest > 0 {
			out.WriteByte('-')
			writeWords(out, float64(rest), false, ordinal)
		}
	case f < 1000:
		joint(", ")
		out.WriteString(smallNumbers[int(f)/100] + " Hundred")
		writeRest(out, float64(int(f)%100), ordinal)
	default:
		joint(", ")
		magnitude, factor := 1, 1e3
		for ; magnitude < len(magnitudes) && f >= factor*1e3; factor *= 1e3 {
			magnitude++
		}
		whole := math.Floor(f / factor)
		writeWords(out, whole, false, false)
		out.WriteString(" " + magnitudes[magnitude-1])
		writeRest(out, f-whole*factor, ordinal)
	}
}

func writeRest(out *strings.Builder, rest float64, ordinal bool) {
	if rest > 0 {
		writeWords(out, rest, true, ordinal)
	} else if ordinal {
		out.WriteString("th")
	}
}

// wordValues are the values of the number words, in lower case, in the reference's order.
var wordValues, wordOrder = numberWords()

func numberWords() (map[string]float64, []string) {
	values := map[string]float64{}
	var order []string
	add := func(word string, v float64) {
		word = strings.ToLower(word)
		if _, ok := values[word]; !ok {
			order = append(order, word)
		}
		values[word] = v
	}
	for i, w := range smallNumbers {
		add(w, float64(i))
	}
	for i, w := range smallOrdinals {
		add(w, float64(i))
	}
	for i, w := range decades {
		add(w, float64(i+2)*10)
		add(w[:len(w)-1]+"ieth", float64(i+2)*10)
	}
	add("hundredth", 100)
	for i, w := range magnitudes {
		v := math.Pow(10, float64(3*(i+1)))
		add(w, v)
		add(w+"th", v)
	}
	return values, order
}

func parseInteger(c *call) (val, *Error) {
	s := c.arg(0)
	if !s.defined() {
		return undefined, nil
	}
	p, err := c.integerPicture(1)
	if err != nil {
		return undefined, err
	}
	f, err := p.parse(s.text())
	return numberVal(f), err
}

// parse reads an integer as the picture writes it; what is none gives NaN.
func (p *integerPicture) parse(s string) (float64, *Error) {
	switch p.form {
	case formLetters:
		return fromLetters(s, p.letters == upperCase), nil
	case formRoman:
		if p.letters != upperCase {
			s = strings.ToUpper(s)
		}
		return fromRoman(s), nil
	case formWords:
		return fromWords(strings.ToLower(s)), nil
	case formDecimal:
		return p.parseDecimal(s), nil
	}
	return 0, failValue("D3130", stringVal(p.token))
}

func fromLetters(s string, upper bool) float64 {
	first := 'a'
	if upper {
		first = 'A'
	}
	units := toUnits(s)
	f := 0.0
	for i := range units { // the smallest part first, as the reference adds them up
		f += float64(units[len(units)-1-i]-first+1) * pow(26, float64(i))
	}
	return f
}

func fromRoman(s string) float64 {
	values := map[byte]float64{'M': 1000, 'D': 500, 'C': 100, 'L': 50, 'X': 10, 'V': 5, 'I': 1}
	sum, most := 0.0, 1.0
	for i := len(s) - 1; i >= 0; i-- {
		v, ok := values[s[i]]
		switch {
		case !ok:
			return math.NaN()
		case v < most:
			sum -= v
		default:
			most = v
			sum += v
		}
	}
	return sum
}

// fromWords adds and multiplies the words up: a word below a hundred adds to the last segment, a larger one
// multiplies it.
func fromWords(s string) float64 {
	segments := []float64{0}
	for _, word := range splitWords(s) {
		v, ok := wordValues[word]
		if !ok {
			v = math.NaN()
		}
		last := len(segments) - 1
		if !(v < 100) {
			segments[last] *= v
			continue
		}
		if segments[last] >= 1000 {
			segments = append(segments, 0)
			last++
		}
		segments[last] += v
	}
	sum := 0.0
	for _, f := range segments {
		sum += f
	}
	return sum
}

// splitWords cuts at a comma with a space, at "and", at white space, at hyphens and backslashes.
func splitWords(s string) []string {
	var words []string
	from := 0
	for i := 0; i < len(s); {
		n := 0
		switch {
		case s[i] == ',' && i+1 < len(s) && isJSSpace(s[i+1]):
			n = 2
		case isJSSpace(s[i]) && strings.HasPrefix(s[i+1:], "and") && i+4 < len(s) && isJSSpace(s[i+4]):
			n = 5
		case isJSSpace(s[i]) || s[i] == '-' || s[i] == '\\':
			n = 1
		default:
			i++
			continue
		}
		words = append(words, s[from:i])
		i += n
		from = i
	}
	return append(words, s[from:])
}

func isJSSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func (p *integerPicture) parseDecimal(s string) float64 {
	if p.ordinal {
		s = sliceRunes(s, 0, max(0, runeCount(s)-2))
	}
	if p.regular > 0 {
		s = strings.ReplaceAll(s, ",", "")
	} else {
		for _, sep := range p.separator {
			s = strings.ReplaceAll(s, sep.char, "")
		}
	}
	if p.zero != '0' {
		s = strings.Map(func(r rune) rune { return r - p.zero + '0' }, s)
	}
	return parseIntPrefix(s)
}

// parseIntPrefix is JavaScript's parseInt without a radix: leading white space, a sign, then as many digits
// as there are; hexadecimal after 0x; NaN without digits.
func parseIntPrefix(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r\u00a0\ufeff")
	sign := 1.0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	if len(s) >= 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		end := 2
		for end < len(s) && isRadixDigit(s[end], 16) {
			end++
		}
		if end > 2 {
			return sign * parseRadix(s[:end])
		}
		return math.NaN()
	}
	end := 0
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if end == 0 {
		return math.NaN()
	}
	f, _ := strconv.ParseFloat(s[:end], 64)
	return sign * f
}
