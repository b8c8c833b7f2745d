package s3

import "errors"

// Code is S3's own name for what is wrong.
type Code string

// The codes that a Store gives.
const (
	NoSuchBucket       Code = "NoSuchBucket"
	NoSuchKey          Code = "NoSuchKey"
	NoSuchVersion      Code = "NoSuchVersion"
	NoSuchUpload       Code = "NoSuchUpload"
	AccessDenied       Code = "AccessDenied"
	PreconditionFailed Code = "PreconditionFailed" // the object is not, or no longer, the one that was asked for
	InvalidPart        Code = "InvalidPart"
	InvalidArgument    Code = "InvalidArgument"
	KeyTooLong         Code = "KeyTooLongError"
)

// messages are S3's texts.
var messages = map[Code]string{
	NoSuchBucket:       "The specified bucket does not exist",
	NoSuchKey:          "The specified key does not exist.",
	NoSuchVersion:      "The specified version does not exist.",
	NoSuchUpload:       "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
	AccessDenied:       "Access Denied",
	PreconditionFailed: "At least one of the pre-conditions you specified did not hold",
	InvalidPart:        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
	InvalidArgument:    "Invalid Argument",
	KeyTooLong:         "Your key is too long",
}

// Error is what a store refuses, by S3's code.
type Error struct {
	Code        Code
	Bucket, Key string // Key is "" where the bucket is what is wrong
	Message     string // "" for S3's usual text of the code
	Err         error  // what is behind it, if anything is known
}

// Text returns the message as S3 words it.
func (e *Error) Text() string {
	if e.Message != "" {
		return e.Message
	}
	return messages[e.Code]
}

// Error gives the code, the text and what it is about.
func (e *Error) Error() string {
	text := string(e.Code) + ": " + e.Text() + " (s3://" + e.Bucket
	if e.Key != "" {
		text += "/" + e.Key
	}
	text += ")"
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns what is behind the error.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether err is, or wraps, an *Error of the code.
func Is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
