package engine

import (
	"errors"

	"github.com/statelark/statelark/asl"
	"github.com/statelark/statelark/row"
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/value"
)

// onePayload is the payloads of an execution that has one, of number 300.
type onePayload string

func (p onePayload) Put(string) uint32 { return 300 }

func (p onePayload) Known(string) (uint32, bool) { return 0, false }

func (p onePayload) Get(id uint32) (string, error) {
	if id != 300 {
		return "", errors.New("there is none")
	}
	return string(p), nil
}

var _ row.Payloads = onePayload("")

// storedWork is what a work row holds.
type storedWork struct {
	ARN, Resource, Role, Input string
	Deadline                   int64
}

// storedMock is what a work row holds of a call with a test case.
type storedMock struct {
	Work storedWork
	Mock task.Mock
}

// goldenWork is the golden files of a call with that input.
func goldenWork(name, input string) golden {
	want := storedWork{
		ARN: "arn:aws:states:us-east-1:000000000000:execution:Orders:e", Role: "arn:aws:iam::000000000000:role/r",
		Resource: "arn:aws:lambda:us-east-1:000000000000:function:f", Input: input, Deadline: 1767225600123,
	}
	return golden{
		name: name, first: workVersion1, now: workVersion, want: want,
		write: func() []byte {
			k := call{
				arn: want.ARN, resource: &asl.Resource{ARN: want.Resource}, role: want.Role, deadline: want.Deadline,
				input: value.Checked(want.Input),
			}
			return k.appendWork(nil, onePayload(input))
		},
		read: func(data []byte) (any, error) {
			var k call
			resource, err := k.readWork(data, onePayload(input))
			return storedWork{k.arn, resource, k.role, k.input.Text(), k.deadline}, err
		},
	}
}

// goldenMockedWork is the golden file of a call in an execution with a test case.
func goldenMockedWork() golden {
	work := goldenWork("", `{"n": 1}`).want.(storedWork)
	want := storedMock{
		Work: work,
		Mock: task.Mock{Machine: "arn:aws:states:us-east-1:000000000000:stateMachine:Orders", Case: "HappyPath", State: "Tell", Attempt: 300},
	}
	return golden{
		name: "work-mocked", first: workVersion, now: workVersion, want: want,
		write: func() []byte {
			k := call{
				arn: work.ARN, resource: &asl.Resource{ARN: work.Resource}, role: work.Role, deadline: work.Deadline,
				input: value.Checked(work.Input), mock: want.Mock,
			}
			return k.appendWork(nil, onePayload(""))
		},
		read: func(data []byte) (any, error) {
			var k call
			resource, err := k.readWork(data, onePayload(""))
			return storedMock{storedWork{k.arn, resource, k.role, k.input.Text(), k.deadline}, k.mock}, err
		},
	}
}
