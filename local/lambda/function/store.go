package function

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/statelark/statelark/arn"
)

// store keeps the uploaded functions in a directory:
//
//	functions/REGION/ACCOUNT/NAME.json
//	                        the record of a function: its versions, aliases and tags
//	code/SHA256.zip         an archive as it was uploaded, under the hexadecimal digest of its bytes
//	code/SHA256/            the same, unpacked
//	scratch/                what goes with the catalogue
//
// Records that stand in functions itself are of releases that knew one place, and are moved to that of this server.
//
// A record is replaced in one step, after the code that it names has been unpacked and synced; code that no record names
// is left over from a crash and removed at the next start. The caller sees to it that no two calls overlap.
type store struct {
	dir     string
	maxCode int64 // bytes that one archive may unpack to
	// sync makes what is in a directory durable: code is on the disk before the record that names it. nil: nothing outlives the process.
	sync func(dir string) error
}

// record is what is kept of a function.
type record struct {
	place arn.Place // its folders

	Latest   *Function         `json:"latest"`
	Versions []*Function       `json:"versions,omitempty"` // in the order they were published
	Aliases  map[string]*Alias `json:"aliases,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	Notes    map[string]string `json:"notes,omitempty"`
	Revision string            `json:"revision,omitempty"`
	Reserved *int64            `json:"reserved,omitempty"`
	// NextVersion is the number that the next published version gets. Numbers are not given twice.
	NextVersion int `json:"nextVersion"`
}

// functions lists all versions in the record.
func (r *record) functions() []*Function {
	return append([]*Function{r.Latest}, r.Versions...)
}

// openStore opens the store in a directory, which outlives the process if lasting.
func openStore(dir string, lasting bool) (*store, error) {
	for _, sub := range []string{"functions", "code"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("making the directory for functions: %w", err)
		}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("making the directory for functions: %w", err)
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, fmt.Errorf("making the directory for functions: %w", err)
	}
	s := &store{dir: abs, maxCode: maxUnzipped}
	if lasting {
		s.sync = syncTree
	}
	return s, nil
}

func (s *store) recordPath(at arn.Place, name string) string {
	return filepath.Join(s.dir, "functions", at.Region, at.Account, name+".json")
}

// load reads all records and removes what no record needs.
func (s *store) load(home arn.Place) ([]*record, error) {
	if err := s.moveHome(home); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(s.recordPath(arn.Place{Region: "*", Account: "*"}, "*"))
	if err != nil {
		return nil, fmt.Errorf("listing the functions: %w", err)
	}
	var records []*record
	for _, path := range paths {
		r, err := s.loadRecord(path)
		if err != nil {
			return nil, fmt.Errorf("reading the function in %s: %w", path, err)
		}
		records = append(records, r)
	}
	return records, s.removeUnused(records)
}

// moveHome gives records without a place that of this server.
func (s *store) moveHome(home arn.Place) error {
	paths, err := filepath.Glob(filepath.Join(s.dir, "functions", "*.json"))
	if err != nil {
		return fmt.Errorf("listing the functions: %w", err)
	}
	for _, path := range paths {
		to := s.recordPath(home, strings.TrimSuffix(filepath.Base(path), ".json"))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return fmt.Errorf("moving the function in %s: %w", path, err)
		}
		if err := os.Rename(path, to); err != nil {
			return fmt.Errorf("moving the function in %s: %w", path, err)
		}
	}
	return nil
}

func (s *store) loadRecord(path string) (*record, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	account := filepath.Dir(path)
	r := &record{place: arn.Place{Region: filepath.Base(filepath.Dir(account)), Account: filepath.Base(account)}}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	if r.Latest == nil {
		return nil, errors.New("it has no latest version")
	}
	for _, f := range r.functions() {
		f.Code.Dir = s.codeDir(f.Code.SHA256)
		for i := range f.Layers {
			f.Layers[i].Dir = s.codeDir(f.Layers[i].SHA256)
		}
		if err := f.prepare(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (s *store) removeUnused(records []*record) error {
	used := make(map[string]bool)
	for _, r := range records {
		for _, f := range r.functions() {
			used[hexDigest(f.Code.SHA256)] = true
			for _, l := range f.Layers {
				used[hexDigest(l.SHA256)] = true
			}
		}
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, "code"))
	if err != nil {
		return fmt.Errorf("listing the code: %w", err)
	}
	for _, e := range entries {
		if used[strings.TrimSuffix(e.Name(), ".zip")] {
			continue
		}
		if err := os.RemoveAll(filepath.Join(s.dir, "code", e.Name())); err != nil {
			return fmt.Errorf("removing code that is not used: %w", err)
		}
	}
	return nil
}

// save writes a record in one step.
func (s *store) save(r *record) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the function %s: %w", r.Latest.Name, err)
	}
	path := s.recordPath(r.place, r.Latest.Name)
	err = s.makeFolder(filepath.Dir(path))
	if err == nil {
		err = s.writeFile(path, text)
	}
	if err != nil {
		return fmt.Errorf("saving the function %s: %w", r.Latest.Name, err)
	}
	return nil
}

// makeFolder makes the folder of an account.
func (s *store) makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil || s.sync == nil {
		return err
	}
	region := filepath.Dir(dir)
	return errors.Join(syncPath(region), syncPath(filepath.Dir(region)))
}

func (s *store) remove(at arn.Place, name string) error {
	if err := os.Remove(s.recordPath(at, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the function %s: %w", name, err)
	}
	return nil
}

// addCode unpacks an archive and returns where it lies. Code that is there already is not unpacked again.
func (s *store) addCode(archive []byte) (Code, error) {
	sum := sha256.Sum256(archive)
	code := Code{SHA256: base64.StdEncoding.EncodeToString(sum[:]), Size: int64(len(archive))}
	code.Dir = s.codeDir(code.SHA256)
	if _, err := os.Stat(code.Dir); err == nil {
		return code, nil
	}
	tmp, err := os.MkdirTemp(filepath.Join(s.dir, "code"), "new-")
	if err != nil {
		return Code{}, fmt.Errorf("making a directory for the code: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }() // renamed, as a rule
	switch err := unzip(archive, tmp, s.maxCode); {
	case isOfDisk(err):
		return Code{}, fmt.Errorf("unpacking the code: %w", err)
	case err != nil:
		return Code{}, s.badArchive(err)
	}
	if err := s.writeFile(s.archivePath(code.SHA256), archive); err != nil {
		return Code{}, fmt.Errorf("saving the code: %w", err)
	}
	if err := s.settle(tmp, code.Dir); err != nil {
		return Code{}, fmt.Errorf("unpacking the code: %w", err)
	}
	return code, nil
}

// settle gives unpacked code its place. Where it is, it is whole, whatever the power does.
func (s *store) settle(from, to string) error {
	if err := os.Chmod(from, 0o755); err != nil {
		return err
	}
	if s.sync != nil {
		if err := s.sync(from); err != nil {
			return err
		}
	}
	if err := os.Rename(from, to); err != nil || s.sync == nil {
		return err
	}
	return syncPath(filepath.Dir(to))
}

// isOfDisk reports whether an error is the disk's, and no fault of the archive.
func isOfDisk(err error) bool {
	for _, fault := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO, syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

// badArchive is what the API answers when an archive cannot be used.
func (s *store) badArchive(err error) *Error {
	if errors.Is(err, errUnzippedSize) {
		return invalid("Unzipped size must be smaller than %d bytes", s.maxCode)
	}
	return invalid("Could not unzip uploaded file. Please check your file, then try to upload again. (%v)", err)
}

func invalid(format string, a ...any) *Error {
	return Errorf("InvalidParameterValueException", http.StatusBadRequest, format, a...)
}

// dropCode removes code that no function uses any more.
func (s *store) dropCode(sha string) error {
	err := os.RemoveAll(s.codeDir(sha))
	if rerr := os.Remove(s.archivePath(sha)); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
}

func (s *store) codeDir(sha string) string     { return filepath.Join(s.dir, "code", hexDigest(sha)) }
func (s *store) archivePath(sha string) string { return s.codeDir(sha) + ".zip" }

// hexDigest turns a digest from the form of the API into one that can be a file's name.
func hexDigest(sha string) string {
	sum, err := base64.StdEncoding.DecodeString(sha)
	if err != nil || len(sum) != sha256.Size {
		return "invalid"
	}
	return hex.EncodeToString(sum)
}

// writeFile writes a file so that after a crash there is the old one or the new one.
func (s *store) writeFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // renamed, as a rule
	_, err = f.Write(text)
	if err == nil && s.sync != nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil || s.sync == nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}
