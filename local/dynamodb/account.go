package dynamodb

import (
	"context"
	"net/url"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
)

type limitsOutput struct {
	AccountMaxReadCapacityUnits  int64
	AccountMaxWriteCapacityUnits int64
	TableMaxReadCapacityUnits    int64
	TableMaxWriteCapacityUnits   int64
}

func (s *Service) describeLimits(context.Context, *awswire.Request, *noOutput) (*limitsOutput, error) {
	return &limitsOutput{80000, 80000, 40000, 40000}, nil
}

type endpoint struct {
	Address              string
	CachePeriodInMinutes int64
}

type endpointsOutput struct{ Endpoints []endpoint }

func (s *Service) describeEndpoints(_ context.Context, r *awswire.Request, _ *noOutput) (*endpointsOutput, error) {
	address := "dynamodb." + r.Place.Region + ".amazonaws.com"
	if u, err := url.Parse(r.Endpoint); err == nil && u.Host != "" {
		address = u.Host
	}
	return &endpointsOutput{[]endpoint{{address, 1440}}}, nil
}

type recoverySpecification struct {
	PointInTimeRecoveryEnabled *bool
	RecoveryPeriodInDays       int64
}

type updateBackupsInput struct {
	TableName                        string
	PointInTimeRecoverySpecification *recoverySpecification
}

type recoveryDescription struct {
	PointInTimeRecoveryStatus  string
	RecoveryPeriodInDays       int64   `json:",omitempty"`
	EarliestRestorableDateTime float64 `json:",omitempty"`
	LatestRestorableDateTime   float64 `json:",omitempty"`
}

type backupsDescription struct {
	ContinuousBackupsStatus        string
	PointInTimeRecoveryDescription recoveryDescription
}

type backupsOutput struct{ ContinuousBackupsDescription backupsDescription }

const recoveryDays = 35

// backups is what is told of the backups of a table. Nothing is kept that a table could be restored from.
func (s *Service) backups(r *tableRecord) *backupsOutput {
	d := recoveryDescription{PointInTimeRecoveryStatus: "DISABLED"}
	if r.Recovery {
		d = recoveryDescription{"ENABLED", r.RecoveryDays, seconds(r.RecoverySince), local.Seconds(s.now())}
	}
	return &backupsOutput{backupsDescription{"ENABLED", d}}
}

func noTableOfBackups(name string) error {
	return &awswire.Error{Code: "TableNotFoundException", Message: "Table not found: " + name}
}

func (s *Service) describeBackups(_ context.Context, r *awswire.Request, in *tableInput) (*backupsOutput, error) {
	t, err := s.named(r.Place, in.TableName)
	if err != nil {
		return nil, ofBackups(err, in.TableName)
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return s.backups(t.record), nil
}

// ofBackups makes the error about a missing table that which operations on backups have.
func ofBackups(err error, name string) error {
	if e, ok := err.(*awswire.Error); ok && e.Code == "ResourceNotFoundException" {
		return noTableOfBackups(name)
	}
	return err
}

func (s *Service) updateBackups(_ context.Context, r *awswire.Request, in *updateBackupsInput) (*backupsOutput, error) {
	spec := in.PointInTimeRecoverySpecification
	switch {
	case in.TableName == "":
		return nil, missing("tableName")
	case spec == nil || spec.PointInTimeRecoveryEnabled == nil:
		return nil, missing("pointInTimeRecoverySpecification")
	}
	t, err := s.alter(r.Place, in.TableName, func(_ *table, next *tableRecord) error {
		if *spec.PointInTimeRecoveryEnabled && !next.Recovery {
			next.RecoverySince = s.now().UnixMilli()
		}
		next.Recovery, next.RecoveryDays = *spec.PointInTimeRecoveryEnabled, spec.RecoveryPeriodInDays
		if next.RecoveryDays == 0 {
			next.RecoveryDays = recoveryDays
		}
		return nil
	})
	if err != nil {
		return nil, ofBackups(err, in.TableName)
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return s.backups(t.record), nil
}
