package api

import "github.com/statelark/statelark/awswire"

// writePayload writes a payload and its details.
func writePayload(w *awswire.Writer, name, text string, included bool) {
	if included {
		w.Str(name, text)
	}
	w.Open(name+"Details", '{')
	w.Bool("included", included)
	w.Close('}')
}
