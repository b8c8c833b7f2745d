package logs

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// group is a log group. ID is what its streams know it by: a group made anew under the name has another.
type group struct {
	Name      string            `json:"name"`
	ID        string            `json:"id"`
	Created   int64             `json:"created"`
	Retention int               `json:"retention,omitempty"` // days, 0: for ever
	KMSKey    string            `json:"kmsKey,omitempty"`
	Class     string            `json:"class"`
	Protected bool              `json:"protected,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	Swept     int64             `json:"swept,omitempty"` // when events past the retention were last removed, Unix ms
}

const standard = "STANDARD"

// retentions are the days that events may be kept.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (g *group) arn(at arn.Place) string { return at.ARN("logs", "log-group:"+g.Name) }

// since is from when on events are there, Unix ms.
func (g *group) since(now time.Time) int64 {
	if g.Retention == 0 {
		return 0
	}
	return ms(now.AddDate(0, 0, -g.Retention))
}

type groupInput struct {
	Name       string            `json:"logGroupName"`
	Identifier string            `json:"logGroupIdentifier"`
	Resource   string            `json:"resourceIdentifier"`
	KMSKey     string            `json:"kmsKeyId"`
	Class      string            `json:"logGroupClass"`
	Tags       map[string]string `json:"tags"`
	Protected  bool              `json:"deletionProtectionEnabled"`
	Retention  int               `json:"retentionInDays"`
}

var groupForm = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]+$`)

const maxName = 512

func checkGroup(name string) error {
	switch {
	case len(name) > maxName:
		return invalid("Invalid LogGroup or LogStream, both must have length less than or equal to 512.")
	case !groupForm.MatchString(name):
		return constraint(name, "logGroupName", `Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+`)
	}
	return nil
}

// groupName is the name of a group that is given by its name or its ARN.
func groupName(at arn.Place, name, identifier string) (string, error) {
	if name != "" && identifier != "" {
		return "", invalid("LogGroup name and LogGroup identifier are mutually exclusive parameters.")
	}
	if name == "" {
		name = identifier
	}
	if rest, ok := strings.CutPrefix(name, at.ARN("logs", "log-group:")); ok {
		name = strings.TrimSuffix(rest, ":*")
	}
	if strings.HasPrefix(name, "arn:") {
		return "", notFound("log group")
	}
	return name, checkGroup(name)
}

// group returns the group that a request names.
func (s *Service) group(at arn.Place, name, identifier string) (*group, error) {
	name, err := groupName(at, name, identifier)
	if err != nil {
		return nil, err
	}
	g, err := s.groups.Get(at, name)
	if err == nil && g == nil {
		err = notFound("log group")
	}
	return g, err
}

func (s *Service) createLogGroup(_ context.Context, r *awswire.Request, in *groupInput) (*struct{}, error) {
	if err := checkGroup(in.Name); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.groups.Get(r.Place, in.Name)
	if err != nil {
		return nil, err
	}
	if g != nil {
		return nil, refuse("ResourceAlreadyExistsException", "The specified log group already exists")
	}
	g = &group{Name: in.Name, ID: uuid.NewString(), Created: ms(s.o.Now()), KMSKey: in.KMSKey, Class: in.Class, Protected: in.Protected, Tags: in.Tags}
	if g.Class == "" {
		g.Class = standard
	}
	return nil, s.groups.Save(g, r.Place, g.Name)
}

func (s *Service) deleteLogGroup(_ context.Context, r *awswire.Request, in *groupInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(r.Place, in.Name, "")
	if err != nil {
		return nil, err
	}
	if g.Protected {
		return nil, refuse("ValidationException", "The log group is protected from deletion.")
	}
	var b kv.Batch
	var ids []string
	for st, err := range s.streams.All(r.Place, g.ID) {
		if err != nil {
			return nil, err
		}
		s.events.DeleteAll(&b, r.Place, st.ID)
		ids = append(ids, st.ID)
	}
	s.streams.DeleteAll(&b, r.Place, g.ID)
	s.metrics.DeleteAll(&b, r.Place, g.Name)
	s.subscriptions.DeleteAll(&b, r.Place, g.Name)
	s.groups.Delete(&b, r.Place, g.Name)
	if err := s.o.Store.Apply(&b); err != nil {
		return nil, err
	}
	for _, id := range ids {
		s.held.forget(id)
	}
	return nil, nil
}

type groupsInput struct {
	pageInput
	Prefix      string   `json:"logGroupNamePrefix"`
	Pattern     string   `json:"logGroupNamePattern"`
	Class       string   `json:"logGroupClass"`
	Identifiers []string `json:"logGroupIdentifiers"`
}

type groupOutput struct {
	Name          string `json:"logGroupName"`
	Created       int64  `json:"creationTime"`
	Retention     int    `json:"retentionInDays,omitempty"`
	MetricFilters int    `json:"metricFilterCount"`
	ARN           string `json:"arn"`
	Stored        int64  `json:"storedBytes"`
	KMSKey        string `json:"kmsKeyId,omitempty"`
	Class         string `json:"logGroupClass"`
	GroupARN      string `json:"logGroupArn"`
	Protected     bool   `json:"deletionProtectionEnabled"`
}

type groupsOutput struct {
	Groups    []groupOutput `json:"logGroups"`
	NextToken string        `json:"nextToken,omitempty"`
}

func (s *Service) describeLogGroups(_ context.Context, r *awswire.Request, in *groupsInput) (*groupsOutput, error) {
	if in.Prefix != "" && in.Pattern != "" {
		return nil, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	var names []string
	for _, id := range in.Identifiers {
		name, err := groupName(r.Place, "", id)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	found, next, err := s.findGroups(r.Place, in.pageInput, func(g *group) bool {
		return strings.HasPrefix(g.Name, in.Prefix) && strings.Contains(strings.ToLower(g.Name), strings.ToLower(in.Pattern)) &&
			(in.Class == "" || g.Class == in.Class) && (names == nil || slices.Contains(names, g.Name))
	})
	if err != nil {
		return nil, err
	}
	out := &groupsOutput{[]groupOutput{}, next}
	for _, g := range found {
		described, err := s.describe(r.Place, g)
		if err != nil {
			return nil, err
		}
		out.Groups = append(out.Groups, described)
	}
	return out, nil
}

func (s *Service) findGroups(at arn.Place, in pageInput, ok func(*group) bool) (found []*group, next string, err error) {
	for g, err := range s.groups.All(at) {
		if err != nil {
			return nil, "", err
		}
		if ok(g) {
			found = append(found, g)
		}
	}
	return page(found, in.NextToken, in.Limit, 50)
}

func (s *Service) describe(at arn.Place, g *group) (groupOutput, error) {
	filters, err := s.metrics.List(at, g.Name)
	if err != nil {
		return groupOutput{}, err
	}
	stored := int64(0)
	for st, err := range s.streams.All(at, g.ID) {
		if err != nil {
			return groupOutput{}, err
		}
		stored += st.Bytes
	}
	full := g.arn(at)
	return groupOutput{g.Name, g.Created, g.Retention, len(filters), full + ":*", stored, g.KMSKey, g.Class, full, g.Protected}, nil
}

type listedGroup struct {
	Name  string `json:"logGroupName"`
	ARN   string `json:"logGroupArn"`
	Class string `json:"logGroupClass"`
}

type listedGroups struct {
	Groups    []listedGroup `json:"logGroups"`
	NextToken string        `json:"nextToken,omitempty"`
}

// listLogGroups takes a pattern of up to five parts with | between; one after ^ begins the name.
func (s *Service) listLogGroups(_ context.Context, r *awswire.Request, in *groupsInput) (*listedGroups, error) {
	parts := strings.Split(in.Pattern, "|")
	found, next, err := s.findGroups(r.Place, in.pageInput, func(g *group) bool {
		return (in.Class == "" || g.Class == in.Class) && slices.ContainsFunc(parts, func(part string) bool {
			if start, ok := strings.CutPrefix(part, "^"); ok {
				return strings.HasPrefix(g.Name, start)
			}
			return strings.Contains(g.Name, part)
		})
	})
	if err != nil {
		return nil, err
	}
	out := &listedGroups{[]listedGroup{}, next}
	for _, g := range found {
		out.Groups = append(out.Groups, listedGroup{g.Name, g.arn(r.Place), g.Class})
	}
	return out, nil
}

// change changes a group.
func (s *Service) change(at arn.Place, name, identifier string, do func(*group)) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(at, name, identifier)
	if err != nil {
		return nil, err
	}
	do(g)
	return nil, s.groups.Save(g, at, g.Name)
}

func (s *Service) putRetentionPolicy(_ context.Context, r *awswire.Request, in *groupInput) (*struct{}, error) {
	if !slices.Contains(retentions, in.Retention) {
		return nil, constraint(fmt.Sprint(in.Retention), "retentionInDays", "Member must satisfy enum value set: "+strings.ReplaceAll(fmt.Sprint(retentions), " ", ", "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.group(r.Place, in.Name, "")
	if err != nil {
		return nil, err
	}
	g.Retention, g.Swept = in.Retention, 0
	var b kv.Batch
	if err := s.sweep(&b, r.Place, g); err != nil {
		return nil, err
	}
	return nil, s.o.Store.Apply(&b)
}

func (s *Service) deleteRetentionPolicy(_ context.Context, r *awswire.Request, in *groupInput) (*struct{}, error) {
	return s.change(r.Place, in.Name, "", func(g *group) { g.Retention = 0 })
}

func (s *Service) putDeletionProtection(_ context.Context, r *awswire.Request, in *groupInput) (*struct{}, error) {
	return s.change(r.Place, "", in.Identifier, func(g *group) { g.Protected = in.Protected })
}

func (s *Service) associateKey(_ context.Context, r *awswire.Request, in *groupInput) (*struct{}, error) {
	return s.change(r.Place, in.Name, in.Resource, func(g *group) { g.KMSKey = in.KMSKey })
}

func (s *Service) disassociateKey(_ context.Context, r *awswire.Request, in *groupInput) (*struct{}, error) {
	return s.change(r.Place, in.Name, in.Resource, func(g *group) { g.KMSKey = "" })
}

// sweepEvery is how often events past the retention are removed from a group that is written to. Nobody sees them before that.
const sweepEvery = time.Hour

// sweep removes the events that are past the retention, and stores the group.
func (s *Service) sweep(b *kv.Batch, at arn.Place, g *group) error {
	now := s.o.Now()
	if since := g.since(now); since > 0 && ms(now)-g.Swept >= sweepEvery.Milliseconds() {
		g.Swept = ms(now)
		for st, err := range s.streams.All(at, g.ID) {
			if err != nil {
				return err
			}
			if st.First < since && st.Events > 0 {
				if err := s.expire(at, st.ID, since); err != nil {
					return err
				}
				b.DeleteRange(s.events.Key(at, st.ID), s.events.Key(at, st.ID, stamp(since)))
			}
		}
	}
	return s.groups.Set(b, g, at, g.Name)
}
