package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestHints wants the advice that fits the cause, however deep it lies in the error.
func TestHints(t *testing.T) {
	listen := func(cause error) error {
		return fmt.Errorf("listening: %w", &net.OpError{Op: "listen", Net: "tcp", Err: cause})
	}
	for _, test := range []struct {
		name, got, want string
	}{
		{"port in use", listenHint(listen(os.NewSyscallError("bind", syscall.EADDRINUSE))), "stop what listens there"},
		{"low port", listenHint(listen(os.NewSyscallError("bind", syscall.EACCES))), "1024 or more"},
		{"address of another machine", listenHint(listen(os.NewSyscallError("bind", syscall.EADDRNOTAVAIL))), "an address of this machine"},
		{"unknown name", listenHint(listen(&net.DNSError{Err: "no such host", Name: "nowhere", IsNotFound: true})), "an address of this machine"},
		{"something else", listenHint(listen(syscall.EINVAL)), "--listen"},
		{"directory of another user", storeHint(&os.PathError{Op: "open", Path: "data", Err: syscall.EACCES}), "let the server's user"},
		{"read-only file system", storeHint(&os.PathError{Op: "open", Path: "data", Err: syscall.EROFS}), "check the directory"},
		{"file in the way", storeHint(&os.PathError{Op: "open", Path: "data", Err: syscall.ENOTDIR}), "choose a directory"},
	} {
		if !strings.Contains(test.got, test.want) {
			t.Errorf("%s: %q does not say %q", test.name, test.got, test.want)
		}
	}
}
