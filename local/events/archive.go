package events

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/events/pattern"
	"github.com/statelark/statelark/local/kv"
	"github.com/statelark/statelark/value"
)

// archive keeps events of a bus. ID is what its events know it by. Times are Unix ms.
type archive struct {
	Name        string `json:"name"`
	ID          string `json:"id"`
	Bus         string `json:"bus"`
	Description string `json:"description,omitempty"`
	Pattern     string `json:"pattern,omitempty"`
	Retention   int    `json:"retention,omitempty"` // days; 0: for ever
	Created     int64  `json:"created"`
	Bytes       int64  `json:"bytes,omitempty"`
	Events      int64  `json:"events,omitempty"`
}

type archivedEvent struct {
	At    int64  `json:"at"`
	ID    string `json:"id"`
	Event string `json:"event"`
}

func archiveARN(at arn.Place, name string) string { return at.ARN("events", "archive/"+name) }

// archive puts an event into the archives that it belongs to. s.mu is held.
func (s *Service) archive(b *kv.Batch, at arn.Place, bus string, event value.Value, text string) error {
	var fields *pattern.Event
	for x, err := range s.archives.All(at) {
		if err != nil {
			return err
		}
		if x.Bus != bus {
			continue
		}
		if x.Pattern != "" {
			p, err := s.pattern(x.Pattern)
			if err != nil {
				return err
			}
			if fields == nil {
				fields = pattern.NewEvent(event)
			}
			if !p.Match(fields) {
				continue
			}
		}
		id, _ := event.Get("id")
		e := &archivedEvent{s.o.Now().UnixMilli(), id.Str(), text}
		if err := s.archived.Set(b, e, at, x.ID, stamp(e.At), e.ID); err != nil {
			return err
		}
		if x.Retention > 0 {
			b.DeleteRange(s.archived.Key(at, x.ID), s.archived.Key(at, x.ID, stamp(s.o.Now().AddDate(0, 0, -x.Retention).UnixMilli())))
		}
		x.Events++
		x.Bytes += int64(len(text))
		if err := s.archives.Set(b, x, at, x.Name); err != nil {
			return err
		}
	}
	return nil
}

type archiveInput struct {
	pageInput
	ArchiveName    string
	EventSourceArn string
	Description    *string
	EventPattern   *string
	RetentionDays  *int
	State          string
}

type archiveOutput struct {
	ArchiveArn     string  `json:",omitempty"`
	ArchiveName    string  `json:",omitempty"`
	EventSourceArn string  `json:",omitempty"`
	Description    string  `json:",omitempty"`
	EventPattern   string  `json:",omitempty"`
	State          string  `json:",omitempty"`
	RetentionDays  *int    `json:",omitempty"`
	SizeBytes      *int64  `json:",omitempty"`
	EventCount     *int64  `json:",omitempty"`
	CreationTime   float64 `json:",omitempty"`
}

func (s *Service) createArchive(_ context.Context, r *awswire.Request, in *archiveInput) (*archiveOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, b, err := s.known(r.Place, in.EventSourceArn)
	if err != nil {
		return nil, err
	}
	x, err := s.archives.Get(at, in.ArchiveName)
	if err != nil {
		return nil, err
	}
	if x != nil {
		return nil, exists("Archive %s already exists.", in.ArchiveName)
	}
	x = &archive{Name: in.ArchiveName, ID: uuid.NewString(), Bus: b.Name, Created: s.o.Now().UnixMilli()}
	return s.setArchive(at, x, in)
}

// setArchive gives an archive what a request says, and stores it.
func (s *Service) setArchive(at arn.Place, x *archive, in *archiveInput) (*archiveOutput, error) {
	if in.EventPattern != nil && *in.EventPattern != "" {
		if _, err := s.pattern(*in.EventPattern); err != nil {
			return nil, err
		}
	}
	for _, m := range []struct{ to, from *string }{{&x.Description, in.Description}, {&x.Pattern, in.EventPattern}} {
		if m.from != nil {
			*m.to = *m.from
		}
	}
	if in.RetentionDays != nil {
		x.Retention = *in.RetentionDays
	}
	return &archiveOutput{ArchiveArn: archiveARN(at, x.Name), State: enabled, CreationTime: seconds(x.Created)}, s.archives.Save(x, at, x.Name)
}

// archiveAt returns an archive that there is.
func (s *Service) archiveAt(at arn.Place, name string) (*archive, error) {
	x, err := s.archives.Get(at, name)
	if err == nil && x == nil {
		err = notFound("Archive %s does not exist.", name)
	}
	return x, err
}

func (s *Service) updateArchive(_ context.Context, r *awswire.Request, in *archiveInput) (*archiveOutput, error) {
	if in.EventPattern == nil && in.RetentionDays == nil && in.Description == nil {
		return nil, invalid("At least one of EventPattern, RetentionDays or Description must be provided.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.archiveAt(r.Place, in.ArchiveName)
	if err != nil {
		return nil, err
	}
	return s.setArchive(r.Place, x, in)
}

func (s *Service) deleteArchive(_ context.Context, r *awswire.Request, in *archiveInput) (*struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.archiveAt(r.Place, in.ArchiveName)
	if err != nil {
		return nil, err
	}
	var b kv.Batch
	s.archives.Delete(&b, r.Place, x.Name)
	s.archived.DeleteAll(&b, r.Place, x.ID)
	return nil, s.o.Store.Apply(&b)
}

func (x *archive) describe(at arn.Place) *archiveOutput {
	return &archiveOutput{ArchiveName: x.Name, EventSourceArn: busARN(at, x.Bus), State: enabled, RetentionDays: &x.Retention, SizeBytes: &x.Bytes,
		EventCount: &x.Events, CreationTime: seconds(x.Created)}
}

func (s *Service) describeArchive(_ context.Context, r *awswire.Request, in *archiveInput) (*archiveOutput, error) {
	x, err := s.archiveAt(r.Place, in.ArchiveName)
	if err != nil {
		return nil, err
	}
	out := x.describe(r.Place)
	out.ArchiveArn, out.Description, out.EventPattern = archiveARN(r.Place, x.Name), x.Description, x.Pattern
	return out, nil
}

type archivesOutput struct {
	Archives  []*archiveOutput
	NextToken string `json:",omitempty"`
}

func (s *Service) listArchives(_ context.Context, r *awswire.Request, in *archiveInput) (*archivesOutput, error) {
	if given(in.State, in.EventSourceArn, in.NamePrefix) > 1 {
		return nil, invalid("At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.")
	}
	bus := ""
	if in.EventSourceArn != "" {
		_, b, err := s.known(r.Place, in.EventSourceArn)
		if err != nil {
			return nil, err
		}
		bus = b.Name
	}
	out := &archivesOutput{Archives: []*archiveOutput{}}
	for x, err := range s.archives.All(r.Place) {
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(x.Name, in.NamePrefix) && (bus == "" || x.Bus == bus) && (in.State == "" || in.State == enabled) {
			out.Archives = append(out.Archives, x.describe(r.Place))
		}
	}
	var err error
	out.Archives, out.NextToken, err = page(out.Archives, in.pageInput)
	return out, err
}

func given(texts ...string) int {
	return len(slices.DeleteFunc(texts, func(t string) bool { return t == "" }))
}

// States of replays.
const (
	starting   = "STARTING"
	cancelling = "CANCELLING"
	cancelled  = "CANCELLED"
	completed  = "COMPLETED"
)

// replay puts archived events on their bus again. Times are Unix ms.
type replay struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	State       string   `json:"state"`
	Archive     string   `json:"archive"`
	Bus         string   `json:"bus"`
	Filter      []string `json:"filter,omitempty"` // ARNs of rules; none: all
	From        int64    `json:"from"`             // of the events
	To          int64    `json:"to"`
	Last        int64    `json:"last,omitempty"` // event that was replayed
	LastID      string   `json:"lastId,omitempty"`
	Began       int64    `json:"began"`
	Ended       int64    `json:"ended,omitempty"`
	Due         int64    `json:"due,omitempty"`
}

const (
	maxReplays = 10
	// replayDelay is how long a replay is starting, or being cancelled. At AWS it takes minutes.
	replayDelay = 800 * time.Millisecond
	// replayPage is how many events are replayed at a time.
	replayPage = 200
)

func replayARN(at arn.Place, name string) string { return at.ARN("events", "replay/"+name) }

type replayDestination struct {
	Arn        string
	FilterArns []string `json:",omitempty"`
}

type replayInput struct {
	pageInput
	ReplayName     string
	Description    string
	EventSourceArn string
	EventStartTime float64
	EventEndTime   float64
	Destination    replayDestination
	State          string
}

type replayOutput struct {
	ReplayName            string             `json:",omitempty"`
	ReplayArn             string             `json:",omitempty"`
	Description           string             `json:",omitempty"`
	State                 string             `json:",omitempty"`
	EventSourceArn        string             `json:",omitempty"`
	Destination           *replayDestination `json:",omitempty"`
	EventStartTime        float64            `json:",omitempty"`
	EventEndTime          float64            `json:",omitempty"`
	EventLastReplayedTime float64            `json:",omitempty"`
	ReplayStartTime       float64            `json:",omitempty"`
	ReplayEndTime         float64            `json:",omitempty"`
}

func (s *Service) startReplay(_ context.Context, r *awswire.Request, in *replayInput) (*replayOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, b, err := s.known(r.Place, in.Destination.Arn)
	if err != nil {
		return nil, err
	}
	if in.EventStartTime >= in.EventEndTime {
		return nil, invalid("Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.")
	}
	name := in.EventSourceArn[strings.LastIndexByte(in.EventSourceArn, '/')+1:]
	x, err := s.archives.Get(at, name)
	if err != nil {
		return nil, err
	}
	if x == nil {
		return nil, invalid("Parameter EventSourceArn is not valid. Reason: Archive %s does not exist.", name)
	}
	if x.Bus != b.Name {
		return nil, invalid("Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.")
	}
	active := 0
	for old, err := range s.replays.All(at) {
		switch {
		case err != nil:
			return nil, err
		case old.Name == in.ReplayName:
			return nil, exists("Replay %s already exists.", in.ReplayName)
		case old.Due != 0:
			active++
		}
	}
	if active >= maxReplays {
		return nil, tooMany()
	}
	p := &replay{Name: in.ReplayName, Description: in.Description, State: starting, Archive: x.Name, Bus: b.Name, Filter: in.Destination.FilterArns,
		From: int64(in.EventStartTime * 1000), To: int64(in.EventEndTime * 1000), Began: s.o.Now().UnixMilli()}
	if err := s.saveReplay(at, p, s.o.Now().Add(replayDelay).UnixMilli()); err != nil {
		return nil, err
	}
	return &replayOutput{ReplayArn: replayARN(at, p.Name), State: starting, ReplayStartTime: seconds(p.Began)}, nil
}

// saveReplay stores a replay and when it goes on; 0: it has ended.
func (s *Service) saveReplay(at arn.Place, p *replay, next int64) error {
	var b kv.Batch
	if err := s.setReplay(&b, at, p, next); err != nil {
		return err
	}
	return s.apply(&b)
}

func (p *replay) when(at arn.Place) *due { return &due{p.Due, at.Region, at.Account, "", p.Name} }

func (s *Service) setReplay(b *kv.Batch, at arn.Place, p *replay, next int64) error {
	if p.Due != 0 {
		s.replaying.Delete(b, nowhere, p.when(at).replaying()...)
	}
	if p.Due = next; next != 0 {
		if err := s.replaying.Set(b, p.when(at), nowhere, p.when(at).replaying()...); err != nil {
			return err
		}
	}
	return s.replays.Set(b, p, at, p.Name)
}

func (s *Service) cancelReplay(_ context.Context, r *awswire.Request, in *replayInput) (*replayOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.replayAt(r.Place, in.ReplayName)
	if err != nil {
		return nil, err
	}
	if p.Due == 0 || p.State == cancelling {
		return nil, refuse("IllegalStatusException", "Replay %s is not in a valid state for this operation.", p.Name)
	}
	p.State = cancelling
	return &replayOutput{ReplayArn: replayARN(r.Place, p.Name), State: cancelling}, s.saveReplay(r.Place, p, s.o.Now().Add(replayDelay).UnixMilli())
}

func (s *Service) replayAt(at arn.Place, name string) (*replay, error) {
	p, err := s.replays.Get(at, name)
	if err == nil && p == nil {
		err = notFound("Replay %s does not exist.", name)
	}
	return p, err
}

func (p *replay) describe(at arn.Place) *replayOutput {
	return &replayOutput{ReplayName: p.Name, State: p.State, EventSourceArn: archiveARN(at, p.Archive), EventStartTime: seconds(p.From),
		EventEndTime: seconds(p.To), EventLastReplayedTime: seconds(p.Last), ReplayStartTime: seconds(p.Began), ReplayEndTime: seconds(p.Ended)}
}

func (s *Service) describeReplay(_ context.Context, r *awswire.Request, in *replayInput) (*replayOutput, error) {
	p, err := s.replayAt(r.Place, in.ReplayName)
	if err != nil {
		return nil, err
	}
	out := p.describe(r.Place)
	out.ReplayArn, out.Description, out.Destination = replayARN(r.Place, p.Name), p.Description, &replayDestination{busARN(r.Place, p.Bus), p.Filter}
	return out, nil
}

type replaysOutput struct {
	Replays   []*replayOutput
	NextToken string `json:",omitempty"`
}

func (s *Service) listReplays(_ context.Context, r *awswire.Request, in *replayInput) (*replaysOutput, error) {
	if given(in.State, in.EventSourceArn, in.NamePrefix) > 1 {
		return nil, invalid("At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, or NamePrefix.")
	}
	out := &replaysOutput{Replays: []*replayOutput{}}
	for p, err := range s.replays.All(r.Place) {
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(p.Name, in.NamePrefix) && (in.State == "" || p.State == in.State) &&
			(in.EventSourceArn == "" || in.EventSourceArn == archiveARN(r.Place, p.Archive)) {
			out.Replays = append(out.Replays, p.describe(r.Place))
		}
	}
	var err error
	out.Replays, out.NextToken, err = page(out.Replays, in.pageInput)
	return out, err
}

// goOn goes on with the replays that are due, and returns when the next one is.
func (s *Service) goOn(_ context.Context, now int64) (int64, error) {
	all := s.replaying.Key(nowhere)
	s.mu.Lock()
	defer s.mu.Unlock()
	var b kv.Batch
	for d, err := range s.replaying.Range(all, s.replaying.Key(nowhere, stamp(now+1)), false) {
		if err != nil {
			return 0, err
		}
		p, err := s.replays.Get(d.place(), d.Name)
		if err != nil {
			return 0, err
		}
		s.replaying.Delete(&b, nowhere, d.replaying()...)
		if p != nil && p.Due == d.Time {
			if err := s.replayOn(&b, d.place(), p, now); err != nil {
				return 0, err
			}
		}
	}
	if b.Len() > 0 {
		if err := s.o.Store.Apply(&b); err != nil {
			return 0, err
		}
	}
	return s.firstTime(all, kv.After(all))
}

// replayOn replays some events; those that come late to the archive while it does are not among them.
func (s *Service) replayOn(b *kv.Batch, at arn.Place, p *replay, now int64) error {
	end := func(state string) error {
		p.State, p.Ended = state, now
		return s.setReplay(b, at, p, 0)
	}
	if p.State == cancelling {
		return end(cancelled)
	}
	x, err := s.archives.Get(at, p.Archive)
	if err != nil {
		return err
	}
	if x == nil {
		return end(completed)
	}
	from := s.archived.Key(at, x.ID, stamp(p.From))
	if p.Last != 0 {
		from = append(s.archived.Key(at, x.ID, stamp(p.Last), p.LastID), 0)
	}
	only := map[string]bool{}
	for _, rule := range p.Filter {
		only[rule] = true
	}
	if len(only) == 0 {
		only = nil
	}
	n := 0
	for e, err := range s.archived.Range(from, s.archived.Key(at, x.ID, stamp(p.To)), false) {
		if err != nil {
			return err
		}
		if n++; n > replayPage {
			return s.setReplay(b, at, p, now)
		}
		event, err := value.Parse(e.Event)
		if err != nil {
			return err
		}
		event = event.With("replay-name", value.FromString(p.Name))
		p.Last, p.LastID = e.At, e.ID
		if err := s.match(b, at, p.Bus, event, event.Compact(), 0, only); err != nil {
			return err
		}
	}
	return end(completed)
}
