package aws

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// maxIdentities is how many identities have their credentials in memory.
const maxIdentities = 1024

// sessionName is what sessions of roles are called.
const sessionName = "StatelarkTask"

// keys finds the credentials of an identity, and remembers them as long as they are good.
type keys interface {
	Retrieve(ctx context.Context) (aws.Credentials, error)
}

// identity is who makes a request: a profile, and a role that it takes on, for a state machine.
type identity struct {
	profile, role, owner string
	region               string // where the role is taken on
	anyone               string // access key where nobody asks for one; "": somebody does
}

// secrets are the credentials of identities.
type secrets struct {
	caller *Caller

	mu    sync.Mutex
	known map[identity]keys
}

// of returns the credentials for a request.
func (s *secrets) of(t *target, r *awswire.Request) keys {
	id := identity{profile: t.Profile, region: t.region, anyone: t.anyone}
	k := s.get(id)
	for _, role := range []string{t.Role, r.Role} {
		if role == "" {
			continue
		}
		id.role, id.owner = strings.TrimPrefix(id.role+"+"+role, "+"), r.Owner
		before, next := k, id
		k = s.find(next, func() keys {
			return &session{caller: s.caller, before: before, role: role, id: next, place: r.Place}
		})
	}
	return k
}

func (s *secrets) get(id identity) keys {
	return s.find(id, func() keys { return &standard{id: id} })
}

// find returns the credentials of an identity. When there are too many, those of another one are found anew.
func (s *secrets) find(id identity, build func() keys) keys {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.known[id]; k != nil {
		return k
	}
	if s.known == nil {
		s.known = make(map[identity]keys)
	}
	if len(s.known) >= maxIdentities {
		for other := range s.known {
			delete(s.known, other)
			break
		}
	}
	k := keys(aws.NewCredentialsCache(aws.CredentialsProviderFunc(build().Retrieve), func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = time.Minute
	}))
	s.known[id] = k
	return k
}

// standard are the credentials that AWS's clients find. The chain is walked when they are first needed.
type standard struct {
	id   identity
	once sync.Once
	from aws.CredentialsProvider
	err  error
}

// Retrieve finds them.
func (s *standard) Retrieve(ctx context.Context) (aws.Credentials, error) {
	s.once.Do(func() {
		options := []func(*config.LoadOptions) error{config.WithRegion(s.id.region)}
		if s.id.profile != "" {
			options = append(options, config.WithSharedConfigProfile(s.id.profile))
		}
		// Not under ctx: what is found is for all.
		found, err := config.LoadDefaultConfig(context.WithoutCancel(ctx), options...)
		s.from, s.err = found.Credentials, err
	})
	anyone := aws.Credentials{AccessKeyID: s.id.anyone, SecretAccessKey: "anyone"}
	switch {
	case s.err != nil && s.id.anyone != "" && s.id.profile == "":
		return anyone, nil
	case s.err != nil:
		return aws.Credentials{}, s.err
	case s.id.anyone != "" && s.id.profile == "":
		// An endpoint that is not AWS's is not worth a search of the network for credentials; those of the environment are taken.
		within, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if k, err := s.from.Retrieve(within); err == nil {
			return k, nil
		}
		return anyone, nil
	}
	return s.from.Retrieve(ctx)
}

// session are the credentials of a role that somebody takes on.
type session struct {
	caller *Caller
	before keys // of who does
	role   string
	id     identity
	place  arn.Place
}

// Retrieve takes the role on. As Step Functions does, it names the state machine as the external id.
func (s *session) Retrieve(ctx context.Context) (aws.Credentials, error) {
	in := value.NewObject([]value.Member{
		{Key: "RoleArn", Value: value.FromString(s.role)}, {Key: "RoleSessionName", Value: value.FromString(sessionName)},
	})
	if s.id.owner != "" {
		in = in.With("ExternalId", value.FromString(s.id.owner))
	}
	sts := model.Load("sts")
	r := &awswire.Request{Service: "sts", Operation: "AssumeRole", Place: s.place, Input: in}
	at, err := s.caller.target(sts, r)
	if err != nil {
		return aws.Credentials{}, err
	}
	reply, err := s.caller.insist(ctx, &call{Request: r, service: sts, op: sts.Operations["AssumeRole"], target: at, keys: s.before})
	if err != nil {
		return aws.Credentials{}, err
	}
	found, _ := reply.Output.Get("Credentials")
	text := func(name string) string {
		v, _ := found.Get(name)
		return v.Str()
	}
	expires, _ := found.Get("Expiration")
	if text("AccessKeyId") == "" {
		return aws.Credentials{}, &unsendable{"the answer of AssumeRole has no credentials"}
	}
	return aws.Credentials{
		AccessKeyID: text("AccessKeyId"), SecretAccessKey: text("SecretAccessKey"), SessionToken: text("SessionToken"),
		CanExpire: true, Expires: time.UnixMilli(int64(expires.Float() * 1000)),
	}, nil
}

// sign signs a request.
func (k *call) sign(ctx context.Context, req *http.Request) error {
	if k.op.Unsigned {
		return nil
	}
	found, err := k.keys.Retrieve(ctx)
	if err != nil {
		return noKeys(ctx, err)
	}
	s3 := k.service.Name == "s3"
	hash, err := bodyHash(req, k.op.UnsignedBody || s3 && !k.repeatable())
	if err != nil {
		return err
	}
	if s3 || hash == unsignedBody {
		req.Header.Set("X-Amz-Content-Sha256", hash)
	}
	err = v4.NewSigner().SignHTTP(ctx, found, req, hash, k.target.signingName, k.target.signingRegion, time.Now(), func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = s3
	})
	if err != nil {
		return &unsendable{"Unable to sign the request."}
	}
	return nil
}

// unsignedBody stands for the hash of a body that a signature does not cover.
const unsignedBody = "UNSIGNED-PAYLOAD"

// bodyHash is the hash of the body of a request, which can be read again after that.
func bodyHash(req *http.Request, unsigned bool) (string, error) {
	if unsigned {
		return unsignedBody, nil
	}
	sum := sha256.New()
	if req.Body != nil && req.Body != http.NoBody {
		if req.GetBody == nil {
			return "", &unsendable{"Unable to sign a body that can be read but once."}
		}
		body, err := req.GetBody()
		if err == nil {
			_, err = io.Copy(sum, body)
		}
		if err == nil {
			req.Body, err = req.GetBody()
		}
		if err != nil {
			return "", &unsendable{"Unable to read the body of the request."}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// noKeys words why there are no credentials. What the chain says of each place where it looked is for nobody but the operator.
func noKeys(ctx context.Context, err error) error {
	var no *awswire.Error
	var silence *awswire.Unanswered
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &no): // of AssumeRole
		return no
	case errors.As(err, &silence):
		return silence
	}
	return &unsendable{fmt.Sprintf("Unable to load credentials from any of the providers in the chain: %s", kindOf(err))}
}

// kindOf is what is wrong in a few words, without what it was found in.
func kindOf(err error) string {
	if strings.Contains(err.Error(), "failed to get shared config profile") {
		return "there is no such profile"
	}
	return "none was found"
}

// Sign signs a request to an API of API Gateway, for the account of a place or a role.
func (c *Caller) Sign(ctx context.Context, req *http.Request, body []byte, place arn.Place, role, owner string) error {
	s := c.o.Service("apigateway")
	region := firstOf(s.Region, regionOf(req.URL.Hostname()), place.Region)
	t := &target{Service: s, region: region, signingName: "execute-api", signingRegion: region}
	k := &call{
		Request: &awswire.Request{Place: place, Role: role, Owner: owner}, service: &model.Service{}, op: &model.Operation{}, target: t,
	}
	k.keys = c.secrets.of(t, k.Request)
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body = io.NopCloser(bytes.NewReader(body))
	return k.sign(ctx, req)
}

// regionOf is the region in the host of an API, "" when there is none.
func regionOf(host string) string {
	parts := strings.Split(host, ".")
	if len(parts) > 3 && parts[1] == "execute-api" && arn.IsRegion(parts[2]) {
		return parts[2]
	}
	return ""
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
