package lambda

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/local/lambda/function"
)

// layerVersion is a version of a layer. Its archive stands beside it, by its digest.
type layerVersion struct {
	Name          string    `json:"name"`
	Number        int64     `json:"number"`
	Description   string    `json:"description,omitempty"`
	License       string    `json:"license,omitempty"`
	Runtimes      []string  `json:"runtimes,omitempty"`
	Architectures []string  `json:"architectures,omitempty"`
	SHA256        string    `json:"sha256"` // of the archive, in Base64
	Size          int64     `json:"size"`
	Created       time.Time `json:"created"`
	Policy        policy    `json:"policy"`
}

// layerNumber is the number of the last version of a layer; numbers are not given twice.
type layerNumber struct {
	Last int64 `json:"last"`
}

const layerCode = "layer-code/"

func layerOrder(number int64) string { return fmt.Sprintf("%020d", number) }

func (l *layerVersion) arn(at arn.Place) string { return at.ARN("lambda", "layer:"+l.Name) }

func (l *layerVersion) versionARN(at arn.Place) string {
	return l.arn(at) + ":" + strconv.FormatInt(l.Number, 10)
}

// layerAnswer is what is shown of a version: with its content, or as a line of a list.
type layerAnswer struct {
	Content                 *layerContent `json:",omitempty"`
	LayerArn                string        `json:",omitempty"`
	LayerVersionArn         string
	Description             string
	CreatedDate             string
	Version                 int64
	CompatibleRuntimes      []string
	LicenseInfo             string   `json:",omitempty"`
	CompatibleArchitectures []string `json:",omitempty"`
}

type layerContent struct {
	Location   string
	CodeSha256 string
	CodeSize   int64
}

func (l *layerVersion) listed(at arn.Place) *layerAnswer {
	runtimes := l.Runtimes
	if runtimes == nil {
		runtimes = []string{}
	}
	return &layerAnswer{
		LayerVersionArn: l.versionARN(at), Description: l.Description, CreatedDate: l.Created.UTC().Format(timeLayout), Version: l.Number,
		CompatibleRuntimes: runtimes, LicenseInfo: l.License, CompatibleArchitectures: l.Architectures,
	}
}

func (h *Handler) shownLayer(at arn.Place, l *layerVersion) *layerAnswer {
	a := l.listed(at)
	a.LayerArn = l.arn(at)
	a.Content = &layerContent{Location: h.opts.URL + "/2018-10-31/layers/" + l.versionARN(at) + "/content", CodeSha256: l.SHA256, CodeSize: l.Size}
	return a
}

func (h *Handler) publishLayer(ctx context.Context, c *awswire.Call) error {
	archive, err := h.archive(ctx, c.Struct("Content"))
	if err != nil {
		return err
	}
	h.layers.Lock() // numbers are given one by one
	defer h.layers.Unlock()
	name := layerName(c.Str("LayerName"))
	number, err := h.shelf.numbers.Get(c.Place, name)
	if err != nil {
		return err
	}
	if number == nil {
		number = &layerNumber{}
	}
	number.Last++
	digest := sha256.Sum256(archive)
	l := &layerVersion{
		Name: name, Number: number.Last, Description: strings.Clone(c.Str("Description")), License: strings.Clone(c.Str("LicenseInfo")),
		Runtimes: clonedList(c.Strs("CompatibleRuntimes")), Architectures: clonedList(c.Strs("CompatibleArchitectures")),
		SHA256: base64.StdEncoding.EncodeToString(digest[:]), Size: int64(len(archive)), Created: time.Now(),
	}
	var b kv.Batch
	b.Set([]byte(layerCode+hex.EncodeToString(digest[:])), archive)
	if err := h.shelf.numbers.Set(&b, number, c.Place, name); err != nil {
		return err
	}
	if err := h.shelf.layers.Set(&b, l, c.Place, name, layerOrder(l.Number)); err != nil {
		return err
	}
	if err := h.shelf.apply(ctx, &b); err != nil {
		return err
	}
	return answer(c, h.shownLayer(c.Place, l))
}

// layerName is the name of a layer, which may be given by its ARN.
func layerName(text string) string {
	return strings.Clone(text[strings.LastIndexByte(text, ':')+1:])
}

func clonedList(list []string) []string {
	var c []string
	for _, s := range list {
		c = append(c, strings.Clone(s))
	}
	return c
}

// layer returns the version that a request names.
func (h *Handler) layer(c *awswire.Call) (*layerVersion, error) {
	n := c.Int("VersionNumber")
	if n < 1 {
		return nil, invalid("Layer Version Cannot be less than 1.")
	}
	l, err := h.shelf.layers.Get(c.Place, layerName(c.Str("LayerName")), layerOrder(n))
	if err == nil && l == nil {
		err = function.Errorf("ResourceNotFoundException", http.StatusNotFound, "The resource you requested does not exist.")
	}
	return l, err
}

func (h *Handler) getLayer(_ context.Context, c *awswire.Call) error {
	l, err := h.layer(c)
	if err != nil {
		return err
	}
	return answer(c, h.shownLayer(c.Place, l))
}

var layerPattern = regexp.MustCompile(`^arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):layer:([a-zA-Z0-9-_]+):(\d+)$`)

// layerByARN returns the version that an ARN names; false: there is none.
func (h *Handler) layerByARN(text string) (l *layerVersion, at arn.Place, found bool, err error) {
	m := layerPattern.FindStringSubmatch(text)
	if m == nil {
		return nil, at, false, nil
	}
	at = arn.Place{Region: m[1], Account: m[2]}
	n, err := strconv.ParseInt(m[4], 10, 64)
	if err != nil {
		return nil, at, false, nil //nolint:nilerr // a number too large names no version
	}
	l, err = h.shelf.layers.Get(at, m[3], layerOrder(n))
	return l, at, l != nil, err
}

func (h *Handler) getLayerByARN(_ context.Context, c *awswire.Call) error {
	text := c.Str("Arn")
	if !layerPattern.MatchString(text) {
		return function.Errorf("ValidationException", http.StatusBadRequest, "1 validation error detected: Value '%s' at 'arn' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|"+
			"(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)", text)
	}
	l, at, found, err := h.layerByARN(text)
	if err == nil && !found {
		err = function.Errorf("ResourceNotFoundException", http.StatusNotFound, "The resource you requested does not exist.")
	}
	if err != nil {
		return err
	}
	return answer(c, h.shownLayer(at, l))
}

func (h *Handler) deleteLayer(ctx context.Context, c *awswire.Call) error {
	n := c.Int("VersionNumber")
	if n < 1 {
		return invalid("Layer Version Cannot be less than 1.")
	}
	var b kv.Batch
	h.shelf.layers.Delete(&b, c.Place, layerName(c.Str("LayerName")), layerOrder(n))
	return h.shelf.apply(ctx, &b)
}

func (h *Handler) listLayerVersions(_ context.Context, c *awswire.Call) error {
	all, err := h.shelf.layers.List(c.Place, layerName(c.Str("LayerName")))
	if err != nil {
		return err
	}
	slices.Reverse(all)
	from, to, next, err := page(c, len(all))
	if err != nil {
		return err
	}
	shown := []*layerAnswer{}
	for _, l := range all[from:to] {
		shown = append(shown, l.listed(c.Place))
	}
	return answer(c, struct {
		NextMarker    string `json:",omitempty"`
		LayerVersions []*layerAnswer
	}{next, shown})
}

// listLayers shows the last version of each layer.
func (h *Handler) listLayers(_ context.Context, c *awswire.Call) error {
	all, err := h.shelf.layers.List(c.Place)
	if err != nil {
		return err
	}
	type line struct {
		LayerName, LayerArn   string
		LatestMatchingVersion *layerAnswer
	}
	layers := []line{}
	for _, l := range all {
		if n := len(layers); n > 0 && layers[n-1].LayerName == l.Name {
			layers = layers[:n-1]
		}
		layers = append(layers, line{l.Name, l.arn(c.Place), l.listed(c.Place)})
	}
	from, to, next, err := page(c, len(layers))
	if err != nil {
		return err
	}
	return answer(c, struct {
		NextMarker string `json:",omitempty"`
		Layers     []line
	}{next, layers[from:to]})
}

// layerContent answers with the archive of a version, as the presigned URLs of AWS do.
func (h *Handler) layerArchive(_ context.Context, c *awswire.Call) error {
	l, _, found, err := h.layerByARN(c.Str("Arn"))
	if err == nil && !found {
		err = function.Errorf("ResourceNotFoundException", http.StatusNotFound, "The resource you requested does not exist.")
	}
	if err == nil {
		c.Head.Set("Content-Type", "application/zip")
		c.Raw, err = h.layerBytes(l)
	}
	return err
}

func (h *Handler) layerBytes(l *layerVersion) ([]byte, error) {
	digest, err := base64.StdEncoding.DecodeString(l.SHA256)
	if err != nil {
		return nil, err
	}
	archive, err := h.shelf.store.Get([]byte(layerCode + hex.EncodeToString(digest)))
	if err == nil && archive == nil {
		err = errors.New("the archive of a layer is gone")
	}
	return archive, err
}

// maxLayers is how many layers a function may have.
const maxLayers = 5

// layersOf are the layers that a request gives a function.
func (h *Handler) layersOf(c *awswire.Call) ([]function.Layer, error) {
	names := c.Strs("Layers")
	if len(names) > maxLayers {
		return nil, invalid("Cannot reference more than %d layers.", maxLayers)
	}
	var layers []function.Layer
	seen := map[string]bool{}
	for _, name := range names {
		l, at, found, err := h.layerByARN(name)
		switch {
		case err != nil:
			return nil, err
		case !layerPattern.MatchString(name):
			return nil, function.Errorf("ValidationException", http.StatusBadRequest, "1 validation error detected: Value '[%s]' at 'layers' failed to satisfy constraint: "+
				"Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, "+
				"Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|"+
				"(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+), Member must not be null]", strings.Join(names, ", "))
		case at.Region != c.Place.Region:
			return nil, invalid("Layers are not in the same region as the function. Layers are expected to be in region %s.", c.Place.Region)
		case !found:
			return nil, invalid("Layer version %s does not exist.", name)
		case seen[l.Name]:
			return nil, invalid("Two different versions of the same layer are not allowed to be referenced in the same function. %s and %s", layers[len(layers)-1].ARN, name)
		}
		seen[l.Name] = true
		archive, err := h.layerBytes(l)
		if err != nil {
			return nil, err
		}
		layers = append(layers, function.Layer{ARN: strings.Clone(name), Archive: archive})
	}
	return layers, nil
}

func (h *Handler) addLayerPermission(ctx context.Context, c *awswire.Call) error {
	l, err := h.layer(c)
	if err != nil {
		return err
	}
	who, err := principal(c.Place, c.Str("Principal"))
	if err != nil {
		return err
	}
	if l.Policy.check(c.Str("RevisionId"), "") != nil {
		return function.Errorf("PreconditionFailedException", http.StatusPreconditionFailed,
			"The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id")
	}
	s := statement{Sid: strings.Clone(c.Str("StatementId")), Effect: "Allow", Principal: who, Action: strings.Clone(c.Str("Action")), Resource: l.versionARN(c.Place)}
	if org := c.Str("OrganizationId"); org != "" {
		s.Condition = map[string]map[string]string{"StringEquals": {"aws:PrincipalOrgID": strings.Clone(org)}}
	}
	if slices.ContainsFunc(l.Policy.Statements, func(x statement) bool { return x.Sid == s.Sid }) {
		return function.Errorf("ResourceConflictException", http.StatusConflict,
			"The statement id (%s) provided already exists. Please provide a new statement id, or remove the existing statement.", s.Sid)
	}
	l.Policy.Statements = append(l.Policy.Statements, s)
	if err := h.keepLayerPolicy(ctx, c, l); err != nil {
		return err
	}
	text, err := marshal(s)
	if err != nil {
		return err
	}
	return answer(c, map[string]string{"Statement": text, "RevisionId": l.Policy.Revision})
}

func (h *Handler) keepLayerPolicy(ctx context.Context, c *awswire.Call, l *layerVersion) error {
	if _, err := l.Policy.text(); err != nil { // a new revision
		return err
	}
	var b kv.Batch
	if err := h.shelf.layers.Set(&b, l, c.Place, l.Name, layerOrder(l.Number)); err != nil {
		return err
	}
	return h.shelf.apply(ctx, &b)
}

func (h *Handler) removeLayerPermission(ctx context.Context, c *awswire.Call) error {
	l, err := h.layer(c)
	if err != nil {
		return err
	}
	if l.Policy.check(c.Str("RevisionId"), "") != nil {
		return function.Errorf("PreconditionFailedException", http.StatusPreconditionFailed,
			"The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id")
	}
	sid := c.Str("StatementId")
	i := slices.IndexFunc(l.Policy.Statements, func(s statement) bool { return s.Sid == sid })
	if i < 0 {
		return function.Errorf("ResourceNotFoundException", http.StatusNotFound, "Statement %s is not found in resource policy.", sid)
	}
	l.Policy.Statements = slices.Delete(l.Policy.Statements, i, i+1)
	return h.keepLayerPolicy(ctx, c, l)
}

func (h *Handler) getLayerPolicy(_ context.Context, c *awswire.Call) error {
	l, err := h.layer(c)
	if err != nil {
		return err
	}
	if len(l.Policy.Statements) == 0 {
		return function.Errorf("ResourceNotFoundException", http.StatusNotFound, "No policy is associated with the given resource.")
	}
	document, err := l.Policy.document()
	if err != nil {
		return err
	}
	return answer(c, map[string]string{"Policy": document, "RevisionId": l.Policy.Revision})
}

// findLayers is GetLayerVersionByArn or, without an ARN, ListLayers: both have one path.
func (h *Handler) findLayers(ctx context.Context, c *awswire.Call) error {
	if c.Str("Find") == "LayerVersion" {
		return h.getLayerByARN(ctx, c)
	}
	return h.listLayers(ctx, c)
}
