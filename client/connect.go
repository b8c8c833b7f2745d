package client

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/statelark/statelark/arn"
)

// Settings say which server to call, and as whom. What is "" comes from where AWS's own clients have it.
type Settings struct {
	// Endpoint is the URL of a server, or AWS. "": as AWS_ENDPOINT_URL_SFN, AWS_ENDPOINT_URL and the profile say, then AWS
	// with a profile, and Default without.
	Endpoint string
	// Region to call. "": AWS_REGION, AWS_DEFAULT_REGION, the profile's.
	Region string
	// Profile of ~/.aws/config whose credentials, region and endpoint are used; "": none.
	Profile string
	// Default is the URL of a server when nothing says where it is, and Place where its resources are.
	Default string
	Place   arn.Place
	// Getenv reads the environment.
	Getenv func(string) string
}

// AWS is the endpoint that stands for AWS itself.
const AWS = "aws"

// service is the name of Step Functions in signatures.
const service = "states"

// ErrCredentials says that there are no credentials to sign with.
var ErrCredentials = errors.New("there are no credentials to sign with")

// env returns the first of some variables that is set.
func (s *Settings) env(names ...string) string {
	for _, name := range names {
		if v := s.Getenv(name); v != "" {
			return v
		}
	}
	return ""
}

// Connect makes a client as the settings say. It calls nobody, so that an error is about the settings. A server that is
// not AWS's gets signed calls as soon as anything says who calls, or which region: it may go by both.
func Connect(ctx context.Context, s Settings) (*Client, error) {
	profile, err := s.profile(ctx)
	if err != nil {
		return nil, err
	}
	region := cmp.Or(s.Region, s.env("AWS_REGION", "AWS_DEFAULT_REGION"), profile.Region)
	endpoint := cmp.Or(s.Endpoint, s.env("AWS_ENDPOINT_URL_SFN", "AWS_ENDPOINT_URL"), profile.endpoint())
	if endpoint == "" {
		endpoint = s.Default
		if s.Profile != "" {
			endpoint = AWS
		}
	}
	place := s.Place
	place.Region = cmp.Or(region, place.Region)
	if endpoint == AWS {
		return s.connectAWS(ctx, region)
	}
	if u, err := url.Parse(endpoint); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("the endpoint is %q; it has to be a URL such as %s, or %s for AWS itself", endpoint, s.Default, AWS)
	}
	c := New(endpoint, place)
	known := s.Profile != "" || s.env("AWS_ACCESS_KEY_ID") != ""
	switch {
	case known:
		c.sign, err = s.signer(ctx, place.Region)
	case region != "":
		c.sign = &signer{region: region, keys: aws.CredentialsProviderFunc(anyone)}
	}
	return c, err
}

// connectAWS makes a client of AWS itself. Its role is one that has to be named, for AWS asks for a real one.
func (s *Settings) connectAWS(ctx context.Context, region string) (*Client, error) {
	sign, err := s.signer(ctx, region)
	if err != nil {
		return nil, err
	}
	if sign.region == "" {
		return nil, errors.New("no region of AWS is named")
	}
	place := arn.Place{Region: sign.region, Account: s.Place.Account}
	c := New(awsURL(place), place)
	c.aws, c.sign = true, sign
	return c, nil
}

// awsURL is the endpoint of AWS in a region.
func awsURL(p arn.Place) string {
	domain := "amazonaws.com"
	if p.Partition() == "aws-cn" {
		domain += ".cn"
	}
	return "https://" + service + "." + p.Region + "." + domain
}

// anyone are credentials for a server that takes any.
func anyone(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "statelark", SecretAccessKey: "statelark"}, nil
}

// sharedProfile is a profile of AWS's shared configuration; the zero value is none.
type sharedProfile struct{ config.SharedConfig }

// profile reads the profile that is named.
func (s *Settings) profile(ctx context.Context) (sharedProfile, error) {
	if s.Profile == "" {
		return sharedProfile{}, nil
	}
	p, err := config.LoadSharedConfigProfile(ctx, s.Profile, func(o *config.LoadSharedConfigOptions) {
		if file := s.env("AWS_CONFIG_FILE"); file != "" {
			o.ConfigFiles = []string{file}
		}
		if file := s.env("AWS_SHARED_CREDENTIALS_FILE"); file != "" {
			o.CredentialsFiles = []string{file}
		}
	})
	if err != nil {
		return sharedProfile{}, fmt.Errorf("reading the settings of AWS: %w", err)
	}
	return sharedProfile{p}, nil
}

// endpoint is the endpoint that the profile names, for Step Functions or for all services.
func (p *sharedProfile) endpoint() string {
	return cmp.Or(p.Services.ServiceValues["sfn"]["endpoint_url"], p.BaseEndpoint)
}

// signer returns who signs with the credentials of the profile, or with those that AWS's clients find. region "" is theirs.
func (s *Settings) signer(ctx context.Context, region string) (*signer, error) {
	var options []func(*config.LoadOptions) error
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	if s.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(s.Profile))
	}
	found, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("reading the settings of AWS: %w", err)
	}
	return &signer{region: found.Region, keys: found.Credentials}, nil
}

// signer signs calls (Signature Version 4).
type signer struct {
	region string
	keys   aws.CredentialsProvider // remembers what it has found
}

func (s *signer) sign(ctx context.Context, r *http.Request, body string) error {
	keys, err := s.keys.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	sum := sha256.Sum256([]byte(body))
	return signWith(ctx, keys, r, hex.EncodeToString(sum[:]), service, s.region)
}
