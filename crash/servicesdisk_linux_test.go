package crash

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestServicesDiskFull fills the disk to the last byte while clients write. They are told so by errors of the server, what was
// acknowledged can be read, and the program works again, after a restart at the latest, when there is room.
func TestServicesDiskFull(t *testing.T) {
	disk := newDisk(t)
	const size = 2 * diskBytes // there are large objects
	if err := syscall.Mount("statelark-crash", disk, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", size)); err != nil {
		t.Fatal(err)
	}
	y := preparedYard(t, *seed)
	y.server.data = filepath.Join(disk, "data")
	y.open()
	y.live()
	filler := filepath.Join(disk, "filler")
	for _, n := range []int{size * 5 / 8, size} { // less than is kept free, and nothing
		pause(y.ctx, 500*millisecond)
		fillDisk(t, filler, n)
		y.refused()
		pause(y.ctx, 500*millisecond)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if n == size && y.item(fmt.Sprint("after ", n)) != nil {
			y.server.kill()
			if _, err := y.server.run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		y.works(fmt.Sprint("after ", n))
	}
	y.finish()
}

// refused waits until an item is refused by an error of the server.
func (y *yard) refused() {
	for from := time.Now(); time.Since(from) < 20*time.Second && y.ctx.Err() == nil; {
		err := y.item("full")
		if err == nil {
			continue
		}
		if known(err) {
			y.wrong("with a full disk the answer is %v", err)
		}
		select {
		case <-y.server.died:
			y.wrong("with a full disk the program ends: %s", y.server.told())
		default:
		}
		return
	}
	y.wrong("with a full disk it still takes items")
}

func (y *yard) item(key string) error {
	_, err := y.c.do(y.ctx, "dynamodb", "PutItem", object{"TableName": table, "Item": object{"k": s(key), "x": s(string(body(key, 100<<10)))}})
	return err
}

// works waits until an item is taken.
func (y *yard) works(key string) {
	for from := time.Now(); y.item(key) != nil; {
		if time.Since(from) > 10*time.Second || !pause(y.ctx, millisecond) {
			y.wrong("there is room, and no item is taken: %v\n%s", y.item(key), y.server.told())
			return
		}
	}
}
