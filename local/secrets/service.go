// Package secrets is Secrets Manager: secrets, their versions and staging labels, rotation by Lambda functions.
//
// Rows, each behind the place (package record):
//
//	secret NAME          what there is to know of a secret, with its versions and their staging labels
//	value NAME VERSION   the value of a version
package secrets

import (
	"context"
	"sync"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/record"
)

// Service is Secrets Manager.
type Service struct {
	o       local.Options
	ops     map[string]local.Operation
	secrets record.Table[secret]
	values  record.Table[payload]

	mu sync.Mutex // one change at a time: each reads what it changes

	rotations sync.WaitGroup
	slots     chan struct{} // of rotations under way
	closing   context.Context
	stop      context.CancelFunc
}

// maxRotations is how many rotations run at once.
const maxRotations = 4

// New makes the service.
func New(o local.Options) *Service {
	s := &Service{
		o: o, secrets: record.NewTable[secret](o.Store, "secret"), values: record.NewTable[payload](o.Store, "value"),
		slots: make(chan struct{}, maxRotations),
	}
	s.closing, s.stop = context.WithCancel(context.Background())
	s.ops = map[string]local.Operation{
		"BatchGetSecretValue":      local.Op(s.batchGetSecretValue),
		"CancelRotateSecret":       local.Op(s.cancelRotateSecret),
		"CreateSecret":             local.Op(s.createSecret),
		"DeleteResourcePolicy":     local.Op(s.deleteResourcePolicy),
		"DeleteSecret":             local.Op(s.deleteSecret),
		"DescribeSecret":           local.Op(s.describeSecret),
		"GetRandomPassword":        local.Op(s.getRandomPassword),
		"GetResourcePolicy":        local.Op(s.getResourcePolicy),
		"GetSecretValue":           local.Op(s.getSecretValue),
		"ListSecretVersionIds":     local.Op(s.listSecretVersionIDs),
		"ListSecrets":              local.Op(s.listSecrets),
		"PutResourcePolicy":        local.Op(s.putResourcePolicy),
		"PutSecretValue":           local.Op(s.putSecretValue),
		"RestoreSecret":            local.Op(s.restoreSecret),
		"RotateSecret":             local.Op(s.rotateSecret),
		"TagResource":              local.Op(s.tagResource),
		"UntagResource":            local.Op(s.untagResource),
		"UpdateSecret":             local.Op(s.updateSecret),
		"UpdateSecretVersionStage": local.Op(s.updateSecretVersionStage),
		"ValidateResourcePolicy":   local.Op(s.validateResourcePolicy),
	}
	return s
}

// Operations are local.Service's.
func (s *Service) Operations() map[string]local.Operation { return s.ops }

// Close waits for the rotations under way, which are told to end.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.rotations.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func refuse(code, message string) *awswire.Error { return &awswire.Error{Code: code, Message: message} }

func invalidParameter(message string) *awswire.Error {
	return refuse("InvalidParameterException", message)
}

func invalidRequest(message string) *awswire.Error { return refuse("InvalidRequestException", message) }

func notFound(what string) *awswire.Error {
	return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret"+what)
}
