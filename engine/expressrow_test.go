package engine

import (
	"fmt"
	"time"

	"github.com/statelark/statelark"
)

// storedExpress is what the row of an Express execution holds.
type storedExpress struct {
	Machine, Revision, Version, Alias, Name, TraceHeader, Input string
}

func goldenExpress() golden {
	id := statelark.NewExecID(time.UnixMilli(1767225600123), 7, 8)
	want := storedExpress{
		Machine: goldenHead.ARN, Revision: goldenHead.Revision, Version: goldenHead.ARN + ":3", Alias: goldenHead.ARN + ":live",
		Name: "x", TraceHeader: "Root=1", Input: `{"n": "ä"}`,
	}
	return golden{
		name: "express", first: 1, now: expressVersion, want: want,
		write: func() []byte {
			return appendExpress(nil, &statelark.Execution{
				Machine: want.Machine, Revision: want.Revision, Version: want.Version, Alias: want.Alias, Name: want.Name,
				TraceHeader: want.TraceHeader,
			}, nil, want.Input)[1:] // after its kind
		},
		read: func(data []byte) (any, error) {
			x, _, input, err := readExpress(id, data)
			if err != nil {
				return nil, err
			}
			return storedExpress{x.Machine, x.Revision, x.Version, x.Alias, x.Name, x.TraceHeader, input}, nil
		},
	}
}

// goldenMockedExpress is the golden file of the row of an execution with a test case.
func goldenMockedExpress() golden {
	g := goldenExpress()
	g.name, g.first, g.want = "express-mocked", 2, "HappyPath"
	g.write = func() []byte {
		return appendExpress(nil, &statelark.Execution{Machine: goldenHead.ARN, Name: "x", TestCase: "HappyPath"}, nil, "{}")[1:]
	}
	g.read = func(data []byte) (any, error) {
		x, _, _, err := readExpress(statelark.ExecID{}, data)
		if err != nil {
			return nil, err
		}
		return x.TestCase, nil
	}
	return g
}

// goldenForkedExpress is the golden file of the row of a fork.
func goldenForkedExpress() golden {
	want := forking{from: goldenHead.ARN + ":x", state: "Ship", event: 9, input: `{"n":1}`, variables: `{"v":[2]}`}
	g := goldenExpress()
	g.name, g.first, g.want = "express-forked", 3, fmt.Sprintln(want, statelark.Origin{ARN: want.from, State: "Ship", Event: 9}, `{"o":1}`)
	g.write = func() []byte {
		return appendExpress(nil, &statelark.Execution{Machine: goldenHead.ARN, Name: "x"}, &want, `{"o":1}`)[1:]
	}
	g.read = func(data []byte) (any, error) {
		x, f, input, err := readExpress(statelark.ExecID{}, data)
		if err != nil {
			return nil, err
		}
		return fmt.Sprintln(*f, *x.Fork, input), nil
	}
	return g
}
