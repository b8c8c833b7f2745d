package logs

import (
	"context"

	"github.com/google/uuid"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local"
)

type exportInput struct {
	Group  string `json:"logGroupName"`
	Bucket string `json:"destination"`
	From   int64  `json:"from"`
	To     int64  `json:"to"`
}

// createExportTask says what is wrong with an export. Exports are not made here.
func (s *Service) createExportTask(ctx context.Context, r *awswire.Request, in *exportInput) (*struct{}, error) {
	if _, err := s.group(r.Place, in.Group, ""); err != nil {
		return nil, err
	}
	if in.To < in.From {
		return nil, invalid("Invalid export task time range: from is after to.")
	}
	input, err := local.Document(map[string]string{"Bucket": in.Bucket})
	if err != nil {
		return nil, err
	}
	if s.o.Others != nil {
		_, err = s.o.Others.Call(ctx, &awswire.Request{Service: "s3", Operation: "HeadBucket", Place: r.Place, Input: input, ID: uuid.NewString(), Length: -1})
		if err == nil {
			return nil, &awswire.Error{Code: "NotImplemented", Message: "Exports to S3 are not built in. The events can be read with FilterLogEvents.", Status: 501}
		}
	}
	return nil, invalid("The given bucket does not exist. Please make sure the bucket is valid.")
}

type exportsOutput struct {
	Tasks []struct{} `json:"exportTasks"`
}

func (s *Service) describeExportTasks(context.Context, *awswire.Request, *struct{}) (*exportsOutput, error) {
	return &exportsOutput{[]struct{}{}}, nil
}
