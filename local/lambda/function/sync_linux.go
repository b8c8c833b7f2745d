package function

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncSystem makes durable all that the file system of a directory has.
func syncSystem(dir string) (done bool, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return true, err
	}
	return true, errors.Join(unix.Syncfs(int(f.Fd())), f.Close())
}
