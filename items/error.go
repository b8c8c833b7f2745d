package items

import (
	"context"
	"errors"
	"fmt"

	"github.com/statelark/statelark/s3"
)

// Error says why a data set cannot be read, as AWS words the cause of States.ItemReaderFailed where that is known.
type Error struct {
	Cause string
	Err   error  // what is behind it, if anything is
	Limit string // that was hit, by its name as a setting; "": none
}

// Error implements error.
func (e *Error) Error() string { return e.Cause }

// Unwrap returns what is behind the error.
func (e *Error) Unwrap() error { return e.Err }

func fail(format string, args ...any) error { return &Error{Cause: fmt.Sprintf(format, args...)} }

// over is fail because of a limit.
func over(limit, format string, args ...any) error {
	return &Error{Cause: fmt.Sprintf(format, args...), Limit: limit}
}

// blame makes an *Error of what happened while an object was read; the context's errors stay what they are.
func blame(bucket, key string, err error) error {
	var known *Error
	var refused *s3.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case s3.Is(err, s3.PreconditionFailed):
		return &Error{Cause: fmt.Sprintf("The object s3://%s/%s was changed while it was read.", bucket, key), Err: err}
	case errors.As(err, &refused):
		return &Error{Cause: fmt.Sprintf("Failed to read s3://%s/%s: %s: %s", bucket, key, refused.Code, refused.Text()), Err: err}
	default:
		return &Error{Cause: fmt.Sprintf("Failed to read s3://%s/%s: %v", bucket, key, err), Err: err}
	}
}
