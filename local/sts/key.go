package sts

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/statelark/statelark/arn"
)

// An access key id is a prefix of four letters and ten bytes in Base32. As at AWS, 40 of the bits are the account: those after
// the first.
const (
	keyLength    = 20
	temporaryKey = "ASIA"
	accountShift = 7
)

// newKey draws an access key id of an account.
func newKey(account string) string {
	var b [10]byte
	rand.Read(b[:])
	n, err := strconv.ParseUint(account, 10, 40)
	if err == nil {
		low := uint64(b[5]) & (1<<accountShift - 1)
		var six [8]byte
		binary.BigEndian.PutUint64(six[:], 1<<47|n<<accountShift|low)
		copy(b[:6], six[2:])
	}
	return temporaryKey + base32.StdEncoding.EncodeToString(b[:])
}

// Account returns the account that an access key id of AWS's form says, false when it has another form.
func Account(key string) (string, bool) {
	if len(key) != keyLength {
		return "", false
	}
	b, err := base32.StdEncoding.DecodeString(key[4:])
	if err != nil {
		return "", false
	}
	var eight [8]byte
	copy(eight[2:], b[:6])
	account := fmt.Sprintf("%012d", binary.BigEndian.Uint64(eight[:])&(1<<47-1)>>accountShift)
	return account, arn.IsAccount(account)
}

// secretKey draws a secret access key: 40 letters.
func secretKey() string { return base64.StdEncoding.EncodeToString(random(30)) }

func sessionToken() string {
	return "IQoJb3JpZ2luX2Vj" + base64.StdEncoding.EncodeToString(random(240))
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
