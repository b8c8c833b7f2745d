package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// services speaks to the services that are built in. It asks once: what a lost answer means is for the test to decide.
type services struct {
	url  string
	http *http.Client
}

func newServices(url string) *services {
	return &services{url: url, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 512, DisableCompression: true}}}
}

type object = map[string]any

// denial is an answer that is no success.
type denial struct {
	status     int
	code, text string
}

func (r *denial) Error() string { return fmt.Sprintf("%d %s: %.300s", r.status, r.code, r.text) }

// refusedWith returns the code of a refusal that settles what became of a call; "" when it is none.
func refusedWith(err error) string {
	var no *denial
	if !errors.As(err, &no) || no.status >= http.StatusInternalServerError || no.status == http.StatusTooManyRequests {
		return ""
	}
	return no.code
}

// known reports whether an error, or none, says what became of a call.
func known(err error) bool { return err == nil || refusedWith(err) != "" }

// until makes a call again and again until it is known what became of it.
func until(ctx context.Context, call func() error) error {
	for {
		err := call()
		if known(err) || !pause(ctx, millisecond) {
			return err
		}
	}
}

// targets are what X-Amz-Target begins with, by service.
var targets = map[string]string{
	"dynamodb": "DynamoDB_20120810", "sqs": "AmazonSQS", "secretsmanager": "secretsmanager", "ssm": "AmazonSSM", "logs": "Logs_20140328",
	"events": "AWSEvents", "ecs": "AmazonEC2ContainerServiceV20141113", "glue": "AWSGlue", "states": "AWSStepFunctions",
}

// do makes a call of a service whose requests are JSON documents.
func (c *services) do(ctx context.Context, service, operation string, in object) (object, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	form := "application/x-amz-json-1.1"
	if service == "dynamodb" || service == "sqs" || service == "states" {
		form = "application/x-amz-json-1.0"
	}
	return c.document(c.send(ctx, http.MethodPost, service, "/", body, "X-Amz-Target", targets[service]+"."+operation, "Content-Type", form))
}

// rest makes a call of a service that has paths and JSON documents.
func (c *services) rest(ctx context.Context, method, service, path string, in object) (object, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return c.document(c.send(ctx, method, service, path, body, "Content-Type", "application/json"))
}

func (c *services) document(text []byte, _ http.Header, err error) (object, error) {
	if err != nil || len(text) == 0 {
		return nil, err
	}
	out := object{}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("the answer is no document: %w: %.200s", err, text)
	}
	return out, nil
}

// query makes a call of SNS.
func (c *services) query(ctx context.Context, action string, fields ...string) (string, error) {
	form := url.Values{"Action": {action}, "Version": {"2010-03-31"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	text, _, err := c.send(ctx, http.MethodPost, "sns", "/", []byte(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
	return string(text), err
}

// send makes a request, and returns the answer's body and head.
func (c *services) send(ctx context.Context, method, service, path string, body []byte, head ...string) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/"+region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	for i := 0; i < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, nil, err
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return nil, nil, denialOf(resp, string(text))
	}
	return text, resp.Header, nil
}

var (
	codeInJSON = regexp.MustCompile(`"(?:__type|[cC]ode)"\s*:\s*"(?:[^"#]*#)?([^"]+)"`)
	codeInXML  = regexp.MustCompile(`<Code>([^<]+)</Code>`)
)

func denialOf(resp *http.Response, text string) *denial {
	no := &denial{status: resp.StatusCode, code: resp.Status, text: text}
	if kind := resp.Header.Get("X-Amzn-ErrorType"); kind != "" {
		no.code, _, _ = strings.Cut(kind, ":")
	}
	for _, form := range []*regexp.Regexp{codeInJSON, codeInXML} {
		if m := form.FindStringSubmatch(text); m != nil {
			no.code = m[1]
		}
	}
	return no
}

// at returns what is in a document: names of members and places in lists; nil when there is nothing.
func at(doc any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			members, _ := doc.(object)
			doc = members[step]
		case int:
			items, _ := doc.([]any)
			if step >= len(items) {
				return nil
			}
			doc = items[step]
		}
	}
	return doc
}

func textAt(doc any, path ...any) string {
	text, _ := at(doc, path...).(string)
	return text
}

func listAt(doc any, path ...any) []any {
	items, _ := at(doc, path...).([]any)
	return items
}
