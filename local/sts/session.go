package sts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
)

// session is whom credentials stand for, until they expire.
type session struct {
	Key     string `json:"key"`
	UserID  string `json:"userId"`
	Account string `json:"account"`
	ARN     string `json:"arn"`
	Expires int64  `json:"expires"` // Unix seconds
}

type credentials struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      float64
}

// sweepAtOnce is how many expired sessions go when one is made.
const sweepAtOnce = 16

// issue makes credentials.
func (s *Service) issue(userID, account, name string, lasts time.Duration) (*credentials, error) {
	now := s.o.Now()
	x := &session{newKey(account), userID, account, name, now.Add(lasts).Unix()}
	var b kv.Batch
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for old, err := range s.expiries.Range(s.expiries.Key(arn.Place{}), s.expiries.Key(arn.Place{}, at(now.Unix()+1)), false) {
		if err != nil {
			return nil, err
		}
		s.sessions.Delete(&b, arn.Place{}, old.Key)
		s.expiries.Delete(&b, arn.Place{}, at(old.Expires), old.Key)
		if n++; n == sweepAtOnce {
			break
		}
	}
	if err := s.sessions.Set(&b, x, arn.Place{}, x.Key); err != nil {
		return nil, err
	}
	if err := s.expiries.Set(&b, x, arn.Place{}, at(x.Expires), x.Key); err != nil {
		return nil, err
	}
	return &credentials{x.Key, secretKey(), sessionToken(), local.Seconds(time.Unix(x.Expires, 0))}, s.o.Store.Apply(&b)
}

func at(unix int64) string { return fmt.Sprintf("%012d", unix) }

// caller returns the session that a request is signed with, nil when it is none of ours.
func (s *Service) caller(r *awswire.Request) (*session, error) {
	if r.Header == nil {
		return nil, nil
	}
	key, _, _ := strings.Cut(string(awswire.Credential([]byte(r.Header.Get("Authorization")))), "/")
	x, err := s.sessions.Get(arn.Place{}, key)
	if err != nil || x == nil {
		return nil, err
	}
	if x.Expires <= s.o.Now().Unix() {
		return nil, &awswire.Error{Code: "ExpiredToken", Message: "The security token included in the request is expired", Status: 403}
	}
	return x, nil
}

type identity struct {
	UserID  string `json:"UserId"`
	Account string
	Arn     string
}

func (s *Service) getCallerIdentity(_ context.Context, r *awswire.Request, _ *struct{}) (*identity, error) {
	x, err := s.caller(r)
	if err != nil {
		return nil, err
	}
	if x != nil {
		return &identity{x.UserID, x.Account, x.ARN}, nil
	}
	return &identity{r.Place.Account, r.Place.Account, global(r.Place, "iam", "root")}, nil
}

// global is the ARN of something of the account that is in no region.
func global(p arn.Place, service, resource string) string {
	return arn.ARN{Partition: p.Partition(), Service: service, Account: p.Account, Resource: resource}.String()
}

func (s *Service) getAccessKeyInfo(_ context.Context, r *awswire.Request, in *struct {
	AccessKeyID string `json:"AccessKeyId"`
}) (*struct{ Account string }, error) {
	account, ok := Account(in.AccessKeyID)
	if !ok {
		account = r.Place.Account
	}
	return &struct{ Account string }{account}, nil
}

func (s *Service) decodeAuthorizationMessage(context.Context, *awswire.Request, *struct{}) (*struct{}, error) {
	return nil, refuse("InvalidAuthorizationMessageException", "Message is not valid")
}

type tokenInput struct {
	Name            string
	DurationSeconds int64
	Policy          string
	PolicyArns      []policyARN
	Tags            []tag
}

type tokenOutput struct {
	Credentials      *credentials
	FederatedUser    *federatedUser `json:",omitempty"`
	PackedPolicySize *int           `json:",omitempty"`
}

type federatedUser struct {
	FederatedUserID string `json:"FederatedUserId"`
	Arn             string
}

// How long credentials last that no duration was given for, in seconds.
const usualTokenSeconds, usualRoleSeconds = 12 * 3600, 3600

func (s *Service) getSessionToken(_ context.Context, r *awswire.Request, in *tokenInput) (*tokenOutput, error) {
	c, err := s.issue(r.Place.Account, r.Place.Account, global(r.Place, "iam", "root"), seconds(in.DurationSeconds, usualTokenSeconds))
	if err != nil {
		return nil, err
	}
	return &tokenOutput{Credentials: c}, nil
}

func seconds(n, usual int64) time.Duration {
	if n == 0 {
		n = usual
	}
	return time.Duration(n) * time.Second
}

func (s *Service) getFederationToken(_ context.Context, r *awswire.Request, in *tokenInput) (*tokenOutput, error) {
	size, err := packed(in.Policy, in.PolicyArns, in.Tags)
	if err != nil {
		return nil, err
	}
	user := &federatedUser{r.Place.Account + ":" + in.Name, global(r.Place, "sts", "federated-user/"+in.Name)}
	c, err := s.issue(user.FederatedUserID, r.Place.Account, user.Arn, seconds(in.DurationSeconds, usualTokenSeconds))
	if err != nil {
		return nil, err
	}
	return &tokenOutput{c, user, size}, nil
}
