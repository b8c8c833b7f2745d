package console

import "embed"

// dist holds the pages as Vite builds them from ../web. They are in the repository, so that Go alone builds the binary.
//
//go:embed all:dist
var dist embed.FS
