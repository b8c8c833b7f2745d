// Package sts is the Security Token Service: who calls, and credentials for roles. Signatures are not checked here and nobody is
// held to what a role may do; so credentials are names under which a caller is known until they expire.
//
// Rows (package record), in no place, for a key is known in all regions:
//
//	session KEY           whom the credentials with that access key id stand for
//	expiry TIME KEY       the same, by when it ends: Unix seconds with 12 digits
package sts

import (
	"context"
	"fmt"
	"sync"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/record"
)

// Service is the Security Token Service.
type Service struct {
	o        local.Options
	ops      map[string]local.Operation
	sessions record.Table[session]
	expiries record.Table[session]
	mu       sync.Mutex // of the removal of expired sessions
}

// New makes the service.
func New(o local.Options) *Service {
	s := &Service{o: o, sessions: record.NewTable[session](o.Store, "session"), expiries: record.NewTable[session](o.Store, "expiry")}
	s.ops = map[string]local.Operation{
		"AssumeRole":                 local.Op(s.assumeRole),
		"AssumeRoleWithSAML":         local.Op(s.assumeRoleWithSAML),
		"AssumeRoleWithWebIdentity":  local.Op(s.assumeRoleWithWebIdentity),
		"DecodeAuthorizationMessage": local.Op(s.decodeAuthorizationMessage),
		"GetAccessKeyInfo":           local.Op(s.getAccessKeyInfo),
		"GetCallerIdentity":          local.Op(s.getCallerIdentity),
		"GetFederationToken":         local.Op(s.getFederationToken),
		"GetSessionToken":            local.Op(s.getSessionToken),
	}
	return s
}

// Operations are local.Service's.
func (s *Service) Operations() map[string]local.Operation { return s.ops }

// Close is local.Service's; nothing runs here.
func (s *Service) Close(context.Context) error { return nil }

func refuse(code, format string, a ...any) *awswire.Error {
	return &awswire.Error{Code: code, Message: fmt.Sprintf(format, a...)}
}
