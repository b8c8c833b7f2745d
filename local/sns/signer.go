package sns

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// signer signs what is delivered, with a key of this store and a certificate that it has made itself. It is made when it is first
// needed. The signature proves as much as the address of the certificate does: nothing to who does not know this server.
type signer struct {
	store kv.Store

	mu          sync.Mutex
	key         *rsa.PrivateKey
	certificate []byte // PEM
	name        string // of the certificate's file
}

type signerRow struct {
	Key         []byte `json:"key"` // PKCS #1
	Certificate []byte `json:"certificate"`
}

// keyBits is short: a signature costs 0.4 ms of CPU, twenty times what is else to a publish, and one of 2,048 bits six times that.
const keyBits = 1024

// load reads the key, or makes one.
func (s *signer) load() error {
	if s.key != nil {
		return nil
	}
	data, err := s.store.Get([]byte{kindSigner})
	if err != nil {
		return err
	}
	var row signerRow
	if data == nil {
		if row, err = newSignerRow(); err != nil {
			return fmt.Errorf("making a key for signatures: %w", err)
		}
		var b kv.Batch
		b.Set([]byte{kindSigner}, encode(&row))
		if err := s.store.Apply(&b); err != nil {
			return err
		}
	} else if err := decode(data, &row); err != nil {
		return err
	}
	key, err := x509.ParsePKCS1PrivateKey(row.Key)
	if err != nil {
		return fmt.Errorf("reading the key for signatures: %w", err)
	}
	sum := sha256.Sum256(row.Certificate)
	s.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: row.Certificate})
	s.key, s.name = key, "SimpleNotificationService-"+hex.EncodeToString(sum[:16])+".pem"
	return nil
}

func newSignerRow() (signerRow, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return signerRow{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.statelark"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return signerRow{x509.MarshalPKCS1PrivateKey(key), certificate}, err
}

// sign signs a text in a version of AWS's: SHA-1 in the first, SHA-256 in the second.
func (s *signer) sign(version, text, endpoint string) (signature, error) {
	s.mu.Lock()
	err := s.load()
	key, name := s.key, s.name
	s.mu.Unlock()
	if err != nil {
		return signature{}, err
	}
	kind, sum := crypto.SHA1, []byte(nil)
	if version == "2" {
		kind = crypto.SHA256
		s := sha256.Sum256([]byte(text))
		sum = s[:]
	} else {
		version = "1"
		s := sha1.Sum([]byte(text))
		sum = s[:]
	}
	signed, err := rsa.SignPKCS1v15(rand.Reader, key, kind, sum)
	if err != nil {
		return signature{}, fmt.Errorf("signing a message: %w", err)
	}
	return signature{version, base64.StdEncoding.EncodeToString(signed), endpoint + "/" + name}, nil
}

type certificateInput struct{ Name string }

type certificateOutput struct{ Certificate string }

// signingCertificate gives the certificate of signatures, in PEM, by the name that SigningCertURL has. It is no operation of AWS's: the
// gateway asks it for who follows that address.
func (s *Service) signingCertificate(_ context.Context, _ *awswire.Request, in *certificateInput) (*certificateOutput, error) {
	s.signer.mu.Lock()
	defer s.signer.mu.Unlock()
	if err := s.signer.load(); err != nil {
		return nil, err
	}
	if in.Name != s.signer.name {
		return nil, notFound("Certificate")
	}
	return &certificateOutput{string(s.signer.certificate)}, nil
}
