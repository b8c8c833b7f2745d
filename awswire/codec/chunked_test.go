package codec

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/statelark/statelark/awswire"
)

// TestChunkedBodies reads bodies in chunks with fields after them, whole and broken.
func TestChunkedBodies(t *testing.T) {
	const crc = "x-amz-checksum-crc32"
	for _, c := range []struct{ name, announced, body, code string }{
		{"plain", "", "5\r\nhello\r\n0\r\n\r\n", ""},
		{"without the last end of line", "", "5;chunk-signature=0\r\nhello\r\n0;chunk-signature=0\r\n", ""},
		{"with a field", crc, "5\r\nhello\r\n0\r\n" + crc + ":NhCmhg==\r\n\r\n", ""},
		{"with a signature", crc, "5\r\nhello\r\n0\r\n" + crc + ":NhCmhg==\r\nx-amz-trailer-signature:0\r\n\r\n", ""},
		{"without the field", crc, "5\r\nhello\r\n0\r\n\r\n", "MalformedTrailerError"},
		{"a field that was not announced", "", "5\r\nhello\r\n0\r\n" + crc + ":NhCmhg==\r\n\r\n", "MalformedTrailerError"},
		{"another field", crc, "5\r\nhello\r\n0\r\nx-amz-meta-a:b\r\n\r\n", "MalformedTrailerError"},
		{"a field without a name", crc, "5\r\nhello\r\n0\r\n:NhCmhg==\r\n\r\n", "MalformedTrailerError"},
		{"the field twice", crc, "5\r\nhello\r\n0\r\n" + crc + ":NhCmhg==\r\n" + crc + ":NhCmhg==\r\n\r\n", "MalformedTrailerError"},
		{"no size", "", "x\r\nhello\r\n0\r\n\r\n", "IncompleteBody"},
		{"no end of a chunk", "", "5\r\nhello0\r\n\r\n", "IncompleteBody"},
		{"cut off before the field", crc, "5\r\nhello\r\n0\r\n", "IncompleteBody"},
		{"cut off in the field", crc, "5\r\nhello\r\n0\r\nx-amz-che", "IncompleteBody"},
		{"cut off", "", "5\r\nhel", "IncompleteBody"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{}
			if c.announced != "" {
				h.Set("X-Amz-Trailer", c.announced)
			}
			text, err := io.ReadAll(&verifier{Reader: newChunks(strings.NewReader(c.body), h), trailer: h, left: -1})
			var refusal *awswire.Error
			switch errors.As(err, &refusal); {
			case c.code == "" && (err != nil || string(text) != "hello"):
				t.Errorf("%q, %v", text, err)
			case c.code != "" && (refusal == nil || refusal.Code != c.code):
				t.Errorf("%q, %v; want %s", text, err, c.code)
			case c.announced != "" && c.code == "" && h.Get(crc) != "NhCmhg==":
				t.Errorf("the field is not told: %v", h)
			}
		})
	}
}
