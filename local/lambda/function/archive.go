package function

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds of an upload, in bytes and entries, as on AWS.
const (
	MaxArchive  = 50 << 20
	maxUnzipped = 250 << 20
	maxEntries  = 200_000
)

// errUnzippedSize says that an archive unpacks to more than it may.
var errUnzippedSize = errors.New("the unpacked code is too large")

// unzip unpacks an archive of at most limit bytes, unpacked, into dir, which must exist and be empty. Nothing is
// written outside dir, whatever names and links the archive holds.
func unzip(archive []byte, dir string, limit int64) error {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return fmt.Errorf("reading the archive: %w", err)
	}
	if len(z.File) > maxEntries {
		return fmt.Errorf("the archive holds %d entries, more than %d", len(z.File), maxEntries)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the directory for the code: %w", err)
	}
	defer func() { _ = root.Close() }()
	u := unpacker{root: root, left: limit}
	for _, f := range z.File {
		if err := u.entry(f); err != nil {
			return fmt.Errorf("unpacking %q: %w", f.Name, err)
		}
	}
	return u.checkLinks()
}

type unpacker struct {
	root  *os.Root
	left  int64    // bytes that may still be written
	links []string // that were made
}

// checkLinks refuses links that lead out of the archive. What one leads to is known when all are there: a link may lie
// in a directory, or point through one, that is a link itself.
func (u *unpacker) checkLinks() error {
	for _, name := range u.links {
		if _, err := u.root.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("unpacking %q: it is a link that cannot be followed in the archive: %w", name, err)
		}
	}
	return nil
}

func (u *unpacker) entry(f *zip.File) error {
	name := path.Clean(strings.TrimSuffix(f.Name, "/"))
	if name == "." {
		return nil
	}
	if !filepath.IsLocal(name) || strings.Contains(f.Name, `\`) {
		return errors.New("the name leads out of the archive")
	}
	mode := f.Mode()
	if mode.IsDir() || strings.HasSuffix(f.Name, "/") {
		return u.root.MkdirAll(name, 0o755)
	}
	if err := u.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	switch {
	case mode&fs.ModeSymlink != 0:
		return u.link(f, name)
	case mode.IsRegular():
		return u.file(f, name, mode.Perm())
	}
	return fmt.Errorf("it is neither a file nor a directory (%v)", mode)
}

func (u *unpacker) file(f *zip.File, name string, perm fs.FileMode) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	// The owner has to be able to read and to remove it; a file packed without modes has none at all.
	out, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm|0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, io.LimitReader(in, u.left+1))
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	u.left -= n
	if err == nil && u.left < 0 {
		err = errUnzippedSize
	}
	return err
}

// link makes a symbolic link, if it points to a place in the archive.
func (u *unpacker) link(f *zip.File, name string) error {
	const longest = 4096
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	target, err := io.ReadAll(io.LimitReader(in, longest))
	if err != nil {
		return err
	}
	if path.IsAbs(string(target)) || !filepath.IsLocal(path.Join(path.Dir(name), string(target))) {
		return fmt.Errorf("it is a link to %q, which is outside the archive", target)
	}
	u.links = append(u.links, name)
	return u.root.Symlink(string(target), name)
}
