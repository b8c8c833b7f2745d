package trace

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// client sends spans by OTLP over HTTP, as Protocol Buffers. OpenTelemetry's own client does as much, but brings gRPC along, and
// with it a fifth of the program.
//
// What is refused for now (429, 502, 503, 504) is sent again, after the time that the answer asks for or pauses that double.
type client struct {
	url    string
	header http.Header
	http   *http.Client
	pause  time.Duration // the first one
}

const (
	exportTime   = 10 * time.Second // for an attempt
	exportTries  = 6
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
)

// newClient makes a client. Headers and a certificate of the endpoint are those of OpenTelemetry's variables; those for traces go before
// the general ones.
func newClient(endpoint string, getenv func(string) string) (*client, error) {
	c := &client{url: endpoint, header: http.Header{}, pause: firstPause}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"} {
		if err := addHeaders(c.header, getenv(name)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	c.header.Set("Content-Type", "application/x-protobuf")
	c.header.Set("User-Agent", "statelark")
	transport := http.DefaultTransport.(*http.Transport).Clone()
	for _, name := range []string{"OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"} {
		if path := getenv(name); path != "" {
			pool, err := certificates(path)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			transport.TLSClientConfig = &tls.Config{RootCAs: pool}
		}
	}
	c.http = &http.Client{Transport: transport, Timeout: exportTime}
	return c, nil
}

// addHeaders adds what a variable has: NAME=VALUE,NAME=VALUE, with values escaped as in URLs.
func addHeaders(to http.Header, text string) error {
	for _, pair := range strings.Split(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, escaped, ok := strings.Cut(pair, "=")
		text, err := url.PathUnescape(strings.TrimSpace(escaped))
		if !ok || err != nil {
			return errors.New("a header has to be NAME=VALUE") // which may be a secret
		}
		to.Set(strings.TrimSpace(name), text)
	}
	return nil
}

func certificates(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("there is no certificate in " + path)
	}
	return pool, nil
}

// Start does nothing.
func (c *client) Start(context.Context) error { return nil }

// Stop ends what is idle.
func (c *client) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// UploadTraces sends spans. TracesData has the form of the request on the wire.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return fmt.Errorf("encoding spans: %w", err)
	}
	pause := c.pause
	for try := 1; ; try++ {
		wait, err := c.post(ctx, body)
		if err == nil || wait < 0 || try == exportTries {
			return err
		}
		select {
		case <-time.After(max(wait, pause)):
		case <-ctx.Done():
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// post makes one attempt. wait is negative where another would be of no use.
func (c *client) post(ctx context.Context, body []byte) (wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return -1, fmt.Errorf("sending spans: %w", err)
	}
	request.Header = c.header
	answer, err := c.http.Do(request)
	if err != nil {
		return 0, fmt.Errorf("sending spans: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // for the connection's sake
	if answer.StatusCode < 300 {
		return 0, nil
	}
	err = errors.New("sending spans: the endpoint answers " + answer.Status)
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // it is 0 else
		return min(time.Duration(seconds)*time.Second, longestPause), err
	}
	return -1, err
}
