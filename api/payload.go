package api

import "github.com/statelark/statelark/awswire"

// writePayload writes a payload and its details.
func writePayload(w *awswire.Writer, name, text string, included bool) {
	if included {
		w.Str(name, text)
	}
	writeDetails(w, name, included)
}

// writeDetails tells whether a payload is shown, if there is one.
func writeDetails(w *awswire.Writer, name string, included bool) {
	w.Open(name+"Details", '{')
	w.Bool("included", included)
	w.Close('}')
}
