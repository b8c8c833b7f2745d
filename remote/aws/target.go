package aws

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/codec"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// target is where a request goes and how it is signed.
type target struct {
	Service
	base          *url.URL // without the path of the operation
	region        string
	signingName   string
	signingRegion string
	// virtual: the bucket of an operation of S3 is part of the host.
	virtual bool
	// anyone is an access key for an endpoint that may ask for none; "": it is AWS's.
	anyone string
}

// target finds where a request goes.
func (c *Caller) target(s *model.Service, r *awswire.Request) (*target, error) {
	t := &target{Service: c.o.Service(s.Name), region: r.Place.Region}
	if t.Region != "" {
		t.region = t.Region
	}
	t.signingName, t.signingRegion = s.SigningName, t.region
	if t.Endpoint != "" {
		u, err := url.Parse(strings.TrimRight(t.Endpoint, "/"))
		if err != nil || u.Host == "" {
			return nil, &awswire.Unanswered{Message: "The endpoint of " + s.Name + " is no URL."}
		}
		u.User = nil
		t.base, t.anyone = u, r.Place.Account
		if t.Account != "" {
			t.anyone = t.Account
		}
		if t.anyone == "" {
			t.anyone = "anyone"
		}
		return t, nil
	}
	return t, t.atAWS(s, r)
}

// atAWS fills in the endpoint that AWS has for the service in the region.
func (t *target) atAWS(s *model.Service, r *awswire.Request) error {
	if queue := queueHost(s, r.Input); queue != nil {
		t.base, t.signingRegion = queue, strings.Split(queue.Host, ".")[1]
		return nil
	}
	if !arn.IsRegion(t.region) {
		return &awswire.Unanswered{Message: "Unable to execute HTTP request: there is no region " + strconv.Quote(t.region)}
	}
	t.virtual = s.Name == "s3"
	return t.in(s.Name, t.region)
}

// in has requests go to the endpoint of a service in a region.
func (t *target) in(service, region string) (err error) {
	var host string
	host, t.signingRegion = model.Endpoint(service, region)
	t.base, err = url.Parse("https://" + host)
	return err
}

// queueHost is the host that a QueueUrl of AWS names: a queue may be in another region.
func queueHost(s *model.Service, in value.Value) *url.URL {
	if s.Name != "sqs" {
		return nil
	}
	given, _ := in.Get("QueueUrl")
	u, err := url.Parse(given.Str())
	if err != nil || u.Scheme != "https" || !strings.HasPrefix(u.Host, "sqs.") || !strings.Contains(u.Host, ".amazonaws.com") ||
		!arn.IsRegion(strings.Split(u.Host, ".")[1]) {
		return nil
	}
	return &url.URL{Scheme: "https", Host: u.Host}
}

// follow follows a bucket to the region to which it says it belongs; false when the request was sent there.
func (t *target) follow(region string) bool {
	if !t.virtual || region == "" || region == t.signingRegion || !arn.IsRegion(region) {
		return false
	}
	return t.in("s3", region) == nil
}

// host puts into the host what belongs there at AWS: a bucket, or what an operation has before the host. Other hosts have no such
// names.
func (t *target) host(req *http.Request, k *call) error {
	if t.Endpoint != "" {
		return nil
	}
	if t.virtual {
		bucket, _ := k.Input.Get("Bucket")
		codec.VirtualHost(req, bucket.Str())
		return nil
	}
	before, err := codec.HostPrefix(k.op, k.Input)
	if err != nil {
		return &unsendable{err.Error()}
	}
	req.URL.Host = before + req.URL.Host
	req.Host = req.URL.Host
	return nil
}
