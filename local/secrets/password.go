package secrets

import (
	"context"
	"crypto/rand"
	"math/big"
	"strings"

	"github.com/statelark/statelark/awswire"
)

type passwordInput struct {
	PasswordLength          *int64
	ExcludeCharacters       string
	ExcludeNumbers          bool
	ExcludePunctuation      bool
	ExcludeUppercase        bool
	ExcludeLowercase        bool
	IncludeSpace            bool
	RequireEachIncludedType *bool
}

type passwordOutput struct{ RandomPassword string }

const (
	usualLength = 32
	maxLength   = 4096
	lower       = "abcdefghijklmnopqrstuvwxyz"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

func (s *Service) getRandomPassword(_ context.Context, _ *awswire.Request, in *passwordInput) (*passwordOutput, error) {
	length := int64(usualLength)
	if in.PasswordLength != nil {
		if length = *in.PasswordLength; length < 1 || length > maxLength {
			return nil, invalidParameter("InvalidParameterException: The password length must be between 1 and 4096.")
		}
	}
	var types []string
	for _, t := range []struct {
		letters string
		out     bool
	}{{lower, in.ExcludeLowercase}, {strings.ToUpper(lower), in.ExcludeUppercase}, {"0123456789", in.ExcludeNumbers},
		{punctuation, in.ExcludePunctuation}, {" ", !in.IncludeSpace}} {
		letters := strings.Map(func(r rune) rune {
			if strings.ContainsRune(in.ExcludeCharacters, r) {
				return -1
			}
			return r
		}, t.letters)
		if !t.out && letters != "" {
			types = append(types, letters)
		}
	}
	if len(types) == 0 {
		return nil, invalidParameter("You can't exclude all characters from the password.")
	}
	each := in.RequireEachIncludedType == nil || *in.RequireEachIncludedType
	if each && int64(len(types)) > length {
		return nil, invalidParameter("The password length is too short to include each character type.")
	}
	return &passwordOutput{password(int(length), types, each)}, nil
}

// password draws a password; each: with a letter of every type at least.
func password(length int, types []string, each bool) string {
	all := strings.Join(types, "")
	letters := make([]byte, length)
	for i := range letters {
		from := all
		if each && i < len(types) {
			from = types[i]
		}
		letters[i] = from[draw(len(from))]
	}
	for i := length - 1; i > 0; i-- {
		j := draw(i + 1)
		letters[i], letters[j] = letters[j], letters[i]
	}
	return string(letters)
}

func draw(below int) int {
	n, _ := rand.Int(rand.Reader, big.NewInt(int64(below))) // crypto/rand does not fail
	return int(n.Int64())
}
