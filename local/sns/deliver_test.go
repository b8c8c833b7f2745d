package sns

import "testing"

func TestShownEndpoint(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://user:secret@example.org/a?b=c":  "https://user:xxxxx@example.org/a?b=c",
		"http://example.org/":                    "http://example.org/",
		"arn:aws:sqs:us-east-1:123456789012:one": "arn:aws:sqs:us-east-1:123456789012:one",
		"someone@example.org":                    "someone@example.org",
	} {
		if got := (&delivery{Endpoint: endpoint}).shown(); got != want {
			t.Errorf("%s is shown as %s", endpoint, got)
		}
	}
}
