package gateway

import (
	"context"
	"errors"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/codec"
	"github.com/statelark/statelark/awswire/model"
)

// Inside is a Caller for those within the process, who get what they would get over HTTP: inputs are held against the model before
// the service sees them, and errors have their status.
type Inside struct{ Services awswire.Caller }

// Call carries out an operation.
func (c Inside) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	s := model.Load(r.Service)
	if s == nil || s.Operations[r.Operation] == nil {
		return c.Services.Call(ctx, r) // which says what it does not have
	}
	op := s.Operations[r.Operation]
	reply, err := (*awswire.Reply)(nil), error(nil)
	if wrong := codec.CheckInput(s, op, r.Input, checks[r.Service]); wrong != nil {
		err = wrong
	} else {
		reply, err = c.Services.Call(ctx, r)
	}
	var no *awswire.Error
	if errors.As(err, &no) && no.Status == 0 {
		told := *no // the service may give the same one to many
		told.Status = codec.StatusOf(s, op, no)
		return nil, &told
	}
	return reply, err
}
