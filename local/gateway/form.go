package gateway

import (
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/codec"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// maxFields is how much the fields of a form may have before its file, in bytes, as in S3.
const maxFields = 20 << 10

func isForm(r *http.Request) bool {
	content, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	_, key := bucketAndKey(r)
	return content == "multipart/form-data" && key == ""
}

// upload is a form with a file, which becomes an object.
type upload struct {
	fields map[string]string // by their names in small letters, but for those of the file
	name   string            // of the file
	file   io.Reader
}

// form answers a form by which a browser uploads an object: what its fields say is put as if they were the header of a PutObject.
func (g *Gateway) form(w http.ResponseWriter, r *http.Request, x *codec.Exchange) {
	u, err := readForm(r)
	if err == nil {
		err = u.permitted(r, g.o.Now())
	}
	if err != nil {
		g.refuse(w, r, x, err)
		return
	}
	bucket, _ := bucketAndKey(r)
	key := strings.ReplaceAll(u.fields["key"], "${filename}", u.name)
	if err := u.encodeTags(); err != nil {
		g.refuse(w, r, x, err)
		return
	}
	put := u.request(r, bucket, key)
	exchange, request, err := codec.Read(model.Load("s3"), put, codec.Options{MaxBody: maxBody("s3"), MaxStream: g.o.MaxObject})
	if err != nil {
		g.refuse(w, r, x, err)
		return
	}
	request.Place = g.places.Of(u.fields["x-amz-credential"])
	request.Endpoint = endpointOf(r)
	reply, err := g.call(r.Context(), request)
	if err != nil {
		g.refuse(w, r, exchange, err)
		return
	}
	etag, _ := reply.Output.Get("ETag")
	u.answer(w, endpointOf(r)+(&url.URL{Path: "/" + bucket + "/" + key}).EscapedPath(), bucket, key, etag.Str())
}

// readForm reads the fields up to the file, which is the last of them.
func readForm(r *http.Request) (*upload, error) {
	malformed := &awswire.Error{Code: "MalformedPOSTRequest", Message: "The body of your POST request is not well-formed multipart/form-data."}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, malformed
	}
	u := &upload{fields: map[string]string{}}
	left := int64(maxFields)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, &awswire.Error{Code: "InvalidArgument", Message: "POST requires exactly one file upload per request.", Extra: []value.Member{
				{Key: "ArgumentName", Value: value.FromString("file")}, {Key: "ArgumentValue", Value: value.FromString("0")}}}
		}
		if err != nil {
			return nil, malformed
		}
		name := strings.ToLower(part.FormName())
		if name == "file" {
			u.name, u.file = fileName(part), part
			if u.fields["key"] == "" {
				return nil, &awswire.Error{Code: "InvalidArgument", Message: "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
					Extra: []value.Member{{Key: "ArgumentName", Value: value.FromString("key")}, {Key: "ArgumentValue", Value: value.FromString("")}}}
			}
			return u, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(text)); left < 0 {
			return nil, &awswire.Error{Code: "MaxPostPreDataLengthExceeded", Message: "Your POST request fields preceding the upload file were too large."}
		}
		if err != nil {
			return nil, malformed
		}
		u.fields[name] = string(text)
	}
}

// fileName is the name of a file without the folders that some browsers tell.
func fileName(part *multipart.Part) string {
	name := part.FileName()
	return path.Base(strings.ReplaceAll(name, `\`, "/"))
}

// ownFields are those of a form that are no fields of a PutObject.
var ownFields = []string{"key", "policy", "file", "submit", "bucket", "success_action_redirect", "redirect", "success_action_status", "awsaccesskeyid", "signature",
	"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"}

// encodeTags makes of the tags in XML, as a form has them, the query that a header has.
func (u *upload) encodeTags() error {
	text := u.fields["tagging"]
	if text == "" {
		return nil
	}
	var tagging struct {
		XMLName xml.Name                       `xml:"Tagging"`
		Tags    []struct{ Key, Value *string } `xml:"TagSet>Tag"`
	}
	malformed := &awswire.Error{Code: "MalformedXML", Message: "The XML you provided was not well-formed or did not validate against our published schema"}
	if err := xml.Unmarshal([]byte(text), &tagging); err != nil {
		return malformed
	}
	var pairs []string
	for _, t := range tagging.Tags {
		if t.Key == nil || t.Value == nil {
			return malformed
		}
		pairs = append(pairs, url.QueryEscape(*t.Key)+"="+url.QueryEscape(*t.Value))
	}
	u.fields["tagging"] = strings.Join(pairs, "&")
	return nil
}

// request makes a PutObject of the form.
func (u *upload) request(r *http.Request, bucket, key string) *http.Request {
	put := &http.Request{Method: http.MethodPut, URL: &url.URL{Path: "/" + bucket + "/" + key}, Header: http.Header{}, Host: r.Host,
		Body: io.NopCloser(u.file), ContentLength: -1}
	for name, text := range u.fields {
		if name == "acl" || name == "tagging" || name == "storage-class" {
			name = "x-amz-" + name
		}
		if !slices.Contains(ownFields, name) && !strings.HasPrefix(name, "x-ignore-") {
			put.Header.Set(name, text)
		}
	}
	return put.WithContext(r.Context())
}

// answer says that the file was taken, in the way that the form wants.
func (u *upload) answer(w http.ResponseWriter, location, bucket, key, etag string) {
	to := u.fields["success_action_redirect"]
	if to == "" {
		to = u.fields["redirect"]
	}
	h := w.Header()
	h.Set("ETag", etag)
	h.Set("Location", location)
	if target, err := url.Parse(to); to != "" && err == nil {
		query := target.Query()
		query.Set("bucket", bucket)
		query.Set("key", key)
		query.Set("etag", etag)
		target.RawQuery = query.Encode()
		h.Set("Location", target.String())
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	switch u.fields["success_action_status"] {
	case "200":
		w.WriteHeader(http.StatusOK)
	case "201":
		h.Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(codec.AppendElements([]byte(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"), "PostResponse",
			[][2]string{{"Location", location}, {"Bucket", bucket}, {"Key", key}, {"ETag", etag}})) // the client is gone: there is nobody to tell
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// ranged is a file that has to have at least and at most so many bytes.
type ranged struct {
	io.Reader
	least, most, n int64
}

func (r *ranged) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += int64(n)
	switch {
	case r.n > r.most:
		return 0, &awswire.Error{Code: "EntityTooLarge", Message: "Your proposed upload exceeds the maximum allowed size", Extra: []value.Member{
			{Key: "ProposedSize", Value: value.FromInt(r.n)}, {Key: "MaxSizeAllowed", Value: value.FromInt(r.most)}}}
	case err == io.EOF && r.n < r.least:
		return 0, &awswire.Error{Code: "EntityTooSmall", Message: "Your proposed upload is smaller than the minimum allowed size", Extra: []value.Member{
			{Key: "ProposedSize", Value: value.FromInt(r.n)}, {Key: "MinSizeAllowed", Value: value.FromInt(r.least)}}}
	}
	return n, err
}
