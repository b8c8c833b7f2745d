package api

import "github.com/statelark/statelark/awswire"

// MaxPayload is the number of UTF-8 bytes that an input or output may have.
const MaxPayload = 262_144

// writePayload writes a payload and its details.
func writePayload(w *awswire.Writer, name, text string, included bool) {
	if included {
		w.Str(name, text)
	}
	w.Open(name+"Details", '{')
	w.Bool("included", included)
	w.Close('}')
}
