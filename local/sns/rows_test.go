package sns

import (
	"reflect"
	"testing"
)

// What version 1 of each row looks like. It never changes: later builds read it.
func TestGoldenRows(t *testing.T) {
	text := "v"
	for name, x := range map[string]struct {
		golden      string
		value, into any
	}{
		"topic": {`{"attributes":{"FifoTopic":"true"},"tags":{"a":"b"},"dataProtectionPolicy":"{}","subscriptionsDeleted":2}`,
			&topicRow{map[string]string{"FifoTopic": "true"}, map[string]string{"a": "b"}, "{}", 2}, &topicRow{}},
		"subscription": {`{"protocol":"sqs","endpoint":"e","owner":"o","token":"t","authenticated":true,"attributes":{"RawMessageDelivery":"true"}}`,
			&subscriptionRow{"sqs", "e", "o", "t", true, map[string]string{"RawMessageDelivery": "true"}}, &subscriptionRow{}},
		"sent":     {`{"at":1,"id":"i","sequence":"s"}`, &sentRow{1, "i", "s"}, &sentRow{}},
		"platform": {`{"attributes":{"Enabled":"true"}}`, &platformRow{map[string]string{"Enabled": "true"}}, &platformRow{}},
		"signer":   {`{"key":"AQ==","certificate":"Ag=="}`, &signerRow{[]byte{1}, []byte{2}}, &signerRow{}},
		"delivery": {`{"type":"Notification","messageId":"i","topic":"t","subscription":"s","protocol":"http","endpoint":"e","body":"b","payload":"AQ==",` +
			`"raw":true,"attributes":{"n":{"DataType":"String","StringValue":"v"}},"group":"g","dedup":"d","trace":"x","deadLetter":"l","contentType":"c","retries":3,` +
			`"minDelay":4,"maxDelay":5,"attempts":6,"due":7}`,
			&delivery{"Notification", "i", "t", "s", "http", "e", "b", []byte{1}, true, map[string]attribute{"n": {DataType: "String", StringValue: &text}},
				"g", "d", "x", "l", "c", 3, 4, 5, 6, 7}, &delivery{}},
	} {
		if err := decode([]byte("\x01"+x.golden), x.into); err != nil || !reflect.DeepEqual(x.into, x.value) {
			t.Errorf("%s: %+v, %v; want %+v", name, x.into, err, x.value)
		}
		if again := string(encode(x.value)); again != "\x01"+x.golden {
			t.Errorf("%s is written as %q, want %q", name, again, x.golden)
		}
		if err := decode([]byte("\x02"+x.golden), x.into); err == nil {
			t.Errorf("%s of version 2 is read", name)
		}
	}
}
