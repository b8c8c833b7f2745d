package s3

import (
	"net/http"
	"strconv"

	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/value"
)

// refuse makes an error; fields are name and value of each element beside the message.
func refuse(status int, code, message string, fields ...string) *awswire.Error {
	e := &awswire.Error{Code: code, Message: message, Status: status}
	for i := 0; i+1 < len(fields); i += 2 {
		e.Extra = append(e.Extra, value.Member{Key: fields[i], Value: value.FromString(fields[i+1])})
	}
	return e
}

func noBucket(bucket string) *awswire.Error {
	return refuse(404, "NoSuchBucket", "The specified bucket does not exist", "BucketName", bucket)
}

func noKey(key string) *awswire.Error {
	return refuse(404, "NoSuchKey", "The specified key does not exist.", "Key", key)
}

func noVersion(key, id string) *awswire.Error {
	return refuse(404, "NoSuchVersion", "The specified version does not exist.", "Key", key, "VersionId", id)
}

func noUpload(id string) *awswire.Error {
	return refuse(404, "NoSuchUpload",
		"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", "UploadId", id)
}

func badArgument(message, name, v string) *awswire.Error {
	return refuse(400, "InvalidArgument", message, "ArgumentName", name, "ArgumentValue", v)
}

// badHeader is an InvalidArgument that does not repeat the value.
func badHeader(message, name string) *awswire.Error {
	return refuse(400, "InvalidArgument", message, "ArgumentName", name)
}

func badRequest(message string) *awswire.Error { return refuse(400, "InvalidRequest", message) }

func malformedXML() *awswire.Error {
	return refuse(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

func accessDenied() *awswire.Error { return refuse(403, "AccessDenied", "Access Denied") }

func locked() *awswire.Error {
	return refuse(403, "AccessDenied", "Access Denied because object protected by object lock.")
}

func failedCondition(condition string) *awswire.Error {
	return refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", "Condition", condition)
}

// notImplemented is about a header whose value, or whose company, S3 does not take.
func notImplemented(header, more string) *awswire.Error {
	return refuse(501, "NotImplemented", "A header you provided implies functionality that is not implemented",
		"Header", header, "additionalMessage", more)
}

// markerMethod is the answer to an operation on a version that is a delete marker.
func markerMethod(method string, v *version) *awswire.Error {
	e := refuse(405, "MethodNotAllowed", "The specified method is not allowed against this resource.", "Method", method, "ResourceType", "DeleteMarker")
	e.Header = http.Header{"X-Amz-Delete-Marker": {"true"}, "Allow": {"DELETE"}, "Last-Modified": {httpTime(v.Modified)}}
	if v.ID != "" {
		e.Header.Set("X-Amz-Version-Id", v.ID)
	}
	return e
}

func badRange(requested string, size int64) *awswire.Error {
	e := refuse(416, "InvalidRange", "The requested range is not satisfiable",
		"RangeRequested", requested, "ActualObjectSize", strconv.FormatInt(size, 10))
	return e
}
