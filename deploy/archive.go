package deploy

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// preparation is what turns properties that name files into what the services are sent.
type preparation struct {
	ctx    context.Context
	dir    string // that files are relative to
	place  arn.Place
	caller awswire.Caller
	later  map[string]bool // properties that are not known yet
	code   value.Value     // the archive of a function, in Base64
	upload []upload        // objects that have to be in the bucket first
}

// upload is a file that goes to the bucket of deployments.
type upload struct{ key, text string }

// maxArchive bounds the code of a function, as what is in it and as an archive.
const maxArchive = 256 << 20

// prepareFunction makes an archive of the code of a function, wherever it is. The property is its digest from there on.
func prepareFunction(p *preparation, properties value.Value) (value.Value, error) {
	code, ok := properties.Get("Code")
	if kind := textOf(properties, "PackageType"); kind == "Image" {
		return properties, fmt.Errorf("functions that are container images are not run here")
	}
	if !ok {
		return properties, fmt.Errorf("the function has no Code")
	}
	if p.later["Code"] {
		return properties, nil
	}
	archive, err := p.archive(code, textOf(properties, "Runtime"))
	if err != nil {
		return properties, fmt.Errorf("its Code: %w", err)
	}
	p.code = value.FromString(base64.StdEncoding.EncodeToString(archive))
	return properties.With("Code", digested(archive)), nil
}

// digested is what stands for bytes that the record does not have.
func digested(data []byte) value.Value {
	sum := sha256.Sum256(data)
	return value.NewObject([]value.Member{{Key: "Sha256", Value: value.FromString(hex.EncodeToString(sum[:]))}})
}

func (p *preparation) archive(code value.Value, runtime string) ([]byte, error) {
	if code.Kind() == value.String {
		return p.local(code.Str())
	}
	if text := textOf(code, "ZipFile"); text != "" {
		return inlineArchive(text, runtime)
	}
	bucket, key := textOf(code, "S3Bucket"), textOf(code, "S3Key")
	if bucket == "" || key == "" {
		return nil, fmt.Errorf("%s names no code that can be run here", code.Compact())
	}
	if path := p.asset(key); path != "" {
		return p.local(path)
	}
	archive, err := p.object(bucket, key)
	if err != nil {
		return nil, fmt.Errorf("there is no asset %s in %s, and s3://%s/%s cannot be read: %w", key, p.dir, bucket, key, err)
	}
	return archive, nil
}

// inlineArchive makes an archive of code in the template, as CloudFormation does.
func inlineArchive(text, runtime string) ([]byte, error) {
	name := "index.py"
	if strings.HasPrefix(runtime, "nodejs") {
		name = "index.js"
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	if err := addFile(w, name, 0o644, []byte(text)); err != nil {
		return nil, err
	}
	return closed(w, &out)
}

// closed is an archive that is complete.
func closed(w *zip.Writer, out *bytes.Buffer) ([]byte, error) {
	err := w.Close()
	return out.Bytes(), err
}

// addFile adds a file that does not depend on when it was written.
func addFile(w *zip.Writer, name string, mode fs.FileMode, data []byte) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	h.SetMode(mode)
	f, err := w.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return err
}

// local is the archive of a file or a folder. A file that is no archive is packed alone.
func (p *preparation) local(path string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.dir, path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return packFolder(path)
	}
	data, err := readFile(path, maxArchive)
	if err != nil || slices.Contains([]string{".zip", ".jar"}, filepath.Ext(path)) {
		return data, err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	if err := addFile(w, filepath.Base(path), info.Mode().Perm(), data); err != nil {
		return nil, err
	}
	return closed(w, &out)
}

// packFolder packs all files of a folder, in order, without what Python leaves behind.
func packFolder(dir string) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	left := int64(maxArchive)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "__pycache__":
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		info, err := os.Stat(path) // a link is packed as what it leads to
		if err != nil {
			return err
		}
		data, err := readFile(path, left)
		if err != nil {
			return err
		}
		left -= int64(len(data))
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return addFile(w, filepath.ToSlash(name), info.Mode().Perm(), data)
	})
	if err != nil {
		return nil, err
	}
	return closed(w, &out)
}

func readFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s is larger than the %d bytes that are taken", path, most)
	}
	return data, err
}

// maxManifest bounds a list of assets.
const maxManifest = 16 << 20

// asset finds the file or folder of an asset of the CDK, relative to the template, by the key that it has in S3; "" when there is none. The lists of
// assets lie beside the template.
func (p *preparation) asset(key string) string {
	lists, err := filepath.Glob(filepath.Join(p.dir, "*.assets.json"))
	if err != nil {
		return ""
	}
	for _, list := range lists {
		var assets struct {
			Files map[string]struct {
				Source       struct{ Path string }
				Destinations map[string]struct{ ObjectKey string }
			}
		}
		text, err := readFile(list, maxManifest)
		if err != nil || json.Unmarshal(text, &assets) != nil {
			continue // no list of assets
		}
		for _, f := range assets.Files {
			for _, d := range f.Destinations {
				if d.ObjectKey == key && f.Source.Path != "" {
					return f.Source.Path
				}
			}
		}
	}
	return ""
}

// object reads an object of the server.
func (p *preparation) object(bucket, key string) ([]byte, error) {
	data, _, err := readObject(p.ctx, p.caller, p.place, bucket, key, maxArchive)
	return data, err
}

// prepareJob has the script of a Glue job put into the bucket of deployments, when it is a file.
func prepareJob(p *preparation, properties value.Value) (value.Value, error) {
	command, _ := properties.Get("Command")
	path := textOf(command, "ScriptLocation")
	if p.later["Command"] || path == "" || strings.HasPrefix(path, "s3://") {
		return properties, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.dir, path)
	}
	text, err := readFile(path, maxArchive)
	if err != nil {
		return properties, fmt.Errorf("its script: %w", err)
	}
	sum := sha256.Sum256(text)
	key := "scripts/" + hex.EncodeToString(sum[:16]) + "/" + filepath.Base(path)
	p.upload = append(p.upload, upload{key, string(text)})
	location := "s3://" + bucketOf(p.place) + "/" + key
	return properties.With("Command", command.With("ScriptLocation", value.FromString(location))), nil
}
