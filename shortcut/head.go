package shortcut

import "bytes"

// head is the head of a request that the loop takes. Its fields are parts of the text that was parsed.
type head struct {
	size   int // bytes of the head, the empty line included
	length int // of the body
	host   []byte
	target []byte // X-Amz-Target
	trace  []byte // X-Amzn-Trace-Id, nil when there is none
	signed []byte // Authorization, nil when there is none
}

// verdict is what becomes of a request.
type verdict int

const (
	incomplete verdict = iota // its head goes on
	ours                      // the loop answers it
	other                     // package net/http answers it, or refuses it
)

// requestLine is the only one that the loop takes.
const requestLine = "POST / HTTP/1.1\r\n"

// parseHead reads the head of the request that text begins with. It takes less than HTTP allows:
//
// Invariant: what it takes, package net/http takes too and reads the same. Whatever may mean something beyond the fields of
// head, is there twice, or is written in an unusual way belongs to net/http, which knows what to do about it.
func parseHead(text []byte) (head, verdict) {
	n := min(len(text), len(requestLine))
	if string(text[:n]) != requestLine[:n] {
		return head{}, other
	}
	var h head
	h.length = -1
	for at := n; ; {
		end := bytes.IndexByte(text[at:], '\n')
		if end < 0 {
			return head{}, incomplete
		}
		line := text[at : at+end]
		at += end + 1
		if end == 0 || line[end-1] != '\r' {
			return head{}, other
		}
		line = line[:end-1]
		if len(line) == 0 {
			h.size = at
			break
		}
		if !h.field(line) {
			return head{}, other
		}
	}
	if h.length < 0 || h.host == nil || h.target == nil {
		return head{}, other
	}
	return h, ours
}

// field reads a line of the head. False: it is not for the loop.
func (h *head) field(line []byte) bool {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || !all(line[:colon], inName) {
		return false
	}
	name, text := line[:colon], bytes.Trim(line[colon+1:], " \t")
	if !all(text, inText) {
		return false
	}
	var once *[]byte
	switch foldedName(name) {
	case "host":
		if !all(text, inHost) {
			return false
		}
		once = &h.host
	case "x-amz-target":
		once = &h.target
	case "x-amzn-trace-id":
		once = &h.trace
	case "authorization":
		once = &h.signed
	case "content-length":
		return h.setLength(text)
	case "connection":
		return bytes.EqualFold(text, []byte("keep-alive"))
	case "transfer-encoding", "trailer", "expect", "upgrade", "origin", "sec-fetch-site":
		return false
	}
	if once == nil {
		return true
	}
	if *once != nil || len(text) == 0 {
		return false
	}
	*once = text
	return true
}

// maxLength is above every length that the loop takes, and has no more than maxDigits digits.
const (
	maxLength = 1 << 20
	maxDigits = 7
)

func (h *head) setLength(text []byte) bool {
	if h.length >= 0 || len(text) == 0 || len(text) > maxDigits {
		return false
	}
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
		n = n*10 + int(c-'0')
	}
	h.length = n
	return n <= maxLength
}

// longestName is the length of the longest name that means something to the loop.
const longestName = len("transfer-encoding")

// foldedName returns a name in lower case, "" when it is longer than all that mean something.
func foldedName(name []byte) string {
	var folded [longestName]byte
	if len(name) > longestName {
		return ""
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		folded[i] = c
	}
	return known[string(folded[:len(name)])]
}

// known holds the names that mean something.
var known = func() map[string]string {
	names := map[string]string{}
	for _, name := range []string{"host", "x-amz-target", "x-amzn-trace-id", "authorization", "content-length", "connection", "transfer-encoding", "trailer",
		"expect", "upgrade", "origin", "sec-fetch-site"} {
		names[name] = name
	}
	return names
}()

// The classes of characters: those of a name (a token, RFC 9110), of a text, and of the names of hosts that are taken.
const (
	inName = 1 << iota
	inText
	inHost
)

var classes = func() (t [256]uint8) {
	for c := ' '; c <= '~'; c++ {
		t[c] |= inText
	}
	t['\t'] |= inText
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] |= inName
	}
	for _, c := range "-._:[]0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] |= inHost
	}
	return t
}()

func all(text []byte, class uint8) bool {
	for _, c := range text {
		if classes[c]&class == 0 {
			return false
		}
	}
	return true
}
