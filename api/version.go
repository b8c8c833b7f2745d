package api

import (
	"context"
	"strconv"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/awswire"
)

func (s *Server) publishVersion(ctx context.Context, c *awswire.Call) error {
	arn, err := s.machineARN(c)
	if err != nil {
		return err
	}
	v, err := s.engine.PublishVersion(ctx, arn, c.Str("revisionId"), c.Str("description"))
	if err != nil {
		return err
	}
	writeVersion(&c.Out, v)
	return nil
}

// writeVersion writes what publishing and listing versions both show.
func writeVersion(w *awswire.Writer, v *statelark.Version) {
	w.Str("stateMachineVersionArn", v.ARN())
	w.Time("creationDate", v.Created)
}

func (s *Server) listVersions(ctx context.Context, c *awswire.Call) error {
	arn, err := s.machineARN(c)
	if err != nil {
		return err
	}
	p, err := s.pageOf("ListStateMachineVersions", c)
	if err != nil {
		return err
	}
	var before int64
	if p.cursor != "" {
		before, _ = statelark.VersionNumber(p.cursor) // of our own making
	}
	list, err := s.engine.Versions(ctx, arn, before, p.size+1)
	if err != nil {
		return err
	}
	if last := writeItems(&c.Out, "stateMachineVersions", list, p.size, writeVersion); last != nil {
		s.writeNext(c, p, strconv.FormatInt(last.Number, 10))
	}
	return nil
}

func (s *Server) deleteVersion(ctx context.Context, c *awswire.Call) error {
	machine, number, err := s.versionARN(c, "stateMachineVersionArn")
	if err != nil {
		return err
	}
	return s.engine.DeleteVersion(ctx, machine, number)
}
