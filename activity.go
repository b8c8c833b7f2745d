package statelark

import "time"

// Activity is the record of an activity: a name under which workers outside ask for tasks.
type Activity struct {
	ARN        string
	Name       string
	Created    time.Time
	Encryption EncryptionConfiguration
	Tags       []Tag
}

// SameRequest reports whether the request to create b asks for what a is: all but the tags.
func (a *Activity) SameRequest(b *Activity) bool {
	return a.Name == b.Name && a.Encryption == b.Encryption
}

// ActivityTask is a task handed to a worker.
type ActivityTask struct {
	Token string
	Input string // JSON text
}
