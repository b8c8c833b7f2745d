package auth

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// What is secret in the directory of a server. Nobody but its user reads it.
const (
	TokenFile = "console-token"
	keyFile   = "console-key"
)

// draw draws a secret of 256 bits, as letters and digits, - and _.
func draw() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // it never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}

// ownToken returns the token that was chosen, else the one that is kept in the directory.
func ownToken(chosen, dir string) (string, error) {
	if chosen != "" {
		return chosen, nil
	}
	return kept(dir, TokenFile)
}

// ownKey returns the key that sessions are signed with.
func ownKey(dir string) ([]byte, error) {
	text, err := kept(dir, keyFile)
	return []byte(text), err
}

// kept returns a secret that is kept in a file, and draws it the first time; dir "" keeps it nowhere.
func kept(dir, name string) (string, error) {
	if dir == "" {
		return draw(), nil
	}
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return write(path)
	case err != nil:
		return "", fmt.Errorf("reading the secrets of the console: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil { // somebody may have copied it about
		return "", fmt.Errorf("keeping the secrets of the console: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < minToken {
		return "", fmt.Errorf("%s has %d characters; it has to have %d at least, or to be removed", path, len(secret), minToken)
	}
	return secret, nil
}

// write draws a secret into a new file. It takes its name when it is whole.
func write(path string) (string, error) {
	secret := draw()
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*") // mode 0600
	if err == nil {
		_, err = file.WriteString(secret + "\n")
		err = errors.Join(err, file.Sync(), file.Close())
		if err == nil {
			err = os.Rename(file.Name(), path)
		}
		if err != nil {
			_ = os.Remove(file.Name()) // it may be gone
		}
	}
	if err != nil {
		return "", fmt.Errorf("keeping the secrets of the console: %w", err)
	}
	return secret, nil
}
