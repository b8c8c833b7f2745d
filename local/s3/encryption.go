package s3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/statelark/statelark/awswire"
)

// encryption is what is said of how an object is encrypted. Nothing is: the names go in and come out.
type encryption struct {
	Algorithm string `json:"alg,omitempty"` // "AES256", "aws:kms", "aws:kms:dsse"; "": a key of the customer's
	KeyID     string `json:"key,omitempty"`
	BucketKey bool   `json:"bucketKey,omitempty"`
	Customer  string `json:"customer,omitempty"` // MD5 of the customer's key, Base64
}

const sseField = "x-amz-server-side-encryption"

// encryptionOf reads what a write asks for; the bucket's default stands in for it.
func (s *Service) encryptionOf(c *call, b *bucket) (encryption, error) {
	customer, refusal := customerKey(c.input, "")
	if refusal != nil {
		return encryption{}, refusal
	}
	algorithm := c.str("ServerSideEncryption")
	if customer != "" {
		return encryption{Customer: customer}, nil
	}
	switch algorithm {
	case "":
		return s.defaultEncryption(c, b)
	case "AES256", "aws:kms", "aws:kms:dsse":
	default:
		return encryption{}, badArgument("The encryption method specified is not supported", sseField, algorithm)
	}
	e := encryption{Algorithm: algorithm, KeyID: c.str("SSEKMSKeyId"), BucketKey: c.flag("BucketKeyEnabled") && algorithm == "aws:kms"}
	if e.KeyID != "" && algorithm == "AES256" {
		return encryption{}, badArgument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms", sseField, algorithm)
	}
	e.KeyID = keyARN(c, b, e)
	return e, nil
}

// keyARN is the key of KMS as answers name it; the default one when a request has none.
func keyARN(c *call, b *bucket, e encryption) string {
	if e.Algorithm == "AES256" || strings.HasPrefix(e.KeyID, "arn:") {
		return e.KeyID
	}
	place := c.r.Place
	place.Region = b.Region
	if e.KeyID == "" {
		sum := md5.Sum([]byte(place.Account + place.Region))
		id := hex.EncodeToString(sum[:])
		return place.ARN("kms", "key/"+id[:8]+"-"+id[8:12]+"-"+id[12:16]+"-"+id[16:20]+"-"+id[20:])
	}
	return place.ARN("kms", "key/"+e.KeyID)
}

// defaultEncryption is the configuration of the bucket.
func (s *Service) defaultEncryption(c *call, b *bucket) (encryption, error) {
	doc, err := s.configuration(b.Name, "encryption", "")
	if err != nil {
		return encryption{}, err
	}
	for _, r := range (input{doc}).list("Rules") {
		rule := input{r}
		by := rule.sub("ApplyServerSideEncryptionByDefault")
		e := encryption{Algorithm: by.str("SSEAlgorithm"), KeyID: by.str("KMSMasterKeyID"), BucketKey: rule.flag("BucketKeyEnabled")}
		if e.Algorithm != "" {
			e.BucketKey = e.BucketKey && e.Algorithm == "aws:kms"
			e.KeyID = keyARN(c, b, e)
			return e, nil
		}
	}
	return encryption{Algorithm: "AES256"}, nil
}

// tell adds to an answer how an object is encrypted.
func (e encryption) tell(o *output) {
	if e.Customer != "" {
		o.text("SSECustomerAlgorithm", "AES256")
		o.text("SSECustomerKeyMD5", e.Customer)
		return
	}
	o.str("ServerSideEncryption", e.Algorithm)
	o.str("SSEKMSKeyId", e.KeyID)
	if e.BucketKey {
		o.flag("BucketKeyEnabled", true)
	}
}

// customerKey reads the key of the customer's in the members that begin with prefix, and returns the MD5 of it; "" when there is none.
func customerKey(in input, prefix string) (sum string, refusal *awswire.Error) {
	algorithm, key, keyMD5 := in.str(prefix+"SSECustomerAlgorithm"), in.str(prefix+"SSECustomerKey"), in.str(prefix+"SSECustomerKeyMD5")
	raw, err := base64.StdEncoding.DecodeString(key)
	made := md5.Sum(raw)
	sum = base64.StdEncoding.EncodeToString(made[:])
	switch {
	case algorithm == "" && key == "" && keyMD5 == "":
		return "", nil
	case prefix == "" && in.has("ServerSideEncryption"):
		return "", badArgument("Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
			sseField, in.str("ServerSideEncryption"))
	case algorithm == "":
		return "", badHeader("Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.", sseField)
	case algorithm != "AES256":
		return "", refuse(400, "InvalidEncryptionAlgorithmError", "The Encryption request you specified is not valid. Supported value: AES256.",
			"ArgumentName", sseField, "ArgumentValue", algorithm)
	case key == "":
		return "", badHeader("Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.", sseField)
	case err != nil || len(raw) != 32 || keyMD5 == "":
		return "", badHeader("The secret key was invalid for the specified algorithm.", sseField)
	case keyMD5 != sum:
		return "", badHeader("The calculated MD5 hash of the key did not match the hash that was provided.", sseField)
	}
	return sum, nil
}

// unlocks says why a read does not get an object that is encrypted with a key of the customer's.
func (v *version) unlocks(in input, prefix string) *awswire.Error {
	algorithm, keyMD5 := in.str(prefix+"SSECustomerAlgorithm"), in.str(prefix+"SSECustomerKeyMD5")
	wrong := refuse(403, "AccessDenied", "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.")
	switch {
	case v.SSE.Customer == "" && algorithm == "":
		return nil
	case v.SSE.Customer == "":
		return badRequest("The encryption parameters are not applicable to this object.")
	case algorithm == "":
		return badRequest("The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.")
	case keyMD5 == "" || in.str(prefix+"SSECustomerKey") == "":
		return wrong
	}
	sum, refusal := customerKey(in, prefix)
	if refusal != nil && refusal.Code == "InvalidEncryptionAlgorithmError" {
		return refusal
	}
	if refusal != nil || sum != v.SSE.Customer {
		return wrong // a read does not tell what is wrong with a key
	}
	return nil
}
