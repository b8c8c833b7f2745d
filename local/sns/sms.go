package sns

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

var smsAttributes = []string{"MonthlySpendLimit", "DeliveryStatusIAMRole", "DeliveryStatusSuccessSamplingRate", "DefaultSenderID",
	"DefaultSMSType", "UsageReportS3Bucket"}

type smsInput struct {
	Attributes map[string]string `json:"attributes"`
}

var senderPattern = regexp.MustCompile(`^[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*$`)

func checkSMS(name, value string) *awswire.Error {
	percent, err := strconv.Atoi(value)
	switch {
	case !slices.Contains(smsAttributes, name):
		return invalid("%s is not a valid attribute", name)
	case name == "DefaultSMSType" && value != "Promotional" && value != "Transactional":
		return invalid("DefaultSMSType is invalid")
	case name == "DefaultSenderID" && (len(value) > 11 || !senderPattern.MatchString(value)):
		return invalid("DefaultSenderID is not a valid attribute")
	case name == "MonthlySpendLimit" && (err != nil || percent < 0):
		return invalid("MonthlySpendLimit is invalid")
	case name == "DeliveryStatusSuccessSamplingRate" && (err != nil || percent < 0 || percent > 100):
		return invalid("DeliveryStatusSuccessSamplingRate is invalid")
	}
	return nil
}

// sms reads the attributes of a place. s.mu is held.
func (s *Service) sms(r *awswire.Request) (map[string]string, error) {
	set := map[string]string{}
	data, err := s.store.Get(placeKey(kindSMS, r.Place))
	if err != nil || data == nil {
		return set, err
	}
	return set, decode(data, &set)
}

func (s *Service) setSMSAttributes(_ context.Context, r *awswire.Request, in *smsInput) (*empty, error) {
	for _, name := range slices.Sorted(maps.Keys(in.Attributes)) {
		if refusal := checkSMS(name, in.Attributes[name]); refusal != nil {
			return nil, refusal
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	set, err := s.sms(r)
	if err != nil {
		return nil, err
	}
	maps.Copy(set, in.Attributes)
	var b kv.Batch
	b.Set(placeKey(kindSMS, r.Place), encode(set))
	return &empty{}, s.store.Apply(&b)
}

type smsNames struct {
	Attributes []string `json:"attributes"`
}

type smsOutput struct {
	Attributes map[string]string `json:"attributes"`
}

func (s *Service) getSMSAttributes(_ context.Context, r *awswire.Request, in *smsNames) (*smsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set, err := s.sms(r)
	if err != nil {
		return nil, err
	}
	if len(in.Attributes) > 0 {
		maps.DeleteFunc(set, func(name, _ string) bool { return !slices.Contains(in.Attributes, name) })
	}
	return &smsOutput{set}, nil
}

type phoneInput struct {
	PhoneNumber string `json:"phoneNumber"`
}

type optedOutOutput struct {
	IsOptedOut bool `json:"isOptedOut"`
}

// No telephone can opt out here, so none has.
func (s *Service) checkIfPhoneNumberIsOptedOut(_ context.Context, _ *awswire.Request, in *phoneInput) (*optedOutOutput, error) {
	if !e164.MatchString(in.PhoneNumber) {
		return nil, invalid("PhoneNumber Reason: input incorrectly formatted")
	}
	return &optedOutOutput{}, nil
}

func (s *Service) optInPhoneNumber(_ context.Context, _ *awswire.Request, in *phoneInput) (*empty, error) {
	if !e164.MatchString(in.PhoneNumber) {
		return nil, invalid("PhoneNumber Reason: input incorrectly formatted")
	}
	return &empty{}, nil
}

type phonesOutput struct {
	PhoneNumbers []string `json:"phoneNumbers"`
}

func (s *Service) listPhoneNumbersOptedOut(context.Context, *awswire.Request, *empty) (*phonesOutput, error) {
	return &phonesOutput{PhoneNumbers: []string{}}, nil
}
