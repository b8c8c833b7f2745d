package secrets

import (
	"context"

	"github.com/statelark/statelark/awswire"
)

type stageInput struct {
	SecretID            string `json:"SecretId"`
	VersionStage        string
	RemoveFromVersionID string `json:"RemoveFromVersionId"`
	MoveToVersionID     string `json:"MoveToVersionId"`
}

func (s *Service) updateSecretVersionStage(_ context.Context, r *awswire.Request, in *stageInput) (*identity, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	if err := x.checkMove(in); err != nil {
		return nil, err
	}
	x.move(in.VersionStage, x.version(in.MoveToVersionID))
	x.touch(s.o.Now())
	return &identity{x.ARN, x.Name, ""}, s.save(r.Place, x)
}

func (x *secret) checkMove(in *stageInput) error {
	for _, id := range []string{in.RemoveFromVersionID, in.MoveToVersionID} {
		if id != "" && x.version(id) == nil {
			return notFound(" value for VersionId: " + id)
		}
	}
	from := x.staged(in.VersionStage)
	switch {
	case in.RemoveFromVersionID == "" && in.MoveToVersionID == "":
		return invalidParameter("You must specify at least one of RemoveFromVersionId and MoveToVersionId.")
	case in.MoveToVersionID == "" && in.VersionStage == current:
		return invalidParameter("You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.")
	case from == nil && in.RemoveFromVersionID != "":
		return invalidParameter("Not allowed to remove staging label " + in.VersionStage + " from version " + in.RemoveFromVersionID +
			" because it is not currently attached to that version.")
	case from != nil && from.ID != in.MoveToVersionID && in.RemoveFromVersionID == "":
		return invalidParameter("The parameter RemoveFromVersionId can't be empty. Staging label " + in.VersionStage +
			" is currently attached to version " + from.ID + ", so you must explicitly reference that version in RemoveFromVersionId.")
	case from != nil && in.RemoveFromVersionID != "" && from.ID != in.RemoveFromVersionID:
		return invalidParameter("Staging label " + in.VersionStage + " is currently attached to version " + from.ID +
			", so you must explicitly reference that version in RemoveFromVersionId.")
	case in.MoveToVersionID != "" && len(x.version(in.MoveToVersionID).Stages) >= maxStages:
		return refuse("LimitExceededException", "You can't have more than 20 staging labels on a version.")
	}
	return nil
}
