package lambda

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"

	"github.com/statelark/statelark/task/function"
)

// code is where a request has the code of a function.
type code struct {
	ZipFile         []byte
	S3Bucket        string
	S3Key           string
	S3ObjectVersion string
	ImageURI        string `json:"ImageUri"`
}

// archive returns the bytes of the archive.
func (h *Handler) archive(r *http.Request, c *code) ([]byte, error) {
	switch {
	case c.ImageURI != "":
		return nil, invalid("Container images are not supported here: upload an archive.")
	case len(c.ZipFile) > function.MaxArchive:
		return nil, function.Errorf("RequestEntityTooLargeException", http.StatusRequestEntityTooLarge,
			"Zip file must be smaller than %d bytes", function.MaxArchive)
	case len(c.ZipFile) > 0:
		return c.ZipFile, nil
	case c.S3Bucket == "" || c.S3Key == "":
		return nil, invalid("Please provide a source for function code.")
	case h.FetchObject == nil:
		return nil, invalid("Code from S3 is not supported here: upload the archive itself.")
	}
	archive, err := h.FetchObject(r.Context(), c.S3Bucket, c.S3Key, c.S3ObjectVersion)
	if err != nil {
		return nil, invalid("Error occurred while GetObject. %v", err)
	}
	return archive, nil
}

// createInput is what CreateFunction takes.
type createInput struct {
	settings
	FunctionName string
	PackageType  string
	Code         *code
	Publish      bool
	Tags         map[string]string
}

func (in *createInput) check() error {
	var v violations
	v.required("functionName", in.FunctionName != "")
	v.required("code", in.Code != nil)
	v.required("role", in.Role != nil)
	if in.PackageType != "" && in.PackageType != "Zip" && in.PackageType != "Image" {
		v.add("packageType", in.PackageType, "satisfy enum value set: [Zip, Image]")
	}
	in.constraints(&v)
	switch err := v.err(); {
	case err != nil:
		return err
	case in.PackageType == "Image":
		return invalid("Container images are not supported here: upload an archive.")
	case in.Runtime == nil || in.Handler == nil:
		return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	return in.unsupported()
}

func (h *Handler) createFunction(r *http.Request) (int, any, error) {
	var in createInput
	if err := read(r, &in); err != nil {
		return 0, nil, err
	}
	if err := in.check(); err != nil {
		return 0, nil, err
	}
	ref, err := function.ParseRef(in.FunctionName, "")
	if err != nil {
		return 0, nil, err
	}
	archive, err := h.archive(r, in.Code)
	if err != nil {
		return 0, nil, err
	}
	f := function.Function{Name: ref.Name}
	in.apply(&f)
	made, err := h.catalog.Create(f, archive, in.Tags, in.Publish)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, h.published(made), nil
}

func (h *Handler) getFunction(r *http.Request) (int, any, error) {
	ref, err := named(r)
	if err != nil {
		return 0, nil, err
	}
	f, err := h.catalog.Get(ref)
	if err != nil {
		return 0, nil, err
	}
	tags, err := h.catalog.Tags(ref)
	if err != nil {
		return 0, nil, err
	}
	answer := struct {
		Configuration *configuration
		Code          map[string]string
		Tags          map[string]string `json:",omitempty"`
	}{h.configurationOf(f, ref.Qualifier), map[string]string{}, tags}
	if f.Code.SHA256 != "" {
		answer.Code = map[string]string{"RepositoryType": "S3", "Location": codeURL(r, f)}
	}
	return http.StatusOK, answer, nil
}

// codeURL is where the archive of a function can be had.
func codeURL(r *http.Request, f *function.Function) string {
	u := url.URL{Scheme: "http", Host: r.Host, Path: "/2015-03-31/functions/" + f.Name + "/code"}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	u.RawQuery = url.Values{"Qualifier": {f.Version}}.Encode()
	return u.String()
}

// downloadCode answers with the archive of a function, as the presigned URLs of AWS do.
func (h *Handler) downloadCode(w http.ResponseWriter, r *http.Request) {
	ref, err := named(r)
	if err != nil {
		writeError(w, err)
		return
	}
	f, err := h.catalog.Get(ref)
	if err != nil {
		writeError(w, err)
		return
	}
	archive, err := h.catalog.Archive(f)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	_, _ = w.Write(archive) // a client that has gone needs no answer
}

func (h *Handler) getConfiguration(r *http.Request) (int, any, error) {
	ref, err := named(r)
	if err != nil {
		return 0, nil, err
	}
	f, err := h.catalog.Get(ref)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, h.configurationOf(f, ref.Qualifier), nil
}

func (h *Handler) updateConfiguration(r *http.Request) (int, any, error) {
	var in struct {
		settings
		RevisionID string `json:"RevisionId"`
	}
	ref, err := named(r)
	if err != nil {
		return 0, nil, err
	}
	if err := read(r, &in); err != nil {
		return 0, nil, err
	}
	if err := in.check(); err != nil {
		return 0, nil, err
	}
	f, err := h.catalog.Update(ref, function.Change{RevisionID: in.RevisionID, Apply: in.apply})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, h.published(f), nil
}

func (h *Handler) updateCode(r *http.Request) (int, any, error) {
	var in struct {
		code
		Publish    bool
		DryRun     bool
		RevisionID string `json:"RevisionId"`
	}
	ref, err := named(r)
	if err != nil {
		return 0, nil, err
	}
	if err := read(r, &in); err != nil {
		return 0, nil, err
	}
	archive, err := h.archive(r, &in.code)
	if err != nil {
		return 0, nil, err
	}
	f, err := h.catalog.Update(ref, function.Change{RevisionID: in.RevisionID, Archive: archive, Publish: in.Publish, DryRun: in.DryRun})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, h.published(f), nil
}

func (h *Handler) deleteFunction(r *http.Request) (int, any, error) {
	ref, err := named(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, h.catalog.Delete(ref)
}

func (h *Handler) listFunctions(r *http.Request) (int, any, error) {
	fs := h.catalog.List()
	if r.URL.Query().Get("FunctionVersion") == "ALL" {
		var all []*function.Function
		for _, f := range fs {
			versions, err := h.catalog.Versions(function.Ref{Name: f.Name})
			if err != nil { // deleted just now
				continue
			}
			all = append(all, versions...)
		}
		fs = all
	}
	from, to, next, err := page(r, len(fs))
	if err != nil {
		return 0, nil, err
	}
	answer := struct {
		NextMarker string `json:",omitempty"`
		Functions  []*configuration
	}{next, make([]*configuration, 0, to-from)}
	for _, f := range fs[from:to] {
		answer.Functions = append(answer.Functions, h.configurationOf(f, listed(r, f)))
	}
	return http.StatusOK, answer, nil
}

// listed is the qualifier of a function's ARN in a list: with all versions, that of each.
func listed(r *http.Request, f *function.Function) string {
	if r.URL.Query().Get("FunctionVersion") == "ALL" {
		return f.Version
	}
	return ""
}

// maxPage is how many functions one answer lists at most, however many of up to maxItems were asked for.
const (
	maxPage  = 50
	maxItems = 10_000
)

// page returns the bounds of the part of a list that a request asks for, and the Marker of what follows.
func page(r *http.Request, n int) (from, to int, next string, err error) {
	q := r.URL.Query()
	size := maxPage
	if text := q.Get("MaxItems"); text != "" {
		if size, err = strconv.Atoi(text); err != nil {
			return 0, 0, "", function.Errorf("SerializationException", http.StatusBadRequest, "MaxItems is not a number: %s", text)
		}
		var v violations
		if v.between("maxItems", &size, 1, maxItems); v.err() != nil {
			return 0, 0, "", v.err()
		}
		size = min(size, maxPage)
	}
	if marker := q.Get("Marker"); marker != "" {
		text, err := base64.RawURLEncoding.DecodeString(marker)
		if err == nil {
			from, err = strconv.Atoi(string(text))
		}
		if err != nil || from < 0 {
			return 0, 0, "", invalid("Invalid value for Marker: %s", marker)
		}
	}
	from = min(from, n)
	to = min(from+size, n)
	if to < n {
		next = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return from, to, next, nil
}
