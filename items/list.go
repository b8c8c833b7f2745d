package items

import (
	"io"
	"strconv"
	"strings"

	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/value"
)

// list goes through the objects of a bucket with a prefix, page by page. Its place is the last key it gave, so it goes
// on where it was even when objects came or went.
type list struct {
	source *Source
	bucket string
	after  string
	page   []s3.Object // still to give
	token  string
	begun  bool
}

func (s *Source) list(at place) *list {
	return &list{source: s, bucket: s.spec.Bucket, after: at.After}
}

// object returns the next object.
func (l *list) object() (s3.Object, error) {
	for len(l.page) == 0 {
		if l.begun && l.token == "" {
			return s3.Object{}, io.EOF
		}
		page, err := l.source.store.List(l.source.ctx, s3.ListRequest{
			Bucket: l.bucket, Prefix: l.source.spec.Prefix, Token: l.token, StartAfter: l.after,
		})
		if err != nil {
			return s3.Object{}, blame(l.bucket, l.source.spec.Prefix, err)
		}
		l.page, l.token, l.begun = page.Objects, page.Next, true
	}
	o := l.page[0]
	l.page, l.after = l.page[1:], o.Key
	return o, nil
}

// next returns an object to read. What the S3 console makes for an empty folder is none.
func (l *list) next() (place, error) {
	for {
		o, err := l.object()
		if err != nil {
			return place{}, err
		}
		if o.Size > 0 || !strings.HasSuffix(o.Key, "/") {
			return place{Bucket: l.bucket, Key: o.Key, ETag: o.ETag}, nil
		}
	}
}

func (l *list) at() place { return place{After: l.after} }

func (l *list) close() {}

// listed are the objects of a list as items.
type listed struct{ *list }

func (l *listed) next() (Item, error) {
	o, err := l.object()
	if err != nil {
		return Item{}, err
	}
	// AWS, September 2026: {"Etag":"\"…\"","Key":"a","LastModified":1.789180622E9,"Size":1,"StorageClass":"STANDARD"}
	text := value.AppendQuoted([]byte(`{"Etag":`), o.ETag)
	text = value.AppendQuoted(append(text, `,"Key":`...), o.Key)
	text = append(append(text, `,"LastModified":`...), javaDouble(float64(o.LastModified.Unix()))...)
	text = strconv.AppendInt(append(text, `,"Size":`...), o.Size, 10)
	text = value.AppendQuoted(append(text, `,"StorageClass":`...), o.StorageClass)
	return Item{Value: value.CheckedCompact(string(append(text, '}')))}, nil
}

// javaDouble prints f as Java's Double.toString: 1.789180622E9, 1.0E7, 1234.0.
func javaDouble(f float64) string {
	if -1e7 < f && f < 1e7 && (f == 0 || f >= 1e-3 || f <= -1e-3) {
		text := strconv.FormatFloat(f, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	return mantissa + "E" + sign + strings.TrimLeft(exponent, "+-0")
}
