package api

import (
	"github.com/statelark/statelark/task"
	"github.com/statelark/statelark/task/aws"
)

// Target lets Tasks call this API: it is the target of aws-sdk:sfn.
func (s *Server) Target() task.Target { return aws.NewSFN(s.Service()) }
