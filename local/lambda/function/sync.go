package function

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// fewPaths is how many files and folders are synced one by one. To sync the file system is cheaper for more, as node_modules has.
const fewPaths = 32

// syncTree makes durable what is in a directory, with the directory.
func syncTree(dir string) error {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && (d.IsDir() || d.Type().IsRegular()) { // a link is part of its folder
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(paths) > fewPaths {
		if done, err := syncSystem(dir); done {
			return err
		}
	}
	for _, path := range paths {
		if err := syncPath(path); err != nil {
			return err
		}
	}
	return nil
}

// syncPath makes a file durable, or the names in a folder.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
