package sns

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/statelark/statelark/awswire"
)

// message is what was published.
type message struct {
	ID         string
	Subject    string // "": none
	Text       string
	ByProtocol map[string]string // of a MessageStructure of json
	Attributes map[string]attribute
	Group      string
	Dedup      string
	Sequence   string // of a FIFO topic
	Trace      string // the X-Ray header that came with it
	At         time.Time
}

// attribute is a message attribute.
type attribute struct {
	DataType    string
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`
}

// outgoing is a message that is to be published, as Publish and the entries of a batch have it.
type outgoing struct {
	Message                string
	Subject                *string
	MessageStructure       string
	MessageAttributes      map[string]attribute
	MessageDeduplicationID *string `json:"MessageDeduplicationId"`
	MessageGroupID         *string `json:"MessageGroupId"`
}

const maxMessageBytes = 262_144

// check refuses what cannot be published at all, and returns the texts by protocol of a message of structure json.
func (o *outgoing) check() (map[string]string, *awswire.Error) {
	switch {
	case o.Message == "":
		return nil, invalid("Empty message")
	case o.Subject != nil && !validSubject(*o.Subject):
		return nil, invalid("Subject")
	case o.size() > maxMessageBytes:
		return nil, invalid("Message too long")
	}
	if refusal := checkMessageAttributes(o.MessageAttributes); refusal != nil {
		return nil, refusal
	}
	switch o.MessageStructure {
	case "":
		return nil, nil
	case "json":
		return structured(o.Message)
	}
	return nil, invalid("MessageStructure")
}

func (o *outgoing) size() int {
	n := len(o.Message)
	for name, a := range o.MessageAttributes {
		n += len(name) + len(a.DataType) + len(a.BinaryValue)
		if a.StringValue != nil {
			n += len(*a.StringValue)
		}
	}
	return n
}

// validSubject: 1 to 100 characters of ASCII without line breaks and control characters; the first is no space.
func validSubject(text string) bool {
	if text == "" || len(text) > 100 || text[0] == ' ' {
		return false
	}
	return strings.IndexFunc(text, func(c rune) bool { return c < ' ' || c > '~' }) < 0
}

// structured reads the texts by protocol. Those that are no texts do not count.
func structured(text string) (map[string]string, *awswire.Error) {
	var members map[string]any
	if json.Unmarshal([]byte(text), &members) != nil {
		return nil, invalid("Message Structure - JSON message body failed to parse")
	}
	texts := map[string]string{}
	for name, value := range members {
		if s, ok := value.(string); ok {
			texts[name] = s
		}
	}
	if _, ok := texts["default"]; !ok {
		return nil, invalid("Message Structure - No default entry in JSON message body")
	}
	return texts, nil
}

// textFor is the text for a protocol.
func (m *message) textFor(protocol string) string {
	if m.ByProtocol == nil {
		return m.Text
	}
	if text, ok := m.ByProtocol[protocol]; ok {
		return text
	}
	return m.ByProtocol["default"]
}

func checkMessageAttributes(attributes map[string]attribute) *awswire.Error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if refusal := checkMessageAttribute(name, attributes[name]); refusal != nil {
			return refusal
		}
	}
	return nil
}

func checkMessageAttribute(name string, a attribute) *awswire.Error {
	kind, label, dotted := strings.Cut(a.DataType, ".")
	switch {
	case a.DataType == "":
		return refuse(invalidValue, "The message attribute '%s' must contain non-empty message attribute type.", name)
	case kind != "String" && kind != "Number" && kind != "Binary" || dotted && label == "":
		return refuse(invalidValue, "The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	case !validAttributeName(name):
		return refuse(invalidValue, "Invalid attribute name: %s", name)
	case kind == "Binary" && len(a.BinaryValue) == 0, kind != "Binary" && (a.StringValue == nil || *a.StringValue == ""):
		return refuse(invalidValue, "The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, a.DataType)
	}
	if kind == "Number" {
		if _, err := strconv.ParseFloat(*a.StringValue, 64); err != nil {
			return refuse(invalidValue, "Could not cast message attribute '%s' value to number.", name)
		}
	}
	return nil
}

func validAttributeName(name string) bool {
	lower := strings.ToLower(name)
	if name == "" || len(name) > 256 || strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon.") ||
		strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..") {
		return false
	}
	return strings.IndexFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.'
	}) < 0
}

// signature is what a message is signed with.
type signature struct{ version, text, certificate string }

// envelope writes JSON objects the way SNS does: " : " between names and values, a line for each member.
type envelope struct{ buf bytes.Buffer }

func (e *envelope) member(name, quoted string) {
	if e.buf.Len() == 0 {
		e.buf.WriteString("{\n")
	} else {
		e.buf.WriteString(",\n")
	}
	e.buf.WriteString(`  "` + name + `" : ` + quoted)
}

func (e *envelope) text(name, text string) { e.member(name, quote(text)) }

func (e *envelope) end() string {
	e.buf.WriteString("\n}")
	return e.buf.String()
}

func quote(text string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		panic(err) // a text
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// notification is the body that a subscriber gets. FIFO topics do not sign.
func (m *message) notification(sub *subscription, endpoint string, sig signature) string {
	var e envelope
	e.text("Type", "Notification")
	e.text("MessageId", m.ID)
	if m.Sequence != "" {
		e.text("SequenceNumber", m.Sequence)
	}
	e.text("TopicArn", sub.topic.arn())
	if m.Subject != "" {
		e.text("Subject", m.Subject)
	}
	e.text("Message", m.textFor(sub.Protocol))
	e.text("Timestamp", timestamp(m.At))
	if m.Sequence == "" {
		e.text("SignatureVersion", sig.version)
		e.text("Signature", sig.text)
		e.text("SigningCertURL", sig.certificate)
	}
	e.text("UnsubscribeURL", unsubscribeURL(endpoint, sub))
	if len(m.Attributes) > 0 {
		var list []string
		for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
			a := m.Attributes[name]
			list = append(list, "    "+quote(name)+` : {"Type":`+quote(a.DataType)+`,"Value":`+quote(a.shown())+"}")
		}
		e.member("MessageAttributes", "{\n"+strings.Join(list, ",\n")+"\n  }")
	}
	return e.end()
}

// shown is an attribute's value as text.
func (a attribute) shown() string {
	if a.StringValue != nil {
		return *a.StringValue
	}
	return base64.StdEncoding.EncodeToString(a.BinaryValue)
}

func unsubscribeURL(endpoint string, sub *subscription) string {
	return endpoint + "/?Action=Unsubscribe&SubscriptionArn=" + sub.arn()
}

// event is what a function gets.
func (m *message) event(sub *subscription, endpoint string, sig signature) ([]byte, error) {
	type shownAttribute struct{ Type, Value string }
	attributes := map[string]shownAttribute{}
	for name, a := range m.Attributes {
		attributes[name] = shownAttribute{a.DataType, a.shown()}
	}
	var subject *string
	if m.Subject != "" {
		subject = &m.Subject
	}
	type body struct {
		Type              string
		MessageID         string `json:"MessageId"`
		TopicARN          string `json:"TopicArn"`
		Subject           *string
		Message           string
		Timestamp         string
		SignatureVersion  string
		Signature         string
		SigningCertURL    string `json:"SigningCertUrl"`
		UnsubscribeURL    string `json:"UnsubscribeUrl"`
		MessageAttributes map[string]shownAttribute
	}
	type record struct {
		EventSource          string
		EventVersion         string
		EventSubscriptionARN string `json:"EventSubscriptionArn"`
		SNS                  body   `json:"Sns"`
	}
	return json.Marshal(map[string][]record{"Records": {{"aws:sns", "1.0", sub.arn(), body{"Notification", m.ID, sub.topic.arn(), subject,
		m.textFor("lambda"), timestamp(m.At), sig.version, sig.text, sig.certificate, unsubscribeURL(endpoint, sub), attributes}}}})
}

// toSign is the text of a notification that is signed.
func (m *message) toSign(topicARN, text string) string {
	parts := []string{"Message", text, "MessageId", m.ID}
	if m.Subject != "" {
		parts = append(parts, "Subject", m.Subject)
	}
	parts = append(parts, "Timestamp", timestamp(m.At), "TopicArn", topicARN, "Type", "Notification")
	return strings.Join(parts, "\n") + "\n"
}

// subscribeURL is where a subscription is confirmed.
func subscribeURL(endpoint, topicARN, token string) string {
	return endpoint + "/?Action=ConfirmSubscription&TopicArn=" + url.QueryEscape(topicARN) + "&Token=" + token
}
