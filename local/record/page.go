package record

import (
	"encoding/base64"
	"encoding/json"
)

// token is where a list goes on: how many of it were told. It is opaque to those who hand it back.
type token struct {
	After int `json:"after"`
}

// Page cuts a page from what is listed, from a token on; usual is its size when none is given. ok is false when the token is
// none of ours. next is "" at the end.
func Page[T any](all []T, text string, size, usual int) (found []T, next string, ok bool) {
	var from token
	if text != "" {
		doc, err := base64.StdEncoding.DecodeString(text)
		if err != nil || json.Unmarshal(doc, &from) != nil || from.After < 0 {
			return nil, "", false
		}
	}
	if size <= 0 {
		size = usual
	}
	start := min(from.After, len(all))
	end := start + size
	if end >= len(all) {
		return all[start:], "", true
	}
	doc, err := json.Marshal(token{end})
	if err != nil {
		return nil, "", false
	}
	return all[start:end], base64.StdEncoding.EncodeToString(doc), true
}
