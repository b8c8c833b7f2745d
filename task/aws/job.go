package aws

// job says how work stands that an action of an integration began, for .sync.
type job struct{}
