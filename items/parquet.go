package items

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/statelark/statelark/s3"
	"github.com/statelark/statelark/value"
)

// parquetRows reads the rows of a Parquet file, group by group. Of a group it holds the page of each column that the
// rows at hand are in.
type parquetRows struct {
	source *Source
	place  // of the object: Offset is the group, Records the rows given of it
	file   *parquet.File
	column *parquetColumn
	rows   parquet.Rows // nil before the group is open
	held   []parquet.Row
	buffer [parquetBatch]parquet.Row
	text   []byte
}

const (
	parquetBatch  = 64       // rows taken at a time
	parquetBuffer = 64 << 10 // bytes read at a time of one column
)

// openParquet opens a file and goes to the row where its reading stood.
func (s *Source) openParquet(at place) (_ records, err error) {
	defer func() { err = blame(at.Bucket, at.Key, caught(err, recover())) }()
	p := &parquetRows{source: s, place: at}
	if err := p.openFile(); err != nil {
		return nil, err
	}
	groups := p.file.RowGroups()
	if at.Records == 0 || at.Offset < 0 || at.Offset >= int64(len(groups)) {
		return p, nil
	}
	p.rows = groups[at.Offset].Rows()
	if err := p.rows.SeekToRow(at.Records); err != nil {
		p.close()
		return nil, fmt.Errorf("seeking row %d of group %d: %w", at.Records, at.Offset, err)
	}
	return p, nil
}

// caught makes an error of what a function recovered: the reader of the format panics at some files that are none.
func caught(err error, panicked any) error {
	if panicked != nil {
		return fmt.Errorf("the file is not valid Parquet: %v", panicked)
	}
	return err
}

// openFile reads the footer of the file.
func (p *parquetRows) openFile() error {
	object, at, err := p.source.openAt(p.place, 0)
	if err != nil {
		return err
	}
	p.place = at
	if object.size < 12 {
		return fail("The object s3://%s/%s is not a Parquet file.", at.Bucket, at.Key)
	}
	var tail [8]byte
	if _, err := p.ReadAt(tail[:], object.size-8); err != nil {
		return err
	}
	if length := binary.LittleEndian.Uint32(tail[:4]); length > maxFooter || int64(length) > object.size-12 {
		return fail("The footer of the Parquet file s3://%s/%s has %d bytes; %d are allowed.", at.Bucket, at.Key, length, maxFooter)
	}
	p.file, err = parquet.OpenFile(p, object.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true),
		parquet.ReadBufferSize(parquetBuffer))
	if err != nil {
		return err
	}
	for i, group := range p.file.Metadata().RowGroups {
		if group.TotalByteSize > maxRowGroup {
			return fail("Row group %d of the Parquet file s3://%s/%s has %d bytes; %d are allowed.", i, at.Bucket, at.Key, group.TotalByteSize, maxRowGroup)
		}
	}
	p.column, err = newParquetColumn(p.file.Root(), nil)
	return err
}

// ReadAt implements io.ReaderAt.
func (p *parquetRows) ReadAt(into []byte, offset int64) (int, error) {
	if len(into) == 0 {
		return 0, nil
	}
	got, err := p.source.store.Get(p.source.ctx, s3.GetRequest{
		Bucket: p.Bucket, Key: p.Key, VersionID: p.Version, IfMatch: p.ETag, Offset: offset, Length: int64(len(into)),
	})
	if err != nil {
		return 0, err
	}
	defer func() { _ = got.Body.Close() }()
	n, err := io.ReadFull(got.Body, into)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if err != nil {
		return n, err
	}
	// The end of the body tells whether the object stayed what it was.
	if _, err := got.Body.Read(make([]byte, 1)); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return n, nil
}

func (p *parquetRows) next() (_ Item, err error) {
	defer func() {
		if err = caught(err, recover()); err != nil && !errors.Is(err, io.EOF) {
			err = blame(p.Bucket, p.Key, err)
		}
	}()
	for len(p.held) == 0 {
		if err := p.take(); err != nil {
			return Item{}, err
		}
	}
	p.text, err = p.column.appendRow(p.text[:0], p.held[0])
	if err != nil {
		return Item{}, err
	}
	if len(p.text) > MaxItemBytes {
		return Item{}, fail("Row %d of group %d of the Parquet file s3://%s/%s is larger than %d bytes.", p.Records, p.Offset, p.Bucket, p.Key, MaxItemBytes)
	}
	p.held = p.held[1:]
	p.Records++
	return Item{Value: value.CheckedCompact(string(p.text))}, nil
}

// take reads the next rows.
func (p *parquetRows) take() error {
	groups := p.file.RowGroups()
	if p.Offset < 0 || p.Offset >= int64(len(groups)) {
		return io.EOF
	}
	if p.rows == nil {
		p.rows = groups[p.Offset].Rows()
	}
	n, err := p.rows.ReadRows(p.buffer[:])
	p.held = p.buffer[:n]
	if errors.Is(err, io.EOF) {
		if n > 0 {
			return nil // the end is told again
		}
		err = p.rows.Close()
		p.rows = nil
		p.Offset, p.Records = p.Offset+1, 0
	}
	return err
}

func (p *parquetRows) at() place { return p.place }

func (p *parquetRows) close() {
	if p.rows != nil {
		_ = p.rows.Close()
		p.rows = nil
	}
}
