package auth

import (
	"fmt"
	"maps"
	"slices"

	"github.com/statelark/statelark/console"
)

// roles are all that there are.
var roles = []console.Role{console.Viewer, console.Operator, console.Editor, console.Admin}

// CheckRole says what is wrong with the name of a role, which may be "".
func CheckRole(r console.Role) error {
	if r != "" && !slices.Contains(roles, r) {
		return fmt.Errorf("%q is no role; there are viewer, operator, editor and admin", r)
	}
	return nil
}

func (c *Config) checkRoles() error {
	for _, group := range slices.Sorted(maps.Keys(c.Roles)) {
		if c.Roles[group] == "" {
			return fmt.Errorf("console-roles: the group %s has no role", group)
		}
		if err := CheckRole(c.Roles[group]); err != nil {
			return fmt.Errorf("console-roles: %w", err)
		}
	}
	if err := CheckRole(c.Role); err != nil {
		return fmt.Errorf("console-default-role: %w", err)
	}
	if err := CheckRole(c.TokenRole); err != nil {
		return fmt.Errorf("console-token-role: %w", err)
	}
	if m := c.Mode; (m == OIDC || m == Proxy) && len(c.Roles) == 0 && c.Role == "" {
		return fmt.Errorf("console-auth is %s, and nobody would have a role: console-roles gives groups one, console-default-role everybody else", m)
	}
	return nil
}

// person is somebody of some groups; nil when those may do nothing.
func (c *Config) person(name string, groups []string) *console.Person {
	p := &console.Person{Name: name, Role: c.Role}
	for _, g := range groups {
		if r := c.Roles[g]; r != "" && (p.Role == "" || r.AtLeast(p.Role)) {
			p.Role = r
		}
	}
	if p.Role == "" {
		return nil
	}
	p.Payloads = c.seesPayloads(p.Role, groups)
	return p
}

// seesPayloads reports whether one of the groups may see payloads, or who has the role.
func (c *Config) seesPayloads(role console.Role, groups []string) bool {
	return c.Payloads == nil || slices.Contains(c.Payloads, string(role)) ||
		slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(c.Payloads, g) })
}
