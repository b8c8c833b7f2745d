package sns

import (
	"context"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// platformRow is what is stored of a platform application or of an endpoint of one.
type platformRow struct {
	Attributes map[string]string `json:"attributes"`
}

var (
	platforms   = []string{"ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "FCM", "GCM", "MACOS", "MACOS_SANDBOX", "MPNS", "WNS"}
	platformApp = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
)

// platformKey is the row of what a resource ("app/ADM/name", "endpoint/ADM/name/id") stands in.
func platformKey(p arn.Place, resource string) []byte {
	kind := byte(kindApplication)
	rest, isEndpoint := strings.CutPrefix(resource, "endpoint/")
	if isEndpoint {
		kind = kindEndpoint
	} else {
		rest = strings.TrimPrefix(resource, "app/")
	}
	return append(placeKey(kind, p), rest...)
}

// platformOf reads the ARN of an application or an endpoint.
func platformOf(parameter, text, kind string) (arn.ARN, *awswire.Error) {
	if strings.Count(text, ":") < 5 {
		return arn.ARN{}, tooFewParts(parameter, text)
	}
	a, ok := arn.Parse(text)
	if !ok || a.Service != "sns" || !strings.HasPrefix(a.Resource, kind+"/") {
		return arn.ARN{}, invalid("%s", parameter)
	}
	return a, nil
}

// platform reads a row, nil when there is none. s.mu is held.
func (s *Service) platform(a arn.ARN) (*platformRow, error) {
	data, err := s.store.Get(platformKey(a.Place(), a.Resource))
	if err != nil || data == nil {
		return nil, err
	}
	row := &platformRow{}
	return row, decode(data, row)
}

func (s *Service) savePlatform(a arn.ARN, row *platformRow) error {
	var b kv.Batch
	b.Set(platformKey(a.Place(), a.Resource), encode(row))
	return s.store.Apply(&b)
}

type createApplicationInput struct {
	Name, Platform string
	Attributes     map[string]string
}

type applicationOutput struct {
	PlatformApplicationARN string `json:"PlatformApplicationArn"`
}

// checkCredentials refuses one of the two without the other. What they are is not looked at: nobody asks the platforms here.
func checkCredentials(platform string, attributes map[string]string) *awswire.Error {
	principal, credential := attributes["PlatformPrincipal"], attributes["PlatformCredential"]
	switch {
	case principal != "" && credential == "":
		return invalid("Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential")
	case credential != "" && principal == "" && platform != "GCM" && platform != "FCM" && !strings.HasPrefix(platform, "APNS"):
		return invalid("Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal")
	}
	return nil
}

func (s *Service) createPlatformApplication(_ context.Context, r *awswire.Request, in *createApplicationInput) (*applicationOutput, error) {
	if len(in.Attributes) == 0 {
		return nil, nullMember("attributes")
	}
	if !slices.Contains(platforms, in.Platform) {
		return nil, invalid("Platform Reason: %s is not supported", in.Platform)
	}
	if !platformApp.MatchString(in.Name) {
		return nil, invalid("Name Reason: must be 1 to 256 letters, digits, underscores, hyphens and periods")
	}
	if refusal := checkCredentials(in.Platform, in.Attributes); refusal != nil {
		return nil, refusal
	}
	a, _ := arn.Parse(r.Place.ARN("sns", "app/"+in.Platform+"/"+in.Name))
	s.mu.Lock()
	defer s.mu.Unlock()
	row, err := s.platform(a)
	if err != nil {
		return nil, err
	}
	shown := shownApplication(in.Attributes)
	if row != nil && !maps.Equal(row.Attributes, shown) {
		return nil, invalid("Attributes Reason: Platform application already exists with different attributes")
	}
	return &applicationOutput{a.String()}, s.savePlatform(a, &platformRow{shown})
}

// shownApplication are the attributes that are kept: no secrets.
func shownApplication(set map[string]string) map[string]string {
	out := maps.Clone(set)
	delete(out, "PlatformCredential")
	delete(out, "PlatformPrincipal")
	if out["Enabled"] == "" {
		out["Enabled"] = "true"
	}
	return out
}

type applicationInput struct {
	PlatformApplicationARN string `json:"PlatformApplicationArn"`
	Attributes             map[string]string
	NextToken              string
}

func (s *Service) deletePlatformApplication(_ context.Context, _ *awswire.Request, in *applicationInput) (*empty, error) {
	a, refusal := platformOf("PlatformApplicationArn", in.PlatformApplicationARN, "app")
	if refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b kv.Batch
	b.Delete(platformKey(a.Place(), a.Resource))
	endpoints := platformKey(a.Place(), "endpoint/"+strings.TrimPrefix(a.Resource, "app/")+"/")
	b.DeleteRange(endpoints, kv.After(endpoints))
	return nil, s.store.Apply(&b)
}

// application reads an application, or the refusal that there is none. s.mu is held.
func (s *Service) application(text string) (arn.ARN, *platformRow, error) {
	a, refusal := platformOf("PlatformApplicationArn", text, "app")
	if refusal != nil {
		return a, nil, refusal
	}
	row, err := s.platform(a)
	if err == nil && row == nil {
		return a, nil, notFound("PlatformApplication")
	}
	return a, row, err
}

func (s *Service) getPlatformApplicationAttributes(_ context.Context, _ *awswire.Request, in *applicationInput) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, row, err := s.application(in.PlatformApplicationARN)
	if err != nil {
		return nil, err
	}
	return &attributesOutput{row.Attributes}, nil
}

func (s *Service) setPlatformApplicationAttributes(_ context.Context, _ *awswire.Request, in *applicationInput) (*empty, error) {
	if a, refusal := platformOf("PlatformApplicationArn", in.PlatformApplicationARN, "app"); refusal != nil {
		return nil, refusal
	} else if len(in.Attributes) == 0 {
		return nil, nullMember("attributes")
	} else if strings.Count(a.Resource, "/") != 2 {
		return nil, invalid("PlatformApplicationArn")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, row, err := s.application(in.PlatformApplicationARN)
	if err != nil {
		return nil, err
	}
	if refusal := checkCredentials(strings.Split(a.Resource, "/")[1], in.Attributes); refusal != nil {
		return nil, refusal
	}
	maps.Copy(row.Attributes, in.Attributes)
	row.Attributes = shownApplication(row.Attributes)
	return nil, s.savePlatform(a, row)
}

type listedPlatform struct {
	PlatformApplicationARN string `json:"PlatformApplicationArn,omitempty"`
	EndpointARN            string `json:"EndpointArn,omitempty"`
	Attributes             map[string]string
}

type listApplicationsOutput struct {
	PlatformApplications []listedPlatform
	NextToken            string `json:",omitempty"`
}

func (s *Service) listPlatformApplications(_ context.Context, r *awswire.Request, in *listInput) (*listApplicationsOutput, error) {
	out := &listApplicationsOutput{PlatformApplications: []listedPlatform{}}
	next, err := s.page(placeKey(kindApplication, r.Place), in.NextToken, func(rest string, data []byte) error {
		var row platformRow
		if err := decode(data, &row); err != nil {
			return err
		}
		out.PlatformApplications = append(out.PlatformApplications, listedPlatform{PlatformApplicationARN: r.Place.ARN("sns", "app/"+rest), Attributes: row.Attributes})
		return nil
	})
	out.NextToken = next
	return out, err
}

type listEndpointsOutput struct {
	Endpoints []listedPlatform
	NextToken string `json:",omitempty"`
}

func (s *Service) listEndpointsByPlatformApplication(_ context.Context, _ *awswire.Request, in *applicationInput) (*listEndpointsOutput, error) {
	s.mu.Lock()
	a, _, err := s.application(in.PlatformApplicationARN)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	of := "endpoint/" + strings.TrimPrefix(a.Resource, "app/") + "/"
	out := &listEndpointsOutput{Endpoints: []listedPlatform{}}
	next, err := s.page(platformKey(a.Place(), of), in.NextToken, func(id string, data []byte) error {
		var row platformRow
		if err := decode(data, &row); err != nil {
			return err
		}
		out.Endpoints = append(out.Endpoints, listedPlatform{EndpointARN: a.Place().ARN("sns", of+id), Attributes: row.Attributes})
		return nil
	})
	out.NextToken = next
	return out, err
}

type createEndpointInput struct {
	PlatformApplicationARN string `json:"PlatformApplicationArn"`
	Token                  string
	CustomUserData         string
	Attributes             map[string]string
}

type endpointOutput struct {
	EndpointARN string `json:"EndpointArn"`
}

// endpointID follows from the application and the token, so that the same token finds the same endpoint.
func endpointID(application, token string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(application+" "+hex.EncodeToString([]byte(token)))).String()
}

func (s *Service) createPlatformEndpoint(_ context.Context, _ *awswire.Request, in *createEndpointInput) (*endpointOutput, error) {
	if in.Token == "" {
		return nil, invalid("Token Reason: cannot be empty")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	app, _, err := s.application(in.PlatformApplicationARN)
	if err != nil {
		return nil, err
	}
	set := map[string]string{"Enabled": "true", "Token": in.Token}
	if in.CustomUserData != "" {
		set["CustomUserData"] = in.CustomUserData
	}
	if refusal := checkEndpointAttributes(in.Attributes); refusal != nil {
		return nil, refusal
	}
	maps.Copy(set, in.Attributes)
	a, _ := arn.Parse(app.Place().ARN("sns", "endpoint/"+strings.TrimPrefix(app.Resource, "app/")+"/"+endpointID(app.String(), in.Token)))
	row, err := s.platform(a)
	if err != nil {
		return nil, err
	}
	if row != nil && !maps.Equal(row.Attributes, set) {
		return nil, invalid("Token Reason: Endpoint %s already exists with the same Token, but different attributes.", a)
	}
	return &endpointOutput{a.String()}, s.savePlatform(a, &platformRow{set})
}

func checkEndpointAttributes(set map[string]string) *awswire.Error {
	for name, value := range set {
		switch {
		case !slices.Contains([]string{"Enabled", "Token", "CustomUserData"}, name):
			return invalid("Attributes Reason: Invalid attribute name: %s", name)
		case name == "Enabled" && !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false"):
			return invalid("Attributes Reason: Invalid value for attribute: Enabled: must be true or false")
		}
	}
	return nil
}

type endpointInput struct {
	EndpointARN string `json:"EndpointArn"`
	Attributes  map[string]string
}

// endpointOf reads an endpoint, or the refusal that there is none. s.mu is held.
func (s *Service) endpointOf(parameter, text string) (arn.ARN, *platformRow, error) {
	a, refusal := platformOf(parameter, text, "endpoint")
	if refusal != nil {
		return a, nil, refusal
	}
	row, err := s.platform(a)
	if err == nil && row == nil {
		return a, nil, notFound("Endpoint")
	}
	return a, row, err
}

func (s *Service) deleteEndpoint(_ context.Context, _ *awswire.Request, in *endpointInput) (*empty, error) {
	a, refusal := platformOf("EndpointArn", in.EndpointARN, "endpoint")
	if refusal != nil {
		return nil, refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b kv.Batch
	b.Delete(platformKey(a.Place(), a.Resource))
	return nil, s.store.Apply(&b)
}

func (s *Service) getEndpointAttributes(_ context.Context, _ *awswire.Request, in *endpointInput) (*attributesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, row, err := s.endpointOf("EndpointArn", in.EndpointARN)
	if err != nil {
		return nil, err
	}
	return &attributesOutput{row.Attributes}, nil
}

func (s *Service) setEndpointAttributes(_ context.Context, _ *awswire.Request, in *endpointInput) (*empty, error) {
	if len(in.Attributes) == 0 {
		return nil, nullMember("attributes")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, row, err := s.endpointOf("EndpointArn", in.EndpointARN)
	if err != nil {
		return nil, err
	}
	if refusal := checkEndpointAttributes(in.Attributes); refusal != nil {
		return nil, refusal
	}
	maps.Copy(row.Attributes, in.Attributes)
	return nil, s.savePlatform(a, row)
}

// checkPushEndpoint refuses a device that there is not, or that is disabled.
func (s *Service) checkPushEndpoint(target string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, refusal := platformOf("TargetArn", target, "endpoint")
	if refusal != nil {
		return refusal
	}
	row, err := s.platform(a)
	if err != nil {
		return err
	}
	if row == nil {
		return invalid("TargetArn Reason: No endpoint found for the target arn specified")
	}
	if strings.EqualFold(row.Attributes["Enabled"], "false") {
		return &awswire.Error{Code: "EndpointDisabled", Message: "Endpoint is disabled", Status: 400}
	}
	return nil
}

// publishToEndpoint takes a message to a device, which goes nowhere.
func (s *Service) publishToEndpoint(target string) *publishOutput {
	id := uuid.NewString()
	s.log.Info("a message to a device is not sent: no push service is asked", "messageId", id, "endpoint", target)
	return &publishOutput{MessageID: id}
}
