// Command types writes the types of the front end, ../../web/src/api/*.ts: of what /api answers from the structs of package
// console and graph, with their comments, and of the operations of the Step Functions API from AWS's model.
//
//	go run ./console/types
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run writes the files of a repository.
func run(root string) error {
	files, err := generate(root)
	if err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the texts of the files, by their paths in the repository.
func generate(root string) (map[string]string, error) {
	model, err := structs(filepath.Join(root, "console/model.go"), "console/model.go", "")
	if err != nil {
		return nil, err
	}
	layout, err := structs(filepath.Join(root, "graph/layout.go"), "graph/layout.go", "Layout")
	if err != nil {
		return nil, err
	}
	aws, err := operations()
	if err != nil {
		return nil, err
	}
	return map[string]string{"web/src/api/model.ts": model, "web/src/api/layout.ts": layout, "web/src/api/aws.ts": aws}, nil
}

// header says where a file comes from.
func header(source string) string {
	return "// Made by console/types from " + source + "; do not edit.\n"
}
