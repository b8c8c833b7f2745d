package codec

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // what AWS asks for
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/awswire/model"
	"github.com/statelark/statelark/value"
)

// NewRequest puts a request for an operation into HTTP, unsigned. endpoint is where it goes: a scheme and a host, and perhaps a
// path before the operation's. The prefix that some operations want before the host (HostPrefix) is the caller's to add. A body
// that can be read again has GetBody.
func NewRequest(ctx context.Context, s *model.Service, op *model.Operation, endpoint string, r *awswire.Request) (*http.Request, error) {
	c := &asking{plan: planOf(s), op: op, in: r.Input, header: http.Header{}, path: "/", stream: r.Body, length: r.Length}
	if !c.in.Exists() || c.in.IsNull() {
		c.in = value.EmptyObj
	}
	if err := c.write(); err != nil {
		return nil, fmt.Errorf("making a request of %s.%s: %w", s.Name, op.Name, err)
	}
	if err := c.checksum(); err != nil {
		return nil, fmt.Errorf("making a request of %s.%s: %w", s.Name, op.Name, err)
	}
	base, err := url.Parse(endpoint)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("making a request of %s.%s: the endpoint %q is no URL", s.Name, op.Name, endpoint)
	}
	request, err := http.NewRequestWithContext(ctx, op.Method, base.Scheme+"://"+base.Host+strings.TrimSuffix(base.EscapedPath(), "/")+c.path, nil)
	if err != nil {
		return nil, fmt.Errorf("making a request of %s.%s: %w", s.Name, op.Name, err)
	}
	request.URL.RawQuery, request.Header = c.query, c.header
	c.attach(request)
	return request, nil
}

// asking is a request that is being put into HTTP.
type asking struct {
	*plan
	op     *model.Operation
	in     value.Value
	path   string // escaped
	query  string
	header http.Header
	body   []byte
	stream io.Reader // in place of body
	length int64     // of stream
}

// attach gives the request its body.
func (c *asking) attach(r *http.Request) {
	if c.stream == nil {
		if len(c.body) > 0 {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(c.body)), int64(len(c.body))
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.body)), nil }
		}
		return
	}
	r.ContentLength = c.length
	if c.length == 0 {
		r.Body = http.NoBody
		return
	}
	r.Body = io.NopCloser(c.stream)
	if again, ok := c.stream.(io.Seeker); ok {
		r.GetBody = func() (io.ReadCloser, error) {
			_, err := again.Seek(0, io.SeekStart)
			return io.NopCloser(c.stream), err
		}
	}
}

func (c *asking) write() error {
	s := c.service
	switch s.Protocol {
	case model.JSON:
		c.header.Set("X-Amz-Target", s.TargetPrefix+"."+c.op.Name)
		c.header.Set("Content-Type", "application/x-amz-json-"+s.JSONVersion)
		c.body = []byte("{}")
		if c.op.Input != nil {
			c.body = c.toJSON(c.in, c.op.Input).AppendCompact(nil)
		}
	case model.CBOR:
		c.path = "/service/" + s.TargetPrefix + "/operation/" + c.op.Name
		c.header.Set("Smithy-Protocol", "rpc-v2-cbor")
		c.header.Set("Accept", "application/cbor")
		if c.op.Input != nil {
			c.header.Set("Content-Type", "application/cbor")
			c.body = appendCBOR(nil, c.in, c.op.Input)
		}
	case model.Query, model.EC2:
		c.form()
	default:
		return c.rest()
	}
	if s.QueryErrors && s.Protocol != model.Query {
		c.header.Set("X-Amzn-Query-Mode", "true")
	}
	return nil
}

func (c *asking) form() {
	c.header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	params := [][2]string{{"Action", c.op.Name}, {"Version", c.service.Version}}
	if c.op.Input != nil {
		params = form{ec2: c.service.Protocol == model.EC2}.appendParams(params, "", c.in, c.op.Input, false)
	}
	for i, p := range params {
		if i > 0 {
			c.body = append(c.body, '&')
		}
		c.body = append(c.body, url.QueryEscape(p[0])+"="+url.QueryEscape(p[1])...)
	}
}

// rest puts the request into a REST protocol.
func (c *asking) rest() error {
	s := c.op.Input
	o := &outside{labels: map[string]string{}, query: url.Values{}, header: c.header}
	if s != nil {
		o.write(c.in, s, false)
	}
	path, fixed, _ := strings.Cut(c.op.Path, "?")
	var err error
	if c.path, err = expand(path, o.labels); err != nil {
		return err
	}
	c.query = strings.ReplaceAll(o.query.Encode(), "+", "%20")
	if fixed != "" {
		c.query = strings.TrimSuffix(fixed+"&"+c.query, "&")
	}
	if s == nil {
		return nil
	}
	return c.restBody(s)
}

func (c *asking) restBody(s *model.Shape) error {
	json := c.service.Protocol == model.RESTJSON
	if s.Payload == "" {
		if !bodyMembers(s) {
			return nil
		}
		if json {
			c.setJSON(c.toJSON(c.in, s))
		} else if hasBody(c.in, s) {
			c.setXML(rootOf(s, c.op), c.in, s)
		}
		return nil
	}
	m := s.Member(s.Payload)
	v, ok := c.in.Get(m.Name)
	ok = ok && !v.IsNull()
	switch {
	case m.Shape.Kind == model.Blob && c.stream != nil:
	case m.Shape.Kind == model.Blob && ok:
		raw, err := base64.StdEncoding.DecodeString(v.Str())
		if err != nil {
			return errors.New(m.Name + " is not Base64")
		}
		c.setBody(raw, "application/octet-stream")
	case m.Shape.Kind == model.String && ok:
		c.setBody([]byte(v.Str()), "text/plain")
	case m.Shape.Kind == model.Blob, m.Shape.Kind == model.String:
	case json && ok:
		c.setJSON(c.toJSON(v, m.Shape))
	case json:
		c.setJSON(value.EmptyObj)
	case ok:
		shape := *m.Shape // with what its use says of it
		if m.Namespace != "" {
			shape.Namespace, shape.Prefix = m.Namespace, m.Prefix
		}
		c.setXML(m.WireName(), v, &shape)
	}
	return nil
}

// hasBody reports whether v has any member that belongs to the body.
func hasBody(v value.Value, s *model.Shape) bool {
	for i := range s.Members {
		if mv, ok := v.Get(s.Members[i].Name); ok && s.Members[i].Location == model.Body && !mv.IsNull() {
			return true
		}
	}
	return false
}

func rootOf(s *model.Shape, op *model.Operation) string {
	if s.XMLName != "" {
		return s.XMLName
	}
	return op.Name + "Request"
}

func (c *asking) setBody(body []byte, contentType string) {
	c.body = body
	if c.header.Get("Content-Type") == "" {
		c.header.Set("Content-Type", contentType)
	}
}

func (c *asking) setJSON(v value.Value) { c.setBody(v.AppendCompact(nil), "application/json") }

func (c *asking) setXML(root string, v value.Value, s *model.Shape) {
	c.setBody(xmlForm{}.appendRoot(nil, root, "", v, s), "application/xml")
}

// expand puts labels into a path.
func expand(path string, labels map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(path, "{")
		out.WriteString(before)
		if !ok {
			return out.String(), nil
		}
		var label string
		label, path, _ = strings.Cut(rest, "}")
		name, greedy := strings.CutSuffix(label, "+")
		text := labels[name]
		if text == "" {
			return "", errors.New(name + " is missing, which is a part of the path")
		}
		out.WriteString(escapePath(text, greedy))
	}
}

// escapePath escapes all that has a meaning in paths: slashes as well, if they are not kept.
func escapePath(text string, slashes bool) string {
	const hex = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 || c == '/' && slashes {
			out.WriteByte(c)
			continue
		}
		out.WriteString(string([]byte{'%', hex[c>>4], hex[c&15]}))
	}
	return out.String()
}

// sdkAlgorithm tells S3 which checksum comes with the body.
const sdkAlgorithm = "X-Amz-Sdk-Checksum-Algorithm"

// checksum adds the checksum of the body where the operation wants one, or the caller asks for one.
func (c *asking) checksum() error {
	if !c.op.Checksum && c.header.Get(sdkAlgorithm) == "" || c.hasChecksum() {
		return nil
	}
	if c.op.ChecksumMember == "" {
		if c.stream == nil {
			sum := md5.Sum(c.body) //nolint:gosec // what AWS asks for
			c.header.Set("Content-Md5", base64.StdEncoding.EncodeToString(sum[:]))
		}
		return nil
	}
	algorithm := c.header.Get(sdkAlgorithm)
	if algorithm == "" {
		algorithm = "CRC32"
	}
	hash := NewChecksum(algorithm)
	again, seeks := c.stream.(io.ReadSeeker)
	switch {
	case hash == nil:
		return errors.New("there is no checksum algorithm " + algorithm)
	case c.stream == nil:
		_, _ = hash.Write(c.body) // a hash never fails
	case seeks:
		if _, err := io.Copy(hash, again); err != nil {
			return fmt.Errorf("reading the body: %w", err)
		}
		if _, err := again.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("reading the body again: %w", err)
		}
	default: // it can be read but once
		c.header.Del(sdkAlgorithm)
		return nil
	}
	c.header.Set(sdkAlgorithm, algorithm)
	c.header.Set(checksumField+algorithm, base64.StdEncoding.EncodeToString(hash.Sum(nil)))
	return nil
}

func (c *asking) hasChecksum() bool {
	for name := range c.header {
		if strings.HasPrefix(name, checksumField) && NewChecksum(strings.TrimPrefix(name, checksumField)) != nil || name == "Content-Md5" {
			return true
		}
	}
	return false
}

// HostPrefix returns what an operation wants before the name of the host, "" for nothing. Labels in it are members of the input.
func HostPrefix(op *model.Operation, in value.Value) (string, error) {
	if op.HostPrefix == "" {
		return "", nil
	}
	labels := map[string]string{}
	if op.Input != nil {
		for i := range op.Input.Members {
			if m := &op.Input.Members[i]; m.HostLabel {
				v, _ := in.Get(m.Name)
				labels[m.Name] = v.Str()
			}
		}
	}
	for name, text := range labels {
		if text == "" || strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") != "" {
			return "", errors.New(name + " is to be a part of a host name: letters, digits, hyphens and dots")
		}
	}
	return expand(op.HostPrefix, labels)
}

// VirtualHost moves the bucket of a request for S3 from the path to the host, where a bucket's name may be there.
func VirtualHost(r *http.Request, bucket string) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/"+bucket)
	if !ok || bucket == "" || rest != "" && rest[0] != '/' ||
		strings.Trim(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return
	}
	raw := strings.TrimPrefix(r.URL.EscapedPath(), "/"+bucket)
	if rest == "" {
		rest, raw = "/", "/"
	}
	r.URL.Host = bucket + "." + r.URL.Host
	r.Host, r.URL.Path, r.URL.RawPath = r.URL.Host, rest, raw
}
