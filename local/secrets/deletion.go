package secrets

import (
	"context"
	"time"

	"github.com/statelark/statelark/awswire"
)

type deleteInput struct {
	SecretID                   string `json:"SecretId"`
	RecoveryWindowInDays       *int64
	ForceDeleteWithoutRecovery bool
}

type deleteOutput struct {
	ARN          string
	Name         string
	DeletionDate float64
}

// The recovery window, in days.
const minWindow, maxWindow, usualWindow = 7, 30, 30

func (s *Service) deleteSecret(_ context.Context, r *awswire.Request, in *deleteInput) (*deleteOutput, error) {
	days := int64(usualWindow)
	if in.RecoveryWindowInDays != nil {
		if days = *in.RecoveryWindowInDays; in.ForceDeleteWithoutRecovery {
			return nil, invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
		}
		if days < minWindow || days > maxWindow {
			return nil, invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.find(r.Place, in.SecretID)
	now := s.o.Now()
	switch {
	case err != nil:
		return nil, err
	case x == nil && in.ForceDeleteWithoutRecovery: // as if it had been there
		return &deleteOutput{r.Place.ARN("secretsmanager", "secret:"+in.SecretID+"-"+suffix()), in.SecretID, seconds(now.UnixMilli())}, nil
	case x == nil:
		return nil, notFound(".")
	case in.ForceDeleteWithoutRecovery:
		return &deleteOutput{x.ARN, x.Name, seconds(now.UnixMilli())}, s.remove(r.Place, x)
	case x.Deleted != 0:
		return nil, invalidRequest("You can't perform this operation on the secret because it was already scheduled for deletion.")
	}
	x.Deleted = now.UnixMilli()
	x.Gone = now.Add(time.Duration(days) * 24 * time.Hour).UnixMilli()
	return &deleteOutput{x.ARN, x.Name, seconds(x.Gone)}, s.save(r.Place, x)
}

func (s *Service) restoreSecret(_ context.Context, r *awswire.Request, in *named) (*identity, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.known(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	x.Deleted, x.Gone = 0, 0
	return &identity{x.ARN, x.Name, ""}, s.save(r.Place, x)
}
