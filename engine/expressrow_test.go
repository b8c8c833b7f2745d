package engine

import (
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
			}, want.Input)[1:] // after its kind
		},
		read: func(data []byte) (any, error) {
			x, input, err := readExpress(id, data)
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
	g.name, g.first, g.want = "express-mocked", expressVersion, "HappyPath"
	g.write = func() []byte {
		return appendExpress(nil, &statelark.Execution{Machine: goldenHead.ARN, Name: "x", TestCase: "HappyPath"}, "{}")[1:]
	}
	g.read = func(data []byte) (any, error) {
		x, _, err := readExpress(statelark.ExecID{}, data)
		if err != nil {
			return nil, err
		}
		return x.TestCase, nil
	}
	return g
}
