package client

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/codec"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// Services calls all services of the server, as the client calls Step Functions. It is not for AWS itself, where each service
// has an endpoint of its own.
type Services struct{ c *Client }

// Services returns who calls the services of the server, and where their resources are. The server says which account that is.
func (c *Client) Services(ctx context.Context) (*Services, arn.Place, error) {
	s := &Services{c}
	place := c.place
	answer, err := s.Call(ctx, &awswire.Request{Service: "sts", Operation: "GetCallerIdentity", Place: place, Input: value.EmptyObj})
	if err != nil {
		return nil, place, fmt.Errorf("asking the server for its account: %w", err)
	}
	if account := Str(answer.Output, "Account"); arn.IsAccount(account) {
		place.Account = account
	}
	return s, place, nil
}

// Call does an operation. Requests name the service and the region that they are for; a server reads that, and few hold the
// signature against anything.
func (s *Services) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	m := model.Load(r.Service)
	if m == nil || m.Operations[r.Operation] == nil {
		return nil, fmt.Errorf("AWS has no operation %s of %s", r.Operation, r.Service)
	}
	op := m.Operations[r.Operation]
	request, err := codec.NewRequest(ctx, m, op, s.c.url, r)
	if err != nil {
		return nil, err
	}
	if err := s.sign(ctx, request, cmp.Or(m.SigningName, m.EndpointPrefix)); err != nil {
		return nil, err
	}
	answer, err := s.c.HTTP.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	reply, err := codec.ReadReply(m, op, answer)
	var refused *awswire.Error
	if err != nil && !errors.As(err, &refused) {
		err = fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return reply, err
}

// sign signs a request with what the client signs with, else with what any server takes.
func (s *Services) sign(ctx context.Context, r *http.Request, service string) error {
	keys, err := anyone(ctx)
	if s.c.sign != nil {
		keys, err = s.c.sign.keys.Retrieve(ctx)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	sum, err := digestOf(r)
	if err != nil {
		return err
	}
	r.Header.Set("X-Amz-Content-Sha256", sum)
	return signWith(ctx, keys, r, sum, service, s.c.place.Region)
}

// digestOf is the digest of a body that can be read again.
func digestOf(r *http.Request) (string, error) {
	h := sha256.New()
	if r.Body != nil && r.Body != http.NoBody {
		if r.GetBody == nil {
			return "UNSIGNED-PAYLOAD", nil
		}
		if _, err := io.Copy(h, r.Body); err != nil {
			return "", fmt.Errorf("reading the body of a request: %w", err)
		}
		again, err := r.GetBody()
		if err != nil {
			return "", fmt.Errorf("reading the body of a request again: %w", err)
		}
		r.Body = again
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// signWith signs a request (Signature Version 4).
func signWith(ctx context.Context, keys aws.Credentials, r *http.Request, sum, service, region string) error {
	plain := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" }
	if err := v4.NewSigner().SignHTTP(ctx, keys, r, sum, service, region, time.Now(), plain); err != nil {
		return fmt.Errorf("signing a call: %w", err)
	}
	return nil
}
