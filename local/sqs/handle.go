package sqs

import (
	"encoding/base64"
	"encoding/binary"
)

// handle is what a receipt handle says: which receive of which message.
type handle struct{ queue, seq, nonce uint64 }

const handleVersion = 1

// String is the text of the handle.
func (h handle) String() string {
	b := append(make([]byte, 0, 25), handleVersion)
	b = binary.BigEndian.AppendUint64(b, h.queue)
	b = binary.BigEndian.AppendUint64(b, h.seq)
	b = binary.BigEndian.AppendUint64(b, h.nonce)
	return "AQEB" + base64.StdEncoding.EncodeToString(b)
}

func parseHandle(text string) (h handle, ok bool) {
	if len(text) != 40 || text[:4] != "AQEB" {
		return h, false
	}
	b, err := base64.StdEncoding.DecodeString(text[4:])
	if err != nil || len(b) != 25 || b[0] != handleVersion {
		return h, false
	}
	return handle{binary.BigEndian.Uint64(b[1:]), binary.BigEndian.Uint64(b[9:]), binary.BigEndian.Uint64(b[17:])}, true
}
