package codec

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strconv"

	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// The major types of CBOR (RFC 8949), and the additional information of what rpcv2Cbor uses of the last.
const (
	cborUint = iota
	cborNegative
	cborBytes
	cborText
	cborArray
	cborMap
	cborTag
	cborSimple

	cborFalse      = 20
	cborTrue       = 21
	cborNull       = 22
	cborUndefined  = 23
	cborHalf       = 25
	cborSingle     = 26
	cborDouble     = 27
	cborIndefinite = 31
	cborBreak      = 0xFF
)

var errCBOR = errors.New("the body is not valid CBOR")

// cborReader reads a document out of CBOR. What it is says itself what it is, so that no shape is needed: bytes become Base64,
// tagged times numbers.
type cborReader struct {
	rest  []byte
	depth int
	left  int // items that there may be yet
}

// maxItems bounds how many items there are. In memory one takes much more than its one byte.
const maxItems = 1 << 20

// parseCBOR reads the one item that b is.
func parseCBOR(b []byte) (value.Value, error) {
	r := &cborReader{rest: b, left: maxItems}
	v, err := r.item()
	if err == nil && len(r.rest) > 0 {
		err = errCBOR
	}
	return v, err
}

// head reads the type of an item and its number. An indefinite length is -1.
func (r *cborReader) head() (major int, n uint64, indefinite bool, err error) {
	if len(r.rest) == 0 {
		return 0, 0, false, errCBOR
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	major, info := int(b>>5), b&31
	switch {
	case info < 24:
		return major, uint64(info), false, nil
	case info <= 27:
		size := 1 << (info - 24)
		if len(r.rest) < size {
			return 0, 0, false, errCBOR
		}
		for _, c := range r.rest[:size] {
			n = n<<8 | uint64(c)
		}
		r.rest = r.rest[size:]
		return major, n, false, nil
	case info == cborIndefinite && major >= cborBytes && major <= cborMap:
		return major, 0, true, nil
	}
	return 0, 0, false, errCBOR
}

func (r *cborReader) item() (value.Value, error) {
	r.left--
	if r.depth++; r.depth > maxDepth || r.left < 0 || len(r.rest) == 0 {
		return value.Value{}, errCBOR
	}
	defer func() { r.depth-- }()
	if r.rest[0]>>5 == cborSimple {
		return r.simple()
	}
	major, n, indefinite, err := r.head()
	if err != nil {
		return value.Value{}, err
	}
	switch major {
	case cborUint:
		return value.FromNumberText(strconv.FormatUint(n, 10)), nil
	case cborNegative:
		if n > math.MaxInt64 {
			return value.Value{}, errCBOR
		}
		return value.FromInt(-1 - int64(n)), nil
	case cborBytes:
		b, err := r.bytes(major, n, indefinite)
		return value.FromString(base64.StdEncoding.EncodeToString(b)), err
	case cborText:
		b, err := r.bytes(major, n, indefinite)
		return value.FromString(string(b)), err
	case cborArray:
		return r.array(n, indefinite)
	case cborMap:
		return r.object(n, indefinite)
	}
	v, err := r.item() // tagged: a time, or anything else as it is
	if err == nil && n == 1 {
		if v.Kind() != value.Number {
			return value.Value{}, errCBOR
		}
		if ms, ok := timeOf(v); ok {
			return seconds(ms), nil
		}
	}
	return v, err
}

func (r *cborReader) bytes(major int, n uint64, indefinite bool) ([]byte, error) {
	if !indefinite {
		if n > uint64(len(r.rest)) {
			return nil, errCBOR
		}
		b := r.rest[:n]
		r.rest = r.rest[n:]
		return b, nil
	}
	var all []byte
	for !r.over() {
		m, n, more, err := r.head()
		if err != nil || m != major || more || n > uint64(len(r.rest)) {
			return nil, errCBOR
		}
		all = append(all, r.rest[:n]...)
		r.rest = r.rest[n:]
	}
	return all, nil
}

// over reads the end of an item of indefinite length, if it is there.
func (r *cborReader) over() bool {
	if len(r.rest) > 0 && r.rest[0] == cborBreak {
		r.rest = r.rest[1:]
		return true
	}
	return false
}

func (r *cborReader) array(n uint64, indefinite bool) (value.Value, error) {
	var elems []value.Value
	for i := uint64(0); indefinite || i < n; i++ {
		if indefinite && r.over() {
			break
		}
		v, err := r.item()
		if err != nil {
			return value.Value{}, err
		}
		elems = append(elems, v)
	}
	return value.NewArray(elems), nil
}

func (r *cborReader) object(n uint64, indefinite bool) (value.Value, error) {
	var members []value.Member
	at := map[string]int{}
	for i := uint64(0); indefinite || i < n; i++ {
		if indefinite && r.over() {
			break
		}
		major, size, more, err := r.head()
		if err != nil || major != cborText {
			return value.Value{}, errCBOR
		}
		key, err := r.bytes(major, size, more)
		if err != nil {
			return value.Value{}, err
		}
		v, err := r.item()
		switch j, again := at[string(key)]; {
		case err != nil:
			return value.Value{}, err
		case v.IsNull():
		case again:
			members[j].Value = v
		default:
			at[string(key)] = len(members)
			members = append(members, value.Member{Key: string(key), Value: v})
		}
	}
	return value.NewObject(members), nil
}

func (r *cborReader) simple() (value.Value, error) {
	info := int(r.rest[0] & 31)
	size := map[int]int{cborHalf: 2, cborSingle: 4, cborDouble: 8}[info]
	if len(r.rest) < 1+size {
		return value.Value{}, errCBOR
	}
	raw := r.rest[1 : 1+size]
	r.rest = r.rest[1+size:]
	switch info {
	case cborFalse:
		return value.False, nil
	case cborTrue:
		return value.True, nil
	case cborNull, cborUndefined:
		return value.NullValue, nil
	case cborHalf:
		return floatValue(half(binary.BigEndian.Uint16(raw))), nil
	case cborSingle:
		return floatValue(float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))), nil
	case cborDouble:
		return floatValue(math.Float64frombits(binary.BigEndian.Uint64(raw))), nil
	}
	return value.Value{}, errCBOR
}

// half is a number of 16 bits.
func half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		f = math.Inf(1)
		if fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(fraction+1024, exponent-25)
	}
	if bits>>15 != 0 {
		return -f
	}
	return f
}

// floatValue is a number in documents: those that JSON has no number for are texts.
func floatValue(f float64) value.Value {
	switch {
	case math.IsNaN(f):
		return value.FromString("NaN")
	case math.IsInf(f, 1):
		return value.FromString("Infinity")
	case math.IsInf(f, -1):
		return value.FromString("-Infinity")
	}
	return value.FromFloat(f)
}

func appendHead(dst []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(dst, major|byte(n))
	case n < 1<<8:
		return append(dst, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), n)
}

func appendCBORText(dst []byte, text string) []byte {
	return append(appendHead(dst, cborText, uint64(len(text))), text...)
}

// appendCBOR appends a document of a shape.
func appendCBOR(dst []byte, v value.Value, s *model.Shape) []byte {
	switch {
	case v.IsNull():
		return append(dst, cborSimple<<5|cborNull)
	case s.Kind == model.Structure && v.Kind() == value.Object && !s.Document:
		return appendCBORStructure(dst, v, s)
	case s.Kind == model.Map && v.Kind() == value.Object:
		dst = appendHead(dst, cborMap, uint64(v.Len()))
		for _, m := range v.Members() {
			dst = appendCBOR(appendCBORText(dst, m.Key), m.Value, s.Elem)
		}
		return dst
	case s.Kind == model.List && v.Kind() == value.Array:
		dst = appendHead(dst, cborArray, uint64(v.Len()))
		for _, e := range v.Elems() {
			dst = appendCBOR(dst, e, s.Elem)
		}
		return dst
	}
	return appendCBORScalar(dst, v, s)
}

func appendCBORStructure(dst []byte, v value.Value, s *model.Shape) []byte {
	n := uint64(0)
	for i := range s.Members {
		if mv, ok := v.Get(s.Members[i].Name); ok && !mv.IsNull() {
			n++
		}
	}
	dst = appendHead(dst, cborMap, n)
	for i := range s.Members {
		m := &s.Members[i]
		if mv, ok := v.Get(m.Name); ok && !mv.IsNull() {
			dst = appendCBOR(appendCBORText(dst, m.WireName()), mv, m.Shape)
		}
	}
	return dst
}

func appendCBORScalar(dst []byte, v value.Value, s *model.Shape) []byte {
	switch s.Kind {
	case model.Blob:
		if raw, err := base64.StdEncoding.DecodeString(v.Str()); err == nil && v.Kind() == value.String {
			return append(appendHead(dst, cborBytes, uint64(len(raw))), raw...)
		}
	case model.Timestamp:
		if ms, ok := timeOf(v); ok {
			return appendCBORTime(dst, ms)
		}
	case model.Float, model.Double:
		return appendCBORFloat(dst, v, s.Kind)
	}
	switch v.Kind() {
	case value.Bool:
		if v.Bool() {
			return append(dst, cborSimple<<5|cborTrue)
		}
		return append(dst, cborSimple<<5|cborFalse)
	case value.Number:
		n, whole := v.Int()
		large, err := strconv.ParseUint(v.Text(), 10, 64)
		switch {
		case err == nil:
			return appendHead(dst, cborUint, large)
		case !whole:
			return appendCBORFloat(dst, v, model.Double)
		}
		return appendHead(dst, cborNegative, uint64(-1-n))
	case value.String:
		return appendCBORText(dst, v.Str())
	}
	return appendCBORAny(dst, v)
}

// appendCBORAny appends what has no shape, such as members of a document type.
func appendCBORAny(dst []byte, v value.Value) []byte {
	none := &model.Shape{}
	switch v.Kind() {
	case value.Array:
		dst = appendHead(dst, cborArray, uint64(v.Len()))
		for _, e := range v.Elems() {
			dst = appendCBOR(dst, e, none)
		}
	case value.Object:
		dst = appendHead(dst, cborMap, uint64(v.Len()))
		for _, m := range v.Members() {
			dst = appendCBOR(appendCBORText(dst, m.Key), m.Value, none)
		}
	}
	return dst
}

// appendCBORTime appends a time, which is whole where it can be.
func appendCBORTime(dst []byte, ms int64) []byte {
	dst = appendHead(dst, cborTag, 1)
	switch {
	case ms%1000 != 0:
		return binary.BigEndian.AppendUint64(append(dst, cborSimple<<5|cborDouble), math.Float64bits(float64(ms)/1000))
	case ms < 0:
		return appendHead(dst, cborNegative, uint64(-1-ms/1000))
	}
	return appendHead(dst, cborUint, uint64(ms/1000))
}

func appendCBORFloat(dst []byte, v value.Value, kind model.Kind) []byte {
	f := v.Float()
	if v.Kind() == value.String {
		bits := map[string]uint16{"NaN": 0x7E00, "Infinity": 0x7C00, "-Infinity": 0xFC00}[v.Str()]
		if bits == 0 {
			return appendCBORText(dst, v.Str())
		}
		return binary.BigEndian.AppendUint16(append(dst, cborSimple<<5|cborHalf), bits)
	}
	if kind == model.Float {
		return binary.BigEndian.AppendUint32(append(dst, cborSimple<<5|cborSingle), math.Float32bits(float32(f)))
	}
	return binary.BigEndian.AppendUint64(append(dst, cborSimple<<5|cborDouble), math.Float64bits(f))
}
