package lambda

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/lambda/function"
)

// archive returns the bytes of the archive that a request has or names.
func (h *Handler) archive(ctx context.Context, code awswire.Input) ([]byte, error) {
	zip := code.Blob("ZipFile")
	bucket, key := code.Str("S3Bucket"), code.Str("S3Key")
	switch {
	case code.Has("ImageUri"):
		return nil, invalid("Container images are not supported here: upload an archive.")
	case len(zip) > function.MaxArchive:
		return nil, function.Errorf("RequestEntityTooLargeException", http.StatusRequestEntityTooLarge,
			"Zip file must be smaller than %d bytes", function.MaxArchive)
	case len(zip) > 0:
		return zip, nil
	case bucket == "" || key == "":
		return nil, invalid("Please provide a source for function code.")
	case h.opts.FetchObject == nil:
		return nil, invalid("Code from S3 is not supported here: upload the archive itself.")
	}
	archive, err := h.opts.FetchObject(ctx, bucket, key, code.Str("S3ObjectVersion"))
	if err != nil {
		return nil, invalid("Error occurred while GetObject. %v", err)
	}
	return archive, nil
}

func (h *Handler) createFunction(ctx context.Context, c *awswire.Call) error {
	switch {
	case c.Str("PackageType") == "Image":
		return invalid("Container images are not supported here: upload an archive.")
	case !c.Has("Runtime") || !c.Has("Handler"):
		return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	if err := checkSettings(c.Input); err != nil {
		return err
	}
	ref, err := function.ParseRef(c.Str("FunctionName"), "")
	if err != nil {
		return err
	}
	if err := h.mayCreate(c.Place, ref); err != nil {
		return err
	}
	archive, err := h.archive(ctx, c.Struct("Code"))
	if err != nil {
		return err
	}
	f := function.Function{Name: strings.Clone(ref.Name)}
	applySettings(c.Input, &f)
	if f.Layers, err = h.layersOf(c); err != nil {
		return err
	}
	made, err := h.catalog.Create(c.Place, f, archive, cloned(c.Strings("Tags")), c.Bool("Publish", false))
	if err != nil {
		return err
	}
	return answer(c, configurationOf(c.Place, made, ""))
}

// mayCreate refuses a function of another region or account: it would be created here.
func (h *Handler) mayCreate(here arn.Place, r function.Ref) error {
	switch {
	case r.Place.Region != "" && r.Place.Region != here.Region:
		return invalid("Functions from '%s' are not reachable in this region ('%s')", r.Place.Region, here.Region)
	case r.Place.Account != "" && r.Place.Account != here.Account:
		return function.Errorf("AccessDeniedException", http.StatusForbidden, "User: arn:%s:iam::%s:root is not authorized to perform: lambda:CreateFunction on resource: %s "+
			"because no resource-based policy allows the lambda:CreateFunction action", here.Partition(), here.Account, h.catalog.ARN(r))
	}
	return nil
}

func (h *Handler) getFunction(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	f, err := h.catalog.Get(ref)
	if err != nil {
		return err
	}
	tags, err := h.catalog.Tags(ref)
	if err != nil {
		return err
	}
	code := map[string]string{}
	if f.Code.SHA256 != "" {
		code = map[string]string{"RepositoryType": "S3", "Location": h.codeURL(c.Place, f)}
	}
	n, err := h.catalog.Reserved(ref)
	if err != nil {
		return err
	}
	var concurrency *reserved
	if n != nil {
		concurrency = &reserved{*n}
	}
	return answer(c, struct {
		Configuration *configuration
		Code          map[string]string
		Tags          map[string]string `json:",omitempty"`
		Concurrency   *reserved         `json:",omitempty"`
	}{configurationOf(c.Place, f, ref.Qualifier), code, tags, concurrency})
}

// codeURL is where the archive of a function can be had. Who fetches it does not sign, so the whole ARN is there.
func (h *Handler) codeURL(at arn.Place, f *function.Function) string {
	return h.opts.URL + "/2015-03-31/functions/" + at.FunctionARN(f.Name, "") + "/code?" + url.Values{"Qualifier": {f.Version}}.Encode()
}

// downloadCode answers with the archive of a function, as the presigned URLs of AWS do.
func (h *Handler) downloadCode(_ context.Context, c *awswire.Call) error {
	ref, err := function.ParseRef(c.Str("FunctionName"), c.Str("Qualifier"))
	if err != nil {
		return err
	}
	c.Head.Set("Content-Type", "application/zip")
	c.Raw, err = h.catalog.Archive(ref)
	return err
}

func (h *Handler) getConfiguration(_ context.Context, c *awswire.Call) error {
	f, err := h.existing(c)
	if err != nil {
		return err
	}
	return answer(c, configurationOf(c.Place, f, c.Str("Qualifier")))
}

func (h *Handler) updateConfiguration(_ context.Context, c *awswire.Call) error {
	if err := checkSettings(c.Input); err != nil {
		return err
	}
	layers, err := h.layersOf(c)
	if err != nil {
		return err
	}
	return h.update(c, function.Change{Apply: func(f *function.Function) {
		applySettings(c.Input, f)
		if c.Has("Layers") {
			f.Layers = layers
		}
	}})
}

func (h *Handler) updateCode(ctx context.Context, c *awswire.Call) error {
	archive, err := h.archive(ctx, c.Input)
	if err != nil {
		return err
	}
	return h.update(c, function.Change{Archive: archive, Publish: c.Bool("Publish", false), DryRun: c.Bool("DryRun", false)})
}

func (h *Handler) update(c *awswire.Call, change function.Change) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	change.RevisionID = c.Str("RevisionId")
	f, err := h.catalog.Update(ref, change)
	if err != nil {
		return err
	}
	return answer(c, published(c.Place, f))
}

func (h *Handler) deleteFunction(_ context.Context, c *awswire.Call) error {
	ref, err := h.ref(c)
	if err != nil {
		return err
	}
	return h.catalog.Delete(ref)
}

func (h *Handler) listFunctions(_ context.Context, c *awswire.Call) error {
	fs := h.catalog.List(c.Place)
	all := c.Has("FunctionVersion")
	if all {
		fs = h.allVersions(c.Place, fs)
	}
	from, to, next, err := page(c, len(fs))
	if err != nil {
		return err
	}
	found := make([]*configuration, 0, to-from)
	for _, f := range fs[from:to] {
		qualifier := ""
		if all {
			qualifier = f.Version
		}
		found = append(found, configurationOf(c.Place, f, qualifier))
	}
	return answer(c, struct {
		NextMarker string `json:",omitempty"`
		Functions  []*configuration
	}{next, found})
}

func (h *Handler) allVersions(at arn.Place, fs []*function.Function) []*function.Function {
	var all []*function.Function
	for _, f := range fs {
		versions, err := h.catalog.Versions(function.Ref{Place: at, Name: f.Name})
		if err != nil { // deleted just now
			continue
		}
		all = append(all, versions...)
	}
	return all
}

// maxPage is how many functions one answer lists at most, however many of up to maxItems were asked for.
const (
	maxPage  = 50
	maxItems = 10_000
)

// page returns the bounds of the part of a list that a request asks for, and the Marker of what follows.
func page(c *awswire.Call, n int) (from, to int, next string, err error) {
	size := maxPage
	if most := c.IntPtr("MaxItems"); most != nil {
		size = min(int(*most), maxPage)
	}
	if marker := c.Str("Marker"); marker != "" {
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
