package aws

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"os"
	"syscall"

	"github.com/statelark/statelark/awswire"
)

// unsendable is what is wrong with a request before anything is sent: no attempt fares better.
type unsendable struct{ message string }

func (e *unsendable) Error() string { return e.message }

// silent words why nothing came back, as AWS's SDK for Java does where it is known how. A URL may hold what is secret, so it is not
// told.
func silent(err error, n int) *awswire.Unanswered {
	return &awswire.Unanswered{Message: "Unable to execute HTTP request: " + reason(err), Attempts: n}
}

func reason(err error) string {
	var (
		asURL *url.Error
		name  *net.DNSError
		op    *net.OpError
		cert  *tls.CertificateVerificationError
	)
	if errors.As(err, &asURL) {
		err = asURL.Err
	}
	switch {
	case errors.As(err, &name):
		return name.Name + ": Name or service not known"
	case errors.As(err, &cert):
		return cert.Error()
	case errors.Is(err, syscall.ECONNREFUSED) && errors.As(err, &op) && op.Addr != nil:
		return "Connect to " + op.Addr.String() + " failed: Connection refused"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "Read timed out"
	case errors.Is(err, syscall.ECONNRESET):
		return "Connection reset"
	}
	return err.Error()
}
