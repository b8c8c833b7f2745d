package secrets

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
)

// rotation is how a secret is rotated.
type rotation struct {
	On     bool           `json:"on"`
	Lambda string         `json:"lambda"`
	Rules  *rotationRules `json:"rules,omitempty"`
	Last   int64          `json:"last,omitempty"`
	Next   int64          `json:"next,omitempty"` // told, and not acted upon: rotations are asked for
}

type rotationRules struct {
	AutomaticallyAfterDays int64  `json:"AutomaticallyAfterDays,omitempty"`
	Duration               string `json:"Duration,omitempty"`
	ScheduleExpression     string `json:"ScheduleExpression,omitempty"`
}

type rotateInput struct {
	SecretID           string `json:"SecretId"`
	ClientRequestToken string
	RotationLambdaARN  string
	RotationRules      *rotationRules
	RotateImmediately  *bool
}

func (s *Service) rotateSecret(ctx context.Context, r *awswire.Request, in *rotateInput) (*identity, error) {
	s.mu.Lock()
	x, err := s.live(r.Place, in.SecretID)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := x.mayRotate(in); err != nil {
		return nil, err
	}
	function := in.RotationLambdaARN
	if function == "" {
		function = x.Rotation.Lambda
	}
	if err := s.checkFunction(ctx, r.Place, function); err != nil {
		return nil, err
	}
	return s.beginRotation(r.Place, in, function)
}

// mayRotate reports why a secret cannot be rotated.
func (x *secret) mayRotate(in *rotateInput) error {
	if in.RotationLambdaARN == "" && (x.Rotation == nil || x.Rotation.Lambda == "") {
		return invalidRequest("You tried to enable rotation on a secret that doesn't already have a Lambda function ARN configured " +
			"and you didn't include such an ARN as a parameter in this call.")
	}
	if p := x.staged(pending); p != nil && p != x.staged(current) && p.ID != in.ClientRequestToken {
		return invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.")
	}
	return nil
}

func (s *Service) checkFunction(ctx context.Context, at arn.Place, function string) error {
	input, err := local.Document(map[string]string{"FunctionName": function})
	if err != nil {
		return err
	}
	if s.o.Others != nil {
		_, err = s.o.Others.Call(ctx, &awswire.Request{Service: "lambda", Operation: "GetFunction", Place: at, Input: input, ID: uuid.NewString(), Length: -1})
		if err == nil {
			return nil
		}
	}
	return refuse("AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function. "+
		"Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.")
}

// beginRotation makes the version that the function fills, and has the function do its steps.
func (s *Service) beginRotation(at arn.Place, in *rotateInput, function string) (*identity, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(at, in.SecretID)
	if err != nil {
		return nil, err
	}
	now := s.o.Now()
	rules := in.RotationRules
	if rules == nil && x.Rotation != nil {
		rules = x.Rotation.Rules
	}
	x.Rotation = &rotation{On: true, Lambda: function, Rules: rules}
	if rules != nil && rules.AutomaticallyAfterDays > 0 {
		x.Rotation.Next = now.Add(time.Duration(rules.AutomaticallyAfterDays) * 24 * time.Hour).UnixMilli()
	}
	x.touch(now)
	if in.RotateImmediately != nil && !*in.RotateImmediately {
		return &identity{x.ARN, x.Name, ""}, s.save(at, x)
	}
	token := in.ClientRequestToken
	if token == "" {
		token = uuid.NewString()
	}
	if x.version(token) == nil {
		v := &version{ID: token, Created: now.UnixMilli(), KMSKey: x.KMSKey, Empty: true}
		x.Versions = append(x.Versions, v)
		x.move(pending, v)
	}
	if s.closing.Err() == nil {
		s.rotations.Add(1)
		go s.rotate(at, x.Name, x.ARN, token, function)
	}
	return &identity{x.ARN, x.Name, token}, s.save(at, x)
}

// rotate has the function do the steps of a rotation. What it puts and moves comes in as requests of its own.
func (s *Service) rotate(at arn.Place, name, secretARN, token, function string) {
	defer s.rotations.Done()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-s.closing.Done():
		return
	}
	if s.o.Store.Durable(s.closing) != nil {
		return
	}
	for _, step := range []string{"createSecret", "setSecret", "testSecret", "finishSecret"} {
		if err := s.step(at, step, secretARN, token, function); err != nil {
			s.o.Log.Warn("rotation of a secret failed", "secret", name, "step", step, "error", err)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.find(at, secretARN)
	if err == nil && x != nil && x.Rotation != nil {
		x.Rotation.Last = s.o.Now().UnixMilli()
		err = s.save(at, x)
	}
	if err != nil {
		s.o.Log.Error("the end of a rotation could not be stored", "secret", name, "error", err)
	}
}

func (s *Service) step(at arn.Place, step, secretARN, token, function string) error {
	event, err := json.Marshal(map[string]string{"Step": step, "SecretId": secretARN, "ClientRequestToken": token})
	if err != nil {
		return err
	}
	input, err := local.Document(struct {
		FunctionName string
		Payload      []byte
	}{function, event})
	if err != nil {
		return err
	}
	reply, err := s.o.Others.Call(s.closing, &awswire.Request{Service: "lambda", Operation: "Invoke", Place: at, Input: input, ID: uuid.NewString(), Length: -1})
	if err != nil {
		return err
	}
	if reply.Body != nil {
		if err := reply.Body.Close(); err != nil {
			return err
		}
	}
	if failed, ok := reply.Output.Get("FunctionError"); ok && failed.Str() != "" {
		return refuse("FunctionError", failed.Str())
	}
	return nil
}

func (s *Service) cancelRotateSecret(_ context.Context, r *awswire.Request, in *named) (*identity, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.live(r.Place, in.SecretID)
	if err != nil {
		return nil, err
	}
	if x.Rotation == nil || x.Rotation.Lambda == "" {
		return nil, invalidRequest("You tried to cancel the rotation of a secret that doesn't have rotation configured.")
	}
	x.Rotation.On, x.Rotation.Next = false, 0
	out := &identity{x.ARN, x.Name, ""}
	if p := x.staged(pending); p != nil && !slices.Contains(p.Stages, current) {
		out.VersionID = p.ID
	}
	return out, s.save(r.Place, x)
}
