package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Times of a Webhook.
const (
	postTimeout = 10 * time.Second
	firstPause  = 500 * time.Millisecond // before the second try; twice as long before each one after that
	maxTries    = 5
)

// Webhook is a sink that posts each entry to a URL, one after the other, and again when that fails: at least once.
type Webhook struct {
	url    string
	client *http.Client
}

// NewWebhook returns a sink that posts to a URL.
func NewWebhook(url string) *Webhook {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	return &Webhook{url, &http.Client{
		Transport: transport, Timeout: postTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // it would become a GET
	}}
}

// Write posts the entries. Those after one that was refused for good are posted nevertheless.
func (h *Webhook) Write(ctx context.Context, entries []Entry) (written int, err error) {
	for _, e := range entries {
		if ctx.Err() != nil {
			return written, ctx.Err()
		}
		if failed := h.insist(ctx, e.Line); failed != nil {
			err = failed
			continue
		}
		written++
	}
	return written, err
}

// insist posts until the receiver takes it, or has had its tries, or refuses it for good.
func (h *Webhook) insist(ctx context.Context, body []byte) error {
	pause := firstPause
	for try := 1; ; try++ {
		again, err := h.post(ctx, body)
		if err == nil || !again || try == maxTries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
			pause *= 2
		}
	}
}

// post posts once, and says whether another try may help.
func (h *Webhook) post(ctx context.Context, body []byte) (again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return false, fmt.Errorf("posting an event: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "statelark")
	answer, err := h.client.Do(r)
	if err != nil {
		var at *url.Error
		if errors.As(err, &at) {
			err = at.Err // the URL may hold a secret, and is the operator's own
		}
		return true, fmt.Errorf("posting an event: %w", err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection is used again
	_ = answer.Body.Close()                                           // it was read, or is of no more use
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return false, nil
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		return true, fmt.Errorf("posting an event: %s", answer.Status)
	case err != nil:
		return true, fmt.Errorf("posting an event: %w", err)
	default:
		return false, fmt.Errorf("posting an event: %s", answer.Status)
	}
}

// Close closes the connections.
func (h *Webhook) Close() error {
	h.client.CloseIdleConnections()
	return nil
}
