package s3

import (
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// newUUID is an id for what S3 gives one.
func newUUID() string {
	id := random()
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	text := hex.EncodeToString(id[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// urlText escapes a name as S3 does in lists with the encoding type url.
func urlText(name string) string {
	const upper = "0123456789ABCDEF"
	var out []byte
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '/', c == '*':
			out = append(out, c)
		case c == ' ':
			out = append(out, '+')
		default:
			out = append(out, '%', upper[c>>4], upper[c&15])
		}
	}
	return string(out)
}
