package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// Services are the services that are built in, by the names that the model has for them. It is the Caller for those in the process;
// requests over HTTP come this way as well.
type Services struct {
	store    kv.Store
	log      *slog.Logger
	services map[string]Service
}

// NewServices makes an empty set. store is what all of them keep their things in. Services are added before the first call.
func NewServices(store kv.Store, log *slog.Logger) *Services {
	return &Services{store: store, log: log, services: map[string]Service{}}
}

// Add adds a service.
func (s *Services) Add(name string, service Service) { s.services[name] = service }

// Has reports whether a service is built in.
func (s *Services) Has(name string) bool { return s.services[name] != nil }

// Call carries out an operation. Nothing that it applied, or has seen, can be taken away by a crash once it has returned.
func (s *Services) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	service := s.services[r.Service]
	if service == nil {
		return nil, notBuiltIn(r, "The service "+r.Service+" is not built in.")
	}
	do := service.Operations()[r.Operation]
	if do == nil {
		return nil, notBuiltIn(r, "The operation "+r.Operation+" of "+r.Service+" is not built in.")
	}
	reply, err := s.do(ctx, do, r)
	if unsynced := s.store.Durable(ctx); unsynced != nil {
		if err == nil && reply.Body != nil {
			_ = reply.Body.Close()
		}
		return nil, unsynced
	}
	return reply, err
}

func notBuiltIn(r *awswire.Request, message string) *awswire.Error {
	return &awswire.Error{Code: "NotImplemented", Message: message + " An endpoint that has it can be set for " + r.Service + ".", Status: 501}
}

// do runs the operation. A panic in it is a fault of this request alone.
func (s *Services) do(ctx context.Context, do Operation, r *awswire.Request) (reply *awswire.Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("operation panicked", "service", r.Service, "operation", r.Operation, "panic", p, "stack", string(debug.Stack()))
			err = errors.New("the operation panicked")
		}
	}()
	reply, err = do(ctx, r)
	if err == nil && reply == nil {
		reply = &awswire.Reply{}
	}
	return reply, err
}

// Resume has the services go on with what an earlier process has left, those that have a Resume. All services are there then.
func (s *Services) Resume() error {
	var errs []error
	for name, service := range s.services {
		if left, ok := service.(interface{ Resume() error }); ok {
			if err := left.Resume(); err != nil {
				errs = append(errs, fmt.Errorf("resuming %s: %w", name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// EndWaits has the services answer the requests that wait for something to come, those that have an EndWaits: a server that stops
// lets its requests end first.
func (s *Services) EndWaits() {
	for _, service := range s.services {
		if waits, ok := service.(interface{ EndWaits() }); ok {
			waits.EndWaits()
		}
	}
}

// Close closes all services.
func (s *Services) Close(ctx context.Context) error {
	var errs []error
	for _, service := range s.services {
		errs = append(errs, service.Close(ctx))
	}
	return errors.Join(errs...)
}
