package s3_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
	"github.com/statelark/statelark/local/kv"
	locals3 "github.com/statelark/statelark/local/s3"
	remote "github.com/statelark/statelark/remote/s3"
	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/s3/directory"
	"github.com/statelark/statelark/s3/storetest"
	"github.com/statelark/statelark/value"
)

// open makes a store over the service that is built in.
func open(t *testing.T, dir string) *remote.Store {
	t.Helper()
	store := serve(t, dir, nil)
	_, err := store.Caller.Call(t.Context(), &awswire.Request{Service: "s3", Operation: "CreateBucket", Place: store.Place, Input: value.Checked(`{"Bucket":"data"}`)})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// inFolders makes a store over the service that is built in, whose bucket is a folder.
func inFolders(t *testing.T) *remote.Store {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	folders, err := directory.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folders.Close() })
	return serve(t, "", folders)
}

func serve(t *testing.T, dir string, folders locals3.Folders) *remote.Store {
	t.Helper()
	db, err := kv.Open("", kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := local.NewServices(db.Part(""), slog.New(slog.DiscardHandler))
	service := locals3.New(locals3.Options{Options: local.Options{Store: db.Part("s3"), Others: all}, Dir: dir, Folders: folders})
	all.Add("s3", service)
	t.Cleanup(func() {
		if err := errors.Join(service.Close(context.Background()), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return &remote.Store{Caller: all, Place: arn.Place{Region: "us-east-1", Account: "123456789012"}}
}

func TestLaw(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) s3.Store { return open(t, "") })
	})
	t.Run("folders", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) s3.Store { return inFolders(t) })
	})
	t.Run("files", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) s3.Store { return open(t, t.TempDir()) })
	})
}

// breaking is a Caller whose bodies break after so many bytes.
type breaking struct {
	awswire.Caller
	after int64
	gets  int
}

func (b *breaking) Call(ctx context.Context, r *awswire.Request) (*awswire.Reply, error) {
	reply, err := b.Caller.Call(ctx, r)
	if err == nil && r.Operation == "GetObject" {
		b.gets++
		reply.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(reply.Body, b.after), reply.Body}
	}
	return reply, err
}

// A body whose connection breaks is read on, as long as the object is the same.
func TestBodiesAreResumed(t *testing.T) {
	store := open(t, "")
	content := strings.Repeat("0123456789", 10)
	if _, err := store.Put(t.Context(), "data", "k", strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	b := &breaking{Caller: store.Caller, after: 7}
	over := &remote.Store{Caller: b, Place: store.Place}
	got, err := over.Get(t.Context(), s3.GetRequest{Bucket: "data", Key: "k", Offset: 5, Length: 60})
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(got.Body)
	if err != nil || string(text) != content[5:65] {
		t.Errorf("%q, %v", text, err)
	}
	if b.gets != 9 { // 60 bytes by 7
		t.Errorf("%d requests", b.gets)
	}
	if got, err = over.Get(t.Context(), s3.GetRequest{Bucket: "data", Key: "k"}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(t.Context(), "data", "k", strings.NewReader("changed")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(got.Body); !s3.Is(err, s3.PreconditionFailed) {
		t.Errorf("the object was changed: %v", err)
	}
	b.after = 0
	if got, err = over.Get(t.Context(), s3.GetRequest{Bucket: "data", Key: "k"}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(got.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("no connection lasts: %v", err)
	}
}
