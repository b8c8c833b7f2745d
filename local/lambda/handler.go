// Package lambda speaks Lambda's own API over HTTP for the functions of a catalogue: create, update, publish,
// list, delete and invoke them, with AWS's paths, answers and errors. Signatures are not checked.
//
//	h := lambda.NewHandler(catalog)
//	for _, prefix := range lambda.Prefixes {
//		mux.Handle(prefix, h)
//	}
//
// What a function needs that this server has no part of (a network, layers, a role) is refused where the code
// could tell the difference, and otherwise taken and forgotten.
package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/uuid"

	"github.com/statelark/statelark/task/function"
)

// Prefixes are the paths under which Lambda's API lies: one for each date of which it has operations.
var Prefixes = []string{
	"/2015-03-31/", "/2016-08-19/", "/2017-03-31/", "/2019-09-30/", "/2020-06-30/", "/2021-07-20/", "/2024-08-31/",
}

// maxBody bounds a request that carries an archive: 50 MB in Base64, and the rest, in bytes.
const maxBody = 70_167_211

// Handler serves the API.
type Handler struct {
	// FetchObject reads the archive that a request names in S3; nil when there is no S3. Set it before the
	// handler serves.
	FetchObject func(ctx context.Context, bucket, key, version string) ([]byte, error)

	catalog *function.Catalog
	mux     *http.ServeMux
}

// NewHandler makes the API of a catalogue.
func NewHandler(c *function.Catalog) *Handler {
	h := &Handler{catalog: c, mux: http.NewServeMux()}
	const functions = "/2015-03-31/functions"
	for pattern, op := range map[string]operation{
		"POST " + functions:                                          h.createFunction,
		"POST " + functions + "/{$}":                                 h.createFunction,
		"GET " + functions:                                           h.listFunctions,
		"GET " + functions + "/{$}":                                  h.listFunctions,
		"GET " + functions + "/{name}":                               h.getFunction,
		"DELETE " + functions + "/{name}":                            h.deleteFunction,
		"GET " + functions + "/{name}/configuration":                 h.getConfiguration,
		"PUT " + functions + "/{name}/configuration":                 h.updateConfiguration,
		"PUT " + functions + "/{name}/code":                          h.updateCode,
		"POST " + functions + "/{name}/versions":                     h.publishVersion,
		"GET " + functions + "/{name}/versions":                      h.listVersions,
		"POST " + functions + "/{name}/aliases":                      h.createAlias,
		"GET " + functions + "/{name}/aliases":                       h.listAliases,
		"GET " + functions + "/{name}/aliases/{alias}":               h.getAlias,
		"PUT " + functions + "/{name}/aliases/{alias}":               h.updateAlias,
		"DELETE " + functions + "/{name}/aliases/{alias}":            h.deleteAlias,
		"GET " + functions + "/{name}/policy":                        h.getPolicy,
		"GET /2016-08-19/account-settings":                           h.getAccountSettings,
		"GET /2016-08-19/account-settings/{$}":                       h.getAccountSettings,
		"GET /2017-03-31/tags/{arn}":                                 h.listTags,
		"POST /2017-03-31/tags/{arn}":                                h.tagResource,
		"DELETE /2017-03-31/tags/{arn}":                              h.untagResource,
		"GET /2019-09-30/functions/{name}/concurrency":               h.getConcurrency,
		"GET /2020-06-30/functions/{name}/code-signing-config":       h.getCodeSigning,
		"GET /2021-07-20/functions/{name}/runtime-management-config": h.getRuntimeManagement,
		"GET /2024-08-31/functions/{name}/recursion-config":          h.getRecursion,
	} {
		h.mux.HandleFunc(pattern, serve(op))
	}
	h.mux.HandleFunc("POST "+functions+"/{name}/invocations", h.invoke)
	h.mux.HandleFunc("GET "+functions+"/{name}/code", h.downloadCode)
	h.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-amzn-RequestId", uuid.NewString())
		writeError(w, function.Errorf("UnknownOperationException", http.StatusNotFound, "%s %s is not an operation of Lambda that is offered here.", r.Method, r.URL.Path))
	})
	return h
}

// ServeHTTP answers one call of the API.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// operation is one call of the API that takes and gives JSON. A nil answer has no body.
type operation func(r *http.Request) (status int, answer any, err error)

func serve(op operation) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-amzn-RequestId", uuid.NewString())
		status, answer, err := op(r)
		switch {
		case err != nil:
			writeError(w, err)
		case answer == nil:
			w.WriteHeader(status)
		default:
			writeJSON(w, status, answer)
		}
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // the answers are structs of strings and numbers
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// writeError answers with an error. Two exceptions spell their message with a capital letter.
func writeError(w http.ResponseWriter, err error) {
	var refused *function.Error
	if !errors.As(err, &refused) {
		refused = function.Errorf("ServiceException", http.StatusInternalServerError, "%v", err)
	}
	w.Header().Set("x-amzn-ErrorType", refused.Code)
	body := map[string]string{"Type": "User"}
	switch refused.Code {
	case "ResourceNotFoundException", "ServiceException":
		body["Message"] = refused.Message
	default:
		body["message"] = refused.Message
	}
	if refused.Status >= http.StatusInternalServerError {
		body["Type"] = "Service"
	}
	if refused.Code == "TooManyRequestsException" {
		body["Reason"] = "ReservedFunctionConcurrentInvocationLimitExceeded"
	}
	writeJSON(w, refused.Status, body)
}

// read decodes the body of a request into v.
func read(r *http.Request, v any) error {
	body, err := readBody(r, maxBody)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, v); err != nil {
		return function.Errorf("SerializationException", http.StatusBadRequest, "Could not parse request body into json: %v", err)
	}
	return nil
}

func readBody(r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, function.Errorf("RequestEntityTooLargeException", http.StatusRequestEntityTooLarge, "Request must be smaller than %d bytes", limit)
	}
	return body, nil
}

// named returns the function that the path and the query name.
func named(r *http.Request) (function.Ref, error) {
	return function.ParseRef(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
}

func invalid(format string, a ...any) *function.Error {
	return function.Errorf("InvalidParameterValueException", http.StatusBadRequest, format, a...)
}
