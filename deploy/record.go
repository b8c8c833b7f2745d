package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// record is what deployments of a stack have made. It is an object of the server, so that it is where the resources are.
// It is written before and after each change: what was made is known, whenever a deployment is broken off.
type record struct {
	Version   int        `json:"version"` // of this form
	Stack     string     `json:"stack"`
	Resources []recorded `json:"resources"` // in the order in which they were made

	tag string // of the object, "" while there is none
}

// recordVersion is the version of the form.
const recordVersion = 1

// recorded is a resource that was made.
type recorded struct {
	ID         string                 `json:"id"` // in the template
	Type       string                 `json:"type"`
	Name       string                 `json:"name,omitempty"`
	Ref        string                 `json:"ref"`
	Attributes map[string]value.Value `json:"attributes,omitempty"`
	Properties value.Value            `json:"properties"` // those that are secret have but a digest
	Retain     bool                   `json:"retain,omitempty"`
	// Making: it is being made or changed, and nobody has seen the end of that.
	Making bool `json:"making,omitempty"`
	// Old: another has taken its place, and it is to be removed.
	Old bool `json:"old,omitempty"`
}

// bucketOf is the bucket of deployments in a place.
func bucketOf(p arn.Place) string { return "statelark-deploy-" + p.Account + "-" + p.Region }

func recordKey(stack string) string { return "stacks/" + stack + ".json" }

// maxRecord bounds a record.
const maxRecord = 64 << 20

// refused is the code by which a service said no; "" when it is another error.
func refused(err error) string {
	var no *awswire.Error
	if errors.As(err, &no) {
		return no.Code
	}
	return ""
}

// loadRecord reads the record of a stack; an empty one when nothing was deployed yet.
func loadRecord(ctx context.Context, c awswire.Caller, p arn.Place, stack string) (*record, error) {
	r := &record{Version: recordVersion, Stack: stack}
	text, tag, err := readObject(ctx, c, p, bucketOf(p), recordKey(stack), maxRecord)
	if code := refused(err); code == "NoSuchKey" || code == "NoSuchBucket" {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the record of the stack %s: %w", stack, err)
	}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("reading the record of the stack %s: %w", stack, err)
	}
	if r.Version != recordVersion {
		return nil, fmt.Errorf("the record of the stack %s has version %d; this build reads %d", stack, r.Version, recordVersion)
	}
	r.tag = tag
	return r, nil
}

// save writes the record. Another deployment that has written meanwhile is noticed.
func (r *record) save(ctx context.Context, c awswire.Caller, p arn.Place) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing the record of the stack %s: %w", r.Stack, err)
	}
	in := []value.Member{member("Bucket", bucketOf(p)), member("Key", recordKey(r.Stack)), member("ContentType", "application/json")}
	if r.tag != "" {
		in = append(in, member("IfMatch", r.tag))
	} else {
		in = append(in, member("IfNoneMatch", "*"))
	}
	reply, err := putObject(ctx, c, p, in, text)
	switch code := refused(err); {
	case code == "PreconditionFailed" || code == "ConditionalRequestConflict":
		return fmt.Errorf("another deployment of the stack %s is under way: its record has changed meanwhile", r.Stack)
	case err != nil:
		return fmt.Errorf("writing the record of the stack %s: %w", r.Stack, err)
	}
	r.tag = textOf(reply, "ETag")
	return nil
}

// remove removes the record.
func (r *record) remove(ctx context.Context, c awswire.Caller, p arn.Place) error {
	if r.tag == "" {
		return nil
	}
	in := value.NewObject([]value.Member{member("Bucket", bucketOf(p)), member("Key", recordKey(r.Stack))})
	_, err := call(ctx, c, p, "s3:DeleteObject", in)
	return err
}

// find returns the resource of an id that is in use, nil when there is none.
func (r *record) find(id string) *recorded {
	for i := range r.Resources {
		if x := &r.Resources[i]; x.ID == id && !x.Old {
			return x
		}
	}
	return nil
}

func member(key, text string) value.Member {
	return value.Member{Key: key, Value: value.FromString(text)}
}

// call calls "service:Operation" and returns what it answers.
func call(ctx context.Context, c awswire.Caller, p arn.Place, what string, in value.Value) (value.Value, error) {
	service, operation, _ := strings.Cut(what, ":")
	reply, err := c.Call(ctx, &awswire.Request{Service: service, Operation: operation, Place: p, Input: in})
	if err != nil {
		return value.Value{}, fmt.Errorf("%s: %w", what, err)
	}
	if reply.Body != nil {
		defer func() { _ = reply.Body.Close() }() // nobody reads it
	}
	if !reply.Output.Exists() {
		return value.EmptyObj, nil
	}
	return reply.Output, nil
}

// readObject reads an object of S3, and its tag.
func readObject(ctx context.Context, c awswire.Caller, p arn.Place, bucket, key string, most int64) (data []byte, tag string, err error) {
	in := value.NewObject([]value.Member{member("Bucket", bucket), member("Key", key)})
	reply, err := c.Call(ctx, &awswire.Request{Service: "s3", Operation: "GetObject", Place: p, Input: in})
	if err != nil {
		return nil, "", err
	}
	if reply.Body == nil {
		return nil, textOf(reply.Output, "ETag"), nil
	}
	defer func() { _ = reply.Body.Close() }() // it was read
	data, err = io.ReadAll(io.LimitReader(reply.Body, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("s3://%s/%s has more than %d bytes", bucket, key, most)
	}
	return data, textOf(reply.Output, "ETag"), err
}

// putObject writes an object of S3, in the bucket of deployments, which is made when it is not there.
func putObject(ctx context.Context, c awswire.Caller, p arn.Place, in []value.Member, data []byte) (value.Value, error) {
	put := func() (*awswire.Reply, error) {
		return c.Call(ctx, &awswire.Request{Service: "s3", Operation: "PutObject", Place: p, Input: value.NewObject(in),
			Body: bytes.NewReader(data), Length: int64(len(data))})
	}
	reply, err := put()
	if refused(err) == "NoSuchBucket" {
		bucket := []value.Member{member("Bucket", bucketOf(p))}
		if p.Region != "us-east-1" {
			bucket = append(bucket, value.Member{Key: "CreateBucketConfiguration", Value: value.NewObject([]value.Member{member("LocationConstraint", p.Region)})})
		}
		if _, err := call(ctx, c, p, "s3:CreateBucket", value.NewObject(bucket)); err != nil {
			return value.Value{}, err
		}
		reply, err = put()
	}
	if err != nil {
		return value.Value{}, err
	}
	return reply.Output, nil
}
