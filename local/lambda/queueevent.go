package lambda

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/statelark/statelark/local/lambda/function"
)

// message is what ReceiveMessage tells of a message.
type message struct {
	MessageID              string `json:"MessageId"`
	ReceiptHandle          string
	Body                   string
	MD5OfBody              string
	Attributes             map[string]string
	MD5OfMessageAttributes string
	MessageAttributes      map[string]struct {
		DataType    string
		StringValue *string
		BinaryValue *string // Base64
	}
}

// eventRecord is a message as functions get it.
type eventRecord struct {
	MessageID         string                    `json:"messageId"`
	ReceiptHandle     string                    `json:"receiptHandle"`
	Body              string                    `json:"body"`
	Attributes        map[string]string         `json:"attributes"`
	MessageAttributes map[string]eventAttribute `json:"messageAttributes"`
	MD5OfAttributes   string                    `json:"md5OfMessageAttributes,omitempty"`
	MD5OfBody         string                    `json:"md5OfBody"`
	EventSource       string                    `json:"eventSource"`
	EventSourceARN    string                    `json:"eventSourceARN"`
	Region            string                    `json:"awsRegion"`
}

type eventAttribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      *string  `json:"binaryValue,omitempty"`
	StringListValues []string `json:"stringListValues"`
	BinaryListValues []string `json:"binaryListValues"`
	DataType         string   `json:"dataType"`
}

// eventOf is the event of a batch.
func eventOf(m *mapping, batch []message) ([]byte, error) {
	records := make([]eventRecord, len(batch))
	for i, msg := range batch {
		r := eventRecord{
			MessageID: msg.MessageID, ReceiptHandle: msg.ReceiptHandle, Body: msg.Body, Attributes: msg.Attributes, MD5OfBody: msg.MD5OfBody,
			MD5OfAttributes: msg.MD5OfMessageAttributes, MessageAttributes: map[string]eventAttribute{},
			EventSource: "aws:sqs", EventSourceARN: m.Queue, Region: m.Region,
		}
		for name, a := range msg.MessageAttributes {
			r.MessageAttributes[name] = eventAttribute{a.StringValue, a.BinaryValue, []string{}, []string{}, a.DataType}
		}
		records[i] = r
	}
	return json.Marshal(map[string]any{"Records": records})
}

// split cuts a batch into parts whose events are no larger than a function may get. JSON may spell a byte of a body as six.
func split(batch []message) [][]message {
	var parts [][]message
	size := 0
	for i := range batch {
		text, err := json.Marshal(batch[i])
		n := len(text) + 512 // names, and what is the same in all
		if err != nil || len(parts) == 0 || size+n > function.MaxPayload {
			parts, size = append(parts, nil), 0
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], batch[i])
		size += n
	}
	return parts
}

// succeeded returns the messages of a batch that an answer does not tell to have failed. No answer at all says that none has.
// One that is not as it should be fails the whole batch, as does one that names a message which is not there.
func succeeded(batch []message, answer []byte) ([]message, error) {
	var told *struct {
		Failures []struct {
			ID *string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &told); err != nil {
		return nil, fmt.Errorf("reading which messages failed: %w", err)
	}
	if told == nil {
		return batch, nil
	}
	failed := map[string]bool{}
	for _, f := range told.Failures {
		if f.ID == nil {
			return nil, errors.New("the function names a failure without an itemIdentifier")
		}
		failed[*f.ID] = true
	}
	var left []message
	for _, msg := range batch {
		if !failed[msg.MessageID] {
			left = append(left, msg)
		}
		delete(failed, msg.MessageID)
	}
	if len(failed) > 0 {
		return nil, errors.New("the function names failures that the batch does not have")
	}
	return left, nil
}
