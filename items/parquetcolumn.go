package items

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/statelark/statelark/value"
)

// parquetColumn prints a column of a Parquet file, with those in it, as JSON: groups as objects, lists as arrays, maps
// with texts as keys as objects and other maps as arrays of {"key","value"}; decimals as numbers; dates, times and timestamps
// as ISO 8601 writes them, the latter in UTC; UUIDs in their usual form; bytes that are UTF-8 as strings and others in
// Base64; NaN and infinities as strings.
type parquetColumn struct {
	name               []byte // "name":
	optional, repeated bool
	children           []*parquetColumn
	first, leaves      int // the columns of a row that are in this one
	form               parquetForm
	leaf               func(dst []byte, v parquet.Value) []byte
}

// parquetForm tells how a group is printed.
type parquetForm int

const (
	asObject parquetForm = iota
	asList               // group { repeated group { element } }
	asMap                // group { repeated group { key, value } }
)

// maxParquetDepth is how deep columns may stand in another, so that no item is deeper than a value may be.
const maxParquetDepth = 100

func newParquetColumn(c *parquet.Column, leaves *int) (*parquetColumn, error) {
	if leaves == nil {
		leaves = new(int)
	}
	if c.Depth() > maxParquetDepth {
		return nil, fail("The columns of the Parquet file are nested deeper than %d levels.", maxParquetDepth)
	}
	p := &parquetColumn{
		name: append(value.AppendQuoted(nil, c.Name()), ':'), optional: c.Optional(), repeated: c.Repeated(), first: *leaves,
	}
	if c.Leaf() {
		p.leaf = leafOf(c.Type())
		p.leaves = 1
		*leaves++
		return p, nil
	}
	for _, child := range c.Columns() {
		column, err := newParquetColumn(child, leaves)
		if err != nil {
			return nil, err
		}
		p.children = append(p.children, column)
	}
	p.leaves = *leaves - p.first
	p.form = formOf(c, p)
	return p, nil
}

// formOf tells a list and a map from other groups (Parquet's LogicalTypes.md, "Nested Types").
func formOf(c *parquet.Column, p *parquetColumn) parquetForm {
	logical := c.Type().LogicalType()
	if logical == nil || len(p.children) != 1 || !p.children[0].repeated {
		return asObject
	}
	inner := p.children[0]
	switch logical.Value.(type) {
	case *format.ListType:
		if inner.leaf == nil && len(inner.children) == 1 {
			return asList
		}
	case *format.MapType:
		if len(inner.children) == 2 && isText(c.Columns()[0].Columns()[0].Type()) {
			return asMap
		}
	}
	return asObject
}

// isText reports whether values of the type are printed as strings as they are.
func isText(t parquet.Type) bool {
	if logical := t.LogicalType(); logical != nil {
		switch logical.Value.(type) {
		case *format.StringType, *format.EnumType:
			return true
		}
		return false
	}
	return t.Kind() == parquet.ByteArray
}

// appendRow prints a row.
func (p *parquetColumn) appendRow(dst []byte, row parquet.Row) ([]byte, error) {
	columns := make([][]parquet.Value, p.leaves)
	row.Range(func(i int, values []parquet.Value) bool {
		if i < len(columns) {
			columns[i] = values
		}
		return true
	})
	for _, values := range columns {
		if len(values) == 0 {
			return dst, fail("A row of the Parquet file lacks a column.")
		}
	}
	return p.appendGroup(dst, columns, 0, 0), nil
}

// appendValue prints what values of the columns in p make, at a depth of so many repeated and optional columns.
func (p *parquetColumn) appendValue(dst []byte, columns [][]parquet.Value, repetition, definition int) []byte {
	switch {
	case p.repeated:
		return p.appendElements(dst, columns, repetition+1, definition+1)
	case !p.optional:
		return p.appendOne(dst, columns, repetition, definition)
	case columns[0][0].DefinitionLevel() <= definition:
		return append(dst, "null"...)
	default:
		return p.appendOne(dst, columns, repetition, definition+1)
	}
}

// appendOne prints one value that is there.
func (p *parquetColumn) appendOne(dst []byte, columns [][]parquet.Value, repetition, definition int) []byte {
	switch {
	case p.leaf != nil && columns[0][0].IsNull():
		return append(dst, "null"...)
	case p.leaf != nil:
		return p.leaf(dst, columns[0][0])
	case p.form == asList:
		return p.children[0].appendList(dst, columns, repetition+1, definition+1)
	case p.form == asMap:
		return p.children[0].appendMap(dst, columns, repetition+1, definition+1)
	default:
		return p.appendGroup(dst, columns, repetition, definition)
	}
}

// appendGroup prints an object of the children.
func (p *parquetColumn) appendGroup(dst []byte, columns [][]parquet.Value, repetition, definition int) []byte {
	dst = append(dst, '{')
	for i, child := range p.children {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = child.appendValue(append(dst, child.name...), p.of(child, columns), repetition, definition)
	}
	return append(dst, '}')
}

// of returns the columns of a child among those of p.
func (p *parquetColumn) of(child *parquetColumn, columns [][]parquet.Value) [][]parquet.Value {
	return columns[child.first-p.first:][:child.leaves]
}

// each calls do with the columns of each element of a repeated column.
func (p *parquetColumn) each(columns [][]parquet.Value, repetition, definition int, do func(columns [][]parquet.Value)) {
	if columns[0][0].DefinitionLevel() < definition {
		return
	}
	rest := append([][]parquet.Value(nil), columns...)
	for len(rest[0]) > 0 {
		element := make([][]parquet.Value, len(rest))
		for i, values := range rest {
			n := min(1, len(values))
			for n < len(values) && values[n].RepetitionLevel() > repetition {
				n++
			}
			if n == 0 {
				panic("the columns of a list have unlike lengths")
			}
			element[i], rest[i] = values[:n], values[n:]
		}
		do(element)
	}
}

func (p *parquetColumn) appendElements(dst []byte, columns [][]parquet.Value, repetition, definition int) []byte {
	dst = append(dst, '[')
	begin := len(dst)
	p.each(columns, repetition, definition, func(element [][]parquet.Value) {
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		dst = p.appendOne(dst, element, repetition, definition)
	})
	return append(dst, ']')
}

// appendList prints the only child of the repeated group p, whose name means nothing.
func (p *parquetColumn) appendList(dst []byte, columns [][]parquet.Value, repetition, definition int) []byte {
	dst = append(dst, '[')
	begin := len(dst)
	p.each(columns, repetition, definition, func(element [][]parquet.Value) {
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		dst = p.children[0].appendValue(dst, element, repetition, definition)
	})
	return append(dst, ']')
}

// appendMap prints the keys and values of the repeated group p as members.
func (p *parquetColumn) appendMap(dst []byte, columns [][]parquet.Value, repetition, definition int) []byte {
	dst = append(dst, '{')
	begin := len(dst)
	p.each(columns, repetition, definition, func(entry [][]parquet.Value) {
		if len(dst) > begin {
			dst = append(dst, ',')
		}
		dst = value.AppendQuoted(dst, string(entry[0][0].ByteArray()))
		dst = p.children[1].appendValue(append(dst, ':'), p.of(p.children[1], entry), repetition, definition)
	})
	return append(dst, '}')
}

// leafOf returns what prints a value of a type.
func leafOf(t parquet.Type) func([]byte, parquet.Value) []byte {
	if logical := t.LogicalType(); logical != nil {
		switch l := logical.Value.(type) {
		case *format.DecimalType:
			return func(dst []byte, v parquet.Value) []byte { return appendDecimal(dst, v, int(l.Scale)) }
		case *format.DateType:
			return func(dst []byte, v parquet.Value) []byte {
				return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(dst, `"2006-01-02"`)
			}
		case *format.TimeType:
			unit := unitOf(l.Unit)
			return func(dst []byte, v parquet.Value) []byte {
				return time.Unix(0, 0).UTC().Add(time.Duration(integer(v))*unit).AppendFormat(dst, `"15:04:05.999999999"`)
			}
		case *format.TimestampType:
			unit := unitOf(l.Unit)
			return func(dst []byte, v parquet.Value) []byte { return appendMoment(dst, integer(v), unit) }
		case *format.IntType:
			if !l.IsSigned {
				return appendUnsigned
			}
		case *format.UUIDType:
			return appendUUID
		}
	}
	return appendPlain
}

func unitOf(unit format.TimeUnit) time.Duration {
	switch unit.Value.(type) {
	case *format.MilliSeconds:
		return time.Millisecond
	case *format.MicroSeconds:
		return time.Microsecond
	}
	return time.Nanosecond
}

// integer returns a value of either integer type.
func integer(v parquet.Value) int64 {
	if v.Kind() == parquet.Int32 {
		return int64(v.Int32())
	}
	return v.Int64()
}

func appendUnsigned(dst []byte, v parquet.Value) []byte {
	if v.Kind() == parquet.Int32 {
		return strconv.AppendUint(dst, uint64(v.Uint32()), 10)
	}
	return strconv.AppendUint(dst, v.Uint64(), 10)
}

// appendMoment prints a number of units since 1970.
func appendMoment(dst []byte, n int64, unit time.Duration) []byte {
	a := int64(time.Second / unit)
	seconds, rest := n/a, n%a
	return time.Unix(seconds, rest*int64(unit)).UTC().AppendFormat(dst, `"2006-01-02T15:04:05.999999999Z"`)
}

func appendUUID(dst []byte, v parquet.Value) []byte {
	b := v.ByteArray()
	if len(b) != 16 {
		return appendPlain(dst, v)
	}
	text := hex.EncodeToString(b)
	return value.AppendQuoted(dst, strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-"))
}

// appendDecimal prints an unscaled integer, big-endian where it is bytes, with scale digits after the point.
func appendDecimal(dst []byte, v parquet.Value, scale int) []byte {
	unscaled := new(big.Int)
	switch v.Kind() {
	case parquet.Int32, parquet.Int64:
		unscaled.SetInt64(integer(v))
	default:
		b := v.ByteArray()
		unscaled.SetBytes(b)
		if len(b) > 0 && b[0] >= 0x80 {
			unscaled.Sub(unscaled, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
	}
	text := new(big.Int).Abs(unscaled).String()
	if unscaled.Sign() < 0 {
		dst = append(dst, '-')
	}
	if scale <= 0 || scale > 10000 {
		return append(dst, text...)
	}
	if missing := scale + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	point := len(text) - scale
	return append(append(append(dst, text[:point]...), '.'), text[point:]...)
}

// appendPlain prints a value by its physical type.
func appendPlain(dst []byte, v parquet.Value) []byte {
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(dst, v.Boolean())
	case parquet.Int32, parquet.Int64:
		return strconv.AppendInt(dst, integer(v), 10)
	case parquet.Int96:
		// What Hive and Spark write: the nanoseconds of a day, and the Julian day.
		i := v.Int96()
		day := int64(int32(i[2])) - 2440588
		nanos := int64(i[1])<<32 | int64(i[0])
		return time.Unix(day*86400, nanos).UTC().AppendFormat(dst, `"2006-01-02T15:04:05.999999999Z"`)
	case parquet.Float:
		return appendFloat(dst, float64(v.Float()), 32)
	case parquet.Double:
		return appendFloat(dst, v.Double(), 64)
	}
	if b := v.ByteArray(); utf8.Valid(b) {
		return value.AppendQuoted(dst, string(b))
	}
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), v.ByteArray()), '"')
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	case bits == 32:
		text := strconv.FormatFloat(f, 'g', -1, 32)
		f, _ = strconv.ParseFloat(text, 64)
	}
	return value.AppendFloat(dst, f)
}
