// Package sns is Amazon SNS, built in: topics, subscriptions with filter policies, and the delivery to queues, functions and
// HTTP endpoints.
//
// A publish sends to queues before it answers, so that it is as durable as they are. What cannot be done then, and all that goes to
// functions and endpoints, is a row in the outbox (outbox.go) until it is done: after a crash it is done again.
package sns

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
)

// Service is SNS.
type Service struct {
	store    kv.Store
	others   awswire.Caller
	endpoint string
	now      func() time.Time
	log      *slog.Logger
	signer   signer
	client   *http.Client

	operations map[string]local.Operation
	lanes      [64]sync.Mutex // messages of a group of a FIFO topic are sent one after the other

	mu     sync.Mutex
	topics map[topicKey]*topic // that were asked for, maxTopics at most
	seq    uint64              // the last number of a message of a FIFO topic
	outbox outbox
}

// Options are what SNS needs beside what every service has.
type Options struct {
	local.Options
	// AllowAddress says to which addresses messages go over HTTP; nil: to all, those of this machine as well.
	AllowAddress func(netip.Addr) bool
}

// New makes the service. It starts nothing.
func New(o Options) *Service {
	s := &Service{store: o.Store, others: o.Others, endpoint: o.Endpoint, now: o.Now, log: o.Log, topics: map[topicKey]*topic{}}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.signer.store = o.Store
	s.client = newClient(o.AllowAddress)
	s.outbox.init()
	s.operations = map[string]local.Operation{
		"AddPermission":                      local.Op(s.addPermission),
		"CheckIfPhoneNumberIsOptedOut":       local.Op(s.checkIfPhoneNumberIsOptedOut),
		"ConfirmSubscription":                local.Op(s.confirmSubscription),
		"CreatePlatformApplication":          local.Op(s.createPlatformApplication),
		"CreatePlatformEndpoint":             local.Op(s.createPlatformEndpoint),
		"CreateTopic":                        local.Op(s.createTopic),
		"DeleteEndpoint":                     local.Op(s.deleteEndpoint),
		"DeletePlatformApplication":          local.Op(s.deletePlatformApplication),
		"DeleteTopic":                        local.Op(s.deleteTopic),
		"GetDataProtectionPolicy":            local.Op(s.getDataProtectionPolicy),
		"GetEndpointAttributes":              local.Op(s.getEndpointAttributes),
		"GetPlatformApplicationAttributes":   local.Op(s.getPlatformApplicationAttributes),
		"GetSMSAttributes":                   local.Op(s.getSMSAttributes),
		"GetSubscriptionAttributes":          local.Op(s.getSubscriptionAttributes),
		"GetTopicAttributes":                 local.Op(s.getTopicAttributes),
		"ListEndpointsByPlatformApplication": local.Op(s.listEndpointsByPlatformApplication),
		"ListPhoneNumbersOptedOut":           local.Op(s.listPhoneNumbersOptedOut),
		"ListPlatformApplications":           local.Op(s.listPlatformApplications),
		"ListSubscriptions":                  local.Op(s.listSubscriptions),
		"ListSubscriptionsByTopic":           local.Op(s.listSubscriptionsByTopic),
		"ListTagsForResource":                local.Op(s.listTagsForResource),
		"ListTopics":                         local.Op(s.listTopics),
		"OptInPhoneNumber":                   local.Op(s.optInPhoneNumber),
		"Publish":                            local.Op(s.publish),
		"PublishBatch":                       local.Op(s.publishBatch),
		"PutDataProtectionPolicy":            local.Op(s.putDataProtectionPolicy),
		"RemovePermission":                   local.Op(s.removePermission),
		"SetEndpointAttributes":              local.Op(s.setEndpointAttributes),
		"SetPlatformApplicationAttributes":   local.Op(s.setPlatformApplicationAttributes),
		"SetSMSAttributes":                   local.Op(s.setSMSAttributes),
		"SetSubscriptionAttributes":          local.Op(s.setSubscriptionAttributes),
		"SetTopicAttributes":                 local.Op(s.setTopicAttributes),
		"SigningCertificate":                 local.Op(s.signingCertificate),
		"Subscribe":                          local.Op(s.subscribe),
		"TagResource":                        local.Op(s.tagResource),
		"Unsubscribe":                        local.Op(s.unsubscribe),
		"UntagResource":                      local.Op(s.untagResource),
	}
	for name, members := range required {
		s.operations[name] = withMembers(members, s.operations[name])
	}
	return s
}

// Operations are those of SNS.
func (s *Service) Operations() map[string]local.Operation { return s.operations }

// Close ends the deliveries that are under way; they are made after the next start.
func (s *Service) Close(ctx context.Context) error { return s.outbox.close(ctx) }

// place of the caller's server as the addresses in messages have it.
func (s *Service) address(r *awswire.Request) string {
	if r.Endpoint != "" {
		return r.Endpoint
	}
	return s.endpoint
}
