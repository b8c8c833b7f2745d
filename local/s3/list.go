package s3

import (
	"encoding/base64"
	"strings"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

const maxKeys = 1000

// listing is a list of keys, of which those are one that have the same beginning up to a delimiter.
type listing struct {
	bucket    string
	kind      byte // of the rows: 'o', 'u'
	prefix    string
	delimiter string
	max       int64
	url       bool // names are escaped
	passed    bool // a group that has the key after which the list begins is passed over

	groups    []value.Value // CommonPrefixes
	n         int64
	truncated bool
	last      string // the last key or group on the page
}

// listingOf reads what all lists have in common.
func listingOf(c *call, b *bucket, kind byte, limit string) (*listing, *awswire.Error) {
	l := &listing{bucket: b.Name, kind: kind, prefix: c.str("Prefix"), delimiter: c.str("Delimiter"), max: maxKeys}
	if c.has(limit) {
		field := map[string]string{"MaxKeys": "max-keys", "MaxUploads": "max-uploads"}[limit]
		if l.max = c.int(limit); l.max < 0 || l.max > 1<<31-1 {
			return nil, badArgument("Argument "+field+" must be an integer between 0 and 2147483647", field, decimal(l.max))
		}
		l.max = min(l.max, maxKeys)
	}
	if c.has("EncodingType") {
		if l.url = c.str("EncodingType") == "url"; !l.url {
			return nil, badArgument("Invalid Encoding Method specified in Request", "encoding-type", c.str("EncodingType"))
		}
	}
	return l, nil
}

func (l *listing) name(text string) string {
	if l.url {
		return urlText(text)
	}
	return text
}

// group returns the common prefix that a key falls under, "" when it stands for itself.
func (l *listing) group(key string) string {
	if l.delimiter == "" {
		return ""
	}
	if i := strings.Index(key[len(l.prefix):], l.delimiter); i >= 0 {
		return key[:len(l.prefix)+i+len(l.delimiter)]
	}
	return ""
}

// addGroup puts a common prefix on the page.
func (l *listing) addGroup(group string) {
	var o output
	o.text("Prefix", l.name(group))
	l.groups = append(l.groups, o.value())
	l.n++
	l.last = group
}

// full reports whether there is no room for one more, and notes that something was left out.
func (l *listing) full() bool {
	l.truncated = l.n >= l.max
	return l.truncated
}

// start is the first row that may be on the page: of a key after that one, and of none in a group that ended a page before.
func (l *listing) start(after string) []byte {
	base := within(l.kind, l.bucket)
	from := append(base, escapeName(l.prefix)...)
	if after == "" || after < l.prefix && !strings.HasPrefix(l.prefix, after) {
		return from
	}
	next := kv.After(appendName(within(l.kind, l.bucket), after))
	if strings.HasPrefix(after, l.prefix) {
		if g := l.group(after); g != "" && (l.passed || g == after) {
			next = kv.After(append(within(l.kind, l.bucket), escapeName(g)...))
		}
	}
	if string(next) > string(from) {
		return next
	}
	return from
}

func (l *listing) end() []byte {
	return kv.After(append(within(l.kind, l.bucket), escapeName(l.prefix)...))
}

// escapeName is a name as the beginning of the rows of all names that begin with it.
func escapeName(name string) []byte {
	full := appendName(nil, name)
	return full[:len(full)-2]
}

// current calls do with the versions of objects that are there, in the order of their keys.
func (s *Service) current(l *listing, after string, do func(v *version)) error {
	from := l.start(after)
	for from != nil && (l.end() == nil || string(from) < string(l.end())) {
		next, err := s.scanCurrent(l, from, do)
		if err != nil {
			return err
		}
		from = next
	}
	return nil
}

// scanCurrent goes on from a row until the page is full or a group is to be passed over; it returns where to go on, nil at the end.
func (s *Service) scanCurrent(l *listing, from []byte, do func(v *version)) ([]byte, error) {
	base, seen := len(within(l.kind, l.bucket)), ""
	first := true
	for p, err := range s.store.Scan(from, l.end(), false) {
		if err != nil {
			return nil, err
		}
		key, _ := cutName(p.Key[base:])
		if !first && key == seen {
			continue // an older version
		}
		first, seen = false, key
		v, err := rowOf(p, key)
		if err != nil {
			return nil, err
		}
		if v.Marker {
			continue
		}
		if l.full() {
			return nil, nil
		}
		if g := l.group(key); g != "" {
			l.addGroup(g)
			return kv.After(append(within(l.kind, l.bucket), escapeName(g)...)), nil
		}
		l.n++
		l.last = key
		do(v)
	}
	return nil, nil
}

// tellEntry is an object in a list.
func (l *listing) tellEntry(v *version, owner bool) value.Value {
	var o output
	o.text("Key", l.name(v.Key))
	o.when("LastModified", v.Modified)
	o.text("ETag", quoted(v.ETag))
	if v.Sum.Algorithm != "" {
		o.add("ChecksumAlgorithm", texts(v.Sum.Algorithm))
		o.text("ChecksumType", v.Sum.Type)
	}
	o.int("Size", v.Size)
	if owner {
		o.add("Owner", ownerOf(v.Owner))
	}
	o.text("StorageClass", classOf(v))
	return o.value()
}

// lister calls do with the objects of a list that are on the page.
type lister func(l *listing, after string, do func(v *version)) error

func (s *Service) listObjects(c *call, b *bucket) (*awswire.Reply, error) {
	return s.listV1(c, b, s.current)
}

func (s *Service) listObjectsV2(c *call, b *bucket) (*awswire.Reply, error) {
	return s.listV2(c, b, s.current)
}

func (s *Service) listV1(c *call, b *bucket, objects lister) (*awswire.Reply, error) {
	l, refusal := listingOf(c, b, 'o', "MaxKeys")
	if refusal != nil {
		return nil, refusal
	}
	l.passed = true
	var all []value.Value
	if l.max > 0 {
		err := objects(l, c.str("Marker"), func(v *version) { all = append(all, l.tellEntry(v, true)) })
		if err != nil {
			return nil, err
		}
	}
	var o output
	o.flag("IsTruncated", l.truncated)
	o.text("Marker", l.name(c.str("Marker")))
	if l.truncated && l.delimiter != "" {
		o.text("NextMarker", l.name(l.last))
	}
	o.list("Contents", all)
	l.tell(&o, c, "MaxKeys")
	return o.reply(), nil
}

// tell adds what all lists of objects say.
func (l *listing) tell(o *output, c *call, limit string) {
	o.text("Name", l.bucket)
	o.text("Prefix", l.name(l.prefix))
	o.str("Delimiter", l.name(l.delimiter))
	asked := int64(maxKeys)
	if c.has(limit) {
		asked = min(c.int(limit), maxKeys)
	}
	o.int(limit, asked)
	o.list("CommonPrefixes", l.groups)
	if l.url {
		o.text("EncodingType", "url")
	}
}

func (s *Service) listV2(c *call, b *bucket, objects lister) (*awswire.Reply, error) {
	l, refusal := listingOf(c, b, 'o', "MaxKeys")
	if refusal != nil {
		return nil, refusal
	}
	token, after := c.str("ContinuationToken"), c.str("StartAfter")
	if c.has("ContinuationToken") {
		last, ok := openToken(token)
		if !ok || token == "" {
			return nil, badHeader("The continuation token provided is incorrect", "continuation-token")
		}
		after = last
	}
	var all []value.Value
	if l.max > 0 {
		owner := c.flag("FetchOwner")
		if err := objects(l, after, func(v *version) { all = append(all, l.tellEntry(v, owner)) }); err != nil {
			return nil, err
		}
	}
	var o output
	o.flag("IsTruncated", l.truncated)
	o.list("Contents", all)
	l.tell(&o, c, "MaxKeys")
	o.int("KeyCount", l.n)
	o.str("ContinuationToken", token)
	if l.truncated {
		o.text("NextContinuationToken", sealToken(l.last))
	}
	if token == "" {
		o.str("StartAfter", l.name(c.str("StartAfter")))
	}
	return o.reply(), nil
}

// Tokens are the last name of a page, in a form that nobody takes for one.
func sealToken(name string) string {
	raw := make([]byte, 1, len(name)+1)
	raw[0] = 1
	for i := range len(name) {
		raw = append(raw, name[i]^0x5A)
	}
	return base64.URLEncoding.EncodeToString(raw)
}

func openToken(token string) (name string, ok bool) {
	if token == "" {
		return "", true
	}
	raw, err := base64.URLEncoding.DecodeString(token)
	if err != nil || len(raw) == 0 || raw[0] != 1 {
		return "", false
	}
	for i := range raw {
		raw[i] ^= 0x5A
	}
	return string(raw[1:]), true
}

func (s *Service) listVersions(c *call, b *bucket) (*awswire.Reply, error) {
	l, refusal := listingOf(c, b, 'o', "MaxKeys")
	if refusal != nil {
		return nil, refusal
	}
	keyMarker, idMarker := c.str("KeyMarker"), c.str("VersionIdMarker")
	if c.has("VersionIdMarker") && idMarker == "" && keyMarker != "" {
		return nil, badArgument("A version-id marker cannot be empty.", "version-id-marker", "")
	}
	if idMarker != "" && keyMarker == "" {
		return nil, badArgument("A version-id marker cannot be specified without a key marker.", "version-id-marker", idMarker)
	}
	l.passed = true
	from := l.start(keyMarker)
	if idMarker != "" {
		at, err := s.afterVersion(b, keyMarker, idMarker)
		if err != nil {
			return nil, err
		}
		from = at
	}
	page := &versionPage{listing: l, b: b}
	if l.max > 0 {
		if err := s.scanVersions(page, from); err != nil {
			return nil, err
		}
	}
	var o output
	o.flag("IsTruncated", l.truncated)
	o.text("KeyMarker", l.name(keyMarker))
	o.text("VersionIdMarker", idMarker)
	if l.truncated {
		o.text("NextKeyMarker", l.name(l.last))
		o.str("NextVersionIdMarker", page.lastID)
	}
	o.list("Versions", page.versions)
	o.list("DeleteMarkers", page.markers)
	l.tell(&o, c, "MaxKeys")
	return o.reply(), nil
}

// afterVersion is the row behind a version, which need not be there any more.
func (s *Service) afterVersion(b *bucket, key, id string) ([]byte, error) {
	if id == "null" {
		v, err := s.null(b.Name, key)
		if err != nil {
			return nil, err
		}
		if v == nil {
			return kv.After(objectKey(b.Name, key)), nil
		}
		return append(versionKey(b.Name, key, v.Seq), 0), nil
	}
	seq, ok := seqOf(id)
	if !ok {
		return nil, badArgument("Invalid version id specified", "version-id-marker", id)
	}
	return append(versionKey(b.Name, key, seq), 0), nil
}

// versionPage is a page of versions.
type versionPage struct {
	*listing
	b                 *bucket
	versions, markers []value.Value
	lastID            string // "" when a group is the last
}

func (s *Service) scanVersions(page *versionPage, from []byte) error {
	for from != nil {
		next, err := s.scanSomeVersions(page, from)
		if err != nil {
			return err
		}
		from = next
	}
	return nil
}

func (s *Service) scanSomeVersions(page *versionPage, from []byte) ([]byte, error) {
	base, seen, first := len(within('o', page.bucket)), "", true
	for p, err := range s.store.Scan(from, page.end(), false) {
		if err != nil {
			return nil, err
		}
		key, _ := cutName(p.Key[base:])
		v, err := rowOf(p, key)
		if err != nil {
			return nil, err
		}
		if page.full() {
			return nil, nil
		}
		if g := page.group(key); g != "" {
			page.addGroup(g)
			page.lastID = ""
			return kv.After(append(within('o', page.bucket), escapeName(g)...)), nil
		}
		latest := key != seen
		if first {
			if latest, err = s.isNewest(page.bucket, v); err != nil {
				return nil, err
			}
		}
		first, seen = false, key
		page.add(v, latest)
	}
	return nil, nil
}

func (s *Service) isNewest(bucket string, v *version) (bool, error) {
	top, err := s.newest(bucket, v.Key)
	return top != nil && top.Seq == v.Seq, err
}

func (p *versionPage) add(v *version, latest bool) {
	id := v.ID
	if id == "" {
		id = "null"
	}
	var o output
	if v.Marker {
		o.text("Key", p.name(v.Key))
		o.when("LastModified", v.Modified)
		o.add("Owner", ownerOf(v.Owner))
	} else {
		o.members = p.tellEntry(v, true).Members()
	}
	o.text("VersionId", id)
	o.flag("IsLatest", latest)
	if v.Marker {
		p.markers = append(p.markers, o.value())
	} else {
		p.versions = append(p.versions, o.value())
	}
	p.n++
	p.last, p.lastID = v.Key, id
}
