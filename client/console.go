package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/statelark/statelark"
	"github.com/statelark/statelark/value"
)

// consoleHeader is what no form and no simple request of a page has.
const consoleHeader = "X-Statelark-Console"

// Errors of Console.
var (
	ErrNoConsole  = errors.New("there is no console")
	ErrNotAllowed = errors.New("the console does not let you")
)

// Console calls what a server has for its console beside the API: a path below /api/, with a JSON body or, with "", by GET.
// Token is sent along. A refusal is a *statelark.Error, and ErrNotAllowed when it is of who calls; an error of the way there is
// ErrUnreachable; ErrNoConsole says that a console is not what is there.
func (c *Client) Console(ctx context.Context, path, body string) (value.Value, error) {
	if c.aws {
		return value.Value{}, fmt.Errorf("%w: AWS has none, a Statelark server has", ErrNoConsole)
	}
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, c.url+"api/"+path, strings.NewReader(body))
	if err != nil {
		return value.Value{}, fmt.Errorf("calling %s: %w", c.url, err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(consoleHeader, "1")
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	answer, text, err := c.exchange(ctx, r, path)
	if err != nil {
		return value.Value{}, err
	}
	v, err := value.ParseBytes(text)
	if err != nil || v.Kind() != value.Object {
		return value.Value{}, fmt.Errorf("%w: what answers at %s is none of Statelark's (%s)", ErrNoConsole, c.url, answer.Status)
	}
	if answer.StatusCode != http.StatusOK {
		if code := Str(v, "code"); code != "" {
			err := &statelark.Error{Code: code, Message: Str(v, "message")}
			if answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden {
				return value.Value{}, fmt.Errorf("%w: %w", ErrNotAllowed, err)
			}
			return value.Value{}, err
		}
		return value.Value{}, apiError(v)
	}
	return v, nil
}
