package sns

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/statelark/statelark/arn"
)

// The keys of the store. Each value is a version byte and JSON.
//
//	't' region 0 account 0 topic 0            the topic: topicRow
//	's' region 0 account 0 topic 0 id         a subscription: subscriptionRow
//	'f' region 0 account 0 topic 0 SHA-256    a message of a FIFO topic by its deduplication id: sentRow
//	'a' region 0 account 0 platform/name      a platform application: platformRow
//	'e' region 0 account 0 platform/name/id   an endpoint of one: platformRow
//	'm' region 0 account 0                    the attributes for SMS: a map
//	'o' number                                a delivery that is to be made: delivery. The number is eight bytes, the highest first
//	'c'                                       the key and the certificate of signatures: signerRow
const (
	kindTopic        = 't'
	kindSubscription = 's'
	kindSent         = 'f'
	kindApplication  = 'a'
	kindEndpoint     = 'e'
	kindSMS          = 'm'
	kindDelivery     = 'o'
	kindSigner       = 'c'
)

const rowVersion = 1

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // structs of texts and numbers alone
	}
	return append([]byte{rowVersion}, text...)
}

func decode(data []byte, v any) error {
	if len(data) == 0 || data[0] != rowVersion {
		return fmt.Errorf("a row of SNS has a version that this build does not know: %.1q", data)
	}
	if err := json.Unmarshal(data[1:], v); err != nil {
		return fmt.Errorf("reading a row of SNS: %w", err)
	}
	return nil
}

func placeKey(kind byte, p arn.Place) []byte {
	k := append([]byte{kind}, p.Region...)
	k = append(append(k, 0), p.Account...)
	return append(k, 0)
}

// topicKey is what a topic is known by.
type topicKey struct {
	place arn.Place
	name  string
}

func (k topicKey) arn() string { return k.place.ARN("sns", k.name) }

func (k topicKey) row(kind byte) []byte { return append(append(placeKey(kind, k.place), k.name...), 0) }

func (k topicKey) subscription(id string) []byte { return append(k.row(kindSubscription), id...) }

func (k topicKey) sent(group, dedup string) []byte {
	sum := sha256.Sum256([]byte(group + "\x00" + dedup))
	return append(k.row(kindSent), sum[:]...)
}

func deliveryKey(n uint64) []byte { return binary.BigEndian.AppendUint64([]byte{kindDelivery}, n) }
