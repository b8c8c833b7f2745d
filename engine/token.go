package engine

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"sync"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/interp"
	"github.com/statelark/statelark/value"
)

// A task token is, in base64: a version byte, the id of the execution, the number of the wait, and a MAC over
// those with a secret of the store. It says where an answer belongs and cannot be made up.

const (
	tokenVersion = 1
	tokenBody    = 1 + 16 + 8
	tokenMAC     = 16
	secretKey    = "secret/task-token"
)

func loadSecret(ctx context.Context, store statelark.Store) ([]byte, error) {
	r, err := store.Meta(ctx, secretKey)
	if err == nil {
		return parseSecret(r.Value)
	}
	if !errors.Is(err, statelark.ErrNotFound) {
		return nil, err
	}
	secret := make([]byte, secretLength)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	err = store.Commit(ctx, &statelark.Batch{Meta: []statelark.MetaOp{{Key: secretKey, Value: appendSecret(nil, secret)}}})
	if errors.Is(err, statelark.ErrConflict) { // another node was first
		if r, err = store.Meta(ctx, secretKey); err != nil {
			return nil, err
		}
		return parseSecret(r.Value)
	}
	return secret, err
}

// tokens makes task tokens and reads them. The zero value has no secret.
type tokens struct {
	macs sync.Pool // of hash.Hash with the secret
}

// use sets the secret, before the first token.
func (t *tokens) use(secret []byte) {
	t.macs.New = func() any { return hmac.New(sha256.New, secret) }
}

func (t *tokens) token(id statelark.ExecID, seq uint64) string {
	b := make([]byte, 0, tokenBody+sha256.Size)
	b = append(b, tokenVersion)
	b = append(b, id[:]...)
	b = binary.BigEndian.AppendUint64(b, seq)
	return base64.StdEncoding.EncodeToString(t.seal(b))
}

func (t *tokens) seal(body []byte) []byte {
	mac := t.macs.Get().(hash.Hash)
	defer t.macs.Put(mac)
	mac.Reset()
	mac.Write(body)
	return mac.Sum(body)[:tokenBody+tokenMAC]
}

// open returns what a token names; false when it is none of ours.
func (t *tokens) open(token string) (k taskKey, ok bool) {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(b) != tokenBody+tokenMAC || b[0] != tokenVersion {
		return k, false
	}
	body := append(make([]byte, 0, tokenBody+sha256.Size), b[:tokenBody]...)
	if !hmac.Equal(t.seal(body), b) {
		return k, false
	}
	copy(k.exec[:], b[1:17])
	k.seq = binary.BigEndian.Uint64(b[17:])
	return k, true
}

// TaskSucceeded ends the task of a token with its result. The token is looked at before the output (recorded).
func (e *Engine) TaskSucceeded(ctx context.Context, token, output string) error {
	k, err := e.taskOf(token)
	if err != nil {
		return err
	}
	v, err := value.Parse(output)
	if err != nil {
		return statelark.Errorf(statelark.CodeInvalidOutput, "Invalid Output: '%s'", value.Refuse(output))
	}
	return e.answer(ctx, k, interp.Event{Kind: interp.TaskSucceeded, Output: v})
}

// TaskFailed ends the task of a token with an error.
func (e *Engine) TaskFailed(ctx context.Context, token string, errorName, cause *string) error {
	return e.answerTask(ctx, token, interp.Event{Kind: interp.TaskFailed, Error: errorName, Cause: cause})
}

// TaskHeartbeat tells that the worker of a token is alive.
func (e *Engine) TaskHeartbeat(ctx context.Context, token string) error {
	return e.answerTask(ctx, token, interp.Event{Kind: interp.TaskHeartbeat})
}

func (e *Engine) answerTask(ctx context.Context, token string, ev interp.Event) error {
	k, err := e.taskOf(token)
	if err != nil {
		return err
	}
	return e.answer(ctx, k, ev)
}

// taskOf is tokens.open with AWS's words for a token that is none of ours.
func (e *Engine) taskOf(token string) (taskKey, error) {
	k, ok := e.tokens.open(token)
	if !ok {
		return k, statelark.Errorf(statelark.CodeInvalidToken, "Invalid Token: 'Invalid token'")
	}
	return k, nil
}

func (e *Engine) answer(ctx context.Context, k taskKey, ev interp.Event) error {
	ev.Seq = k.seq
	err := e.ask(ctx, message{exec: k.exec, event: ev, must: true})
	if errors.Is(err, errNoWait) {
		return statelark.Errorf(statelark.CodeTaskTimedOut, "Task Timed Out: 'Provided task does not exist anymore'")
	}
	return err
}
