package lambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

// urlEvent is what a function gets of a request to its URL: format 2.0.
type urlEvent struct {
	Version         string            `json:"version"`
	RouteKey        string            `json:"routeKey"`
	RawPath         string            `json:"rawPath"`
	RawQueryString  string            `json:"rawQueryString"`
	Cookies         []string          `json:"cookies,omitempty"`
	Headers         map[string]string `json:"headers"`
	Query           map[string]string `json:"queryStringParameters,omitempty"`
	Context         urlContext        `json:"requestContext"`
	Body            *string           `json:"body,omitempty"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

type urlContext struct {
	AccountID    string  `json:"accountId"`
	APIID        string  `json:"apiId"`
	DomainName   string  `json:"domainName"`
	DomainPrefix string  `json:"domainPrefix"`
	HTTP         urlHTTP `json:"http"`
	RequestID    string  `json:"requestId"`
	RouteKey     string  `json:"routeKey"`
	Stage        string  `json:"stage"`
	Time         string  `json:"time"`
	TimeEpoch    int64   `json:"timeEpoch"` // ms
}

type urlHTTP struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// serveURL answers a request to the URL of a function: /_function/REGION/ACCOUNT/ID/PATH.
func (h *Handler) serveURL(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, URLPrefix), "/", 4)
	if len(parts) < 3 {
		refuseURL(w, http.StatusNotFound, "Not Found")
		return
	}
	ref, auth, found := h.urlTarget(arn.Place{Region: parts[0], Account: parts[1]}, parts[2])
	switch {
	case !found:
		refuseURL(w, http.StatusNotFound, "Not Found")
		return
	case auth == "AWS_IAM" && awswire.CredentialOf(r) == "":
		refuseURL(w, http.StatusForbidden, "Forbidden")
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, function.MaxPayload+1))
	if err != nil {
		refuseURL(w, http.StatusBadRequest, "Bad Request")
		return
	}
	path := "/"
	if len(parts) == 4 {
		path += parts[3]
	}
	event, err := json.Marshal(urlEventOf(r, parts[2], path, body))
	if err != nil {
		refuseURL(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	res, err := h.catalog.Invoke(r.Context(), ref, function.Invocation{Payload: event, Valid: true})
	var refused *function.Error
	switch {
	case errors.As(err, &refused):
		refuseURL(w, refused.Status, refused.Message)
	case err != nil || res.FunctionError != "":
		refuseURL(w, http.StatusBadGateway, "Internal Server Error")
	default:
		answerURL(w, res.Payload)
	}
}

// urlTarget returns the function of a place that has a URL, and who may call it.
func (h *Handler) urlTarget(at arn.Place, id string) (function.Ref, string, bool) {
	for _, f := range h.catalog.List(at) {
		ref := function.Ref{Place: at, Name: f.Name}
		notes, err := h.catalog.Notes(ref, urlNote)
		if err != nil { // deleted meanwhile
			continue
		}
		for _, ref.Qualifier = range slices.Sorted(maps.Keys(notes)) {
			var u functionURL
			if err := json.Unmarshal([]byte(notes[ref.Qualifier]), &u); err == nil && urlID(u.FunctionArn) == id {
				return ref, u.AuthType, true
			}
		}
	}
	return function.Ref{}, "", false
}

func urlEventOf(r *http.Request, id, path string, body []byte) *urlEvent {
	now := time.Now().UTC()
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	e := &urlEvent{
		Version: "2.0", RouteKey: "$default", RawPath: path, RawQueryString: r.URL.RawQuery, Headers: map[string]string{"host": r.Host},
		Context: urlContext{
			AccountID: "anonymous", APIID: id, DomainName: r.Host, DomainPrefix: id, RequestID: uuid.NewString(), RouteKey: "$default", Stage: "$default",
			HTTP: urlHTTP{r.Method, path, r.Proto, ip, r.UserAgent()}, Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		},
	}
	for name, values := range r.Header {
		if name == "Cookie" {
			e.Cookies = strings.Split(strings.Join(values, "; "), "; ")
			continue
		}
		e.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	for name, values := range r.URL.Query() {
		if e.Query == nil {
			e.Query = map[string]string{}
		}
		e.Query[name] = strings.Join(values, ",")
	}
	if len(body) > 0 {
		text := string(body)
		if e.IsBase64Encoded = !isText(r.Header.Get("Content-Type")); e.IsBase64Encoded {
			text = base64.StdEncoding.EncodeToString(body)
		}
		e.Body = &text
	}
	return e
}

// isText reports whether a body of a type is handed over as it is.
func isText(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (strings.HasPrefix(kind, "text/") || kind == "application/json" || kind == "application/javascript" || kind == "application/xml")
}

// answerURL makes the answer that a function describes; what describes none is the body.
func answerURL(w http.ResponseWriter, payload []byte) {
	var a struct {
		Status  int               `json:"statusCode"`
		Headers map[string]string `json:"headers"`
		Cookies []string          `json:"cookies"`
		Body    string            `json:"body"`
		Base64  bool              `json:"isBase64Encoded"`
	}
	if err := json.Unmarshal(payload, &a); err != nil || a.Status < 100 || a.Status > 999 {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(payload) // a client that has gone is nobody to tell
		return
	}
	body := []byte(a.Body)
	if a.Base64 {
		var err error
		if body, err = base64.StdEncoding.DecodeString(a.Body); err != nil {
			refuseURL(w, http.StatusBadGateway, "Internal Server Error")
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	for name, v := range a.Headers {
		w.Header().Set(name, v)
	}
	for _, c := range a.Cookies {
		w.Header().Add("Set-Cookie", c)
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(body) // a client that has gone is nobody to tell
}

func refuseURL(w http.ResponseWriter, status int, message string) {
	text, err := json.Marshal(map[string]string{"Message": message})
	if err != nil { // a string always marshals
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that has gone is nobody to tell
}
