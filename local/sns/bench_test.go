package sns

import (
	"testing"
)

// What a signature costs a publish to a standard topic that somebody has without raw delivery.
func BenchmarkSign(b *testing.B) {
	c := start(b)
	for b.Loop() {
		if _, err := c.sns.signer.sign("1", "text", "http://127.0.0.1:8083"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPublish(b *testing.B) {
	for name, attributes := range map[string]string{"raw": `"RawMessageDelivery":"true"`, "signed": ""} {
		b.Run(name, func(b *testing.B) {
			c := start(b)
			c.topic("t", attributes, "q")
			for b.Loop() {
				c.ok("Publish", `{"TopicArn":"`+topicARN+`t","Message":"text"}`)
			}
		})
	}
}
