package function

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// identity is the user as whom functions run.
type identity struct {
	name, home string
	credential *syscall.Credential
}

// lookUpUser returns the identity of a user, nil for "": the server's own.
func lookUpUser(name string) (*identity, error) {
	if name == "" {
		return nil, nil
	}
	if os.Geteuid() != 0 {
		return nil, errors.New("only a server that runs as root can run functions as another user")
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
	return &identity{name: u.Username, home: u.HomeDir, credential: &syscall.Credential{Uid: ids[0], Gid: ids[1], Groups: ids[2:]}}, nil
}
