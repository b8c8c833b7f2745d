package process

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// User is as whom programs run.
type User struct {
	Name, Home string
	credential *syscall.Credential
}

// LookUp returns a user, nil for "": the server's own.
func LookUp(name string) (*User, error) {
	if name == "" {
		return nil, nil
	}
	if os.Geteuid() != 0 {
		return nil, errors.New("only a server that runs as root can run programs as another user")
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	groups, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("the groups of %s: %w", name, err)
	}
	var ids []uint32
	for _, text := range append([]string{u.Uid, u.Gid}, groups...) {
		id, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("the ids of %s: %w", name, err)
		}
		ids = append(ids, uint32(id))
	}
	return &User{Name: u.Username, Home: u.HomeDir, credential: &syscall.Credential{Uid: ids[0], Gid: ids[1], Groups: ids[2:]}}, nil
}
