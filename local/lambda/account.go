package lambda

import (
	"net/http"

	"github.com/statelark/statelark/task/function"
)

func (h *Handler) listTags(r *http.Request) (int, any, error) {
	ref, err := function.ParseRef(r.PathValue("arn"), "")
	if err != nil {
		return 0, nil, err
	}
	tags, err := h.catalog.Tags(ref)
	if err != nil {
		return 0, nil, err
	}
	if tags == nil {
		tags = map[string]string{}
	}
	return http.StatusOK, map[string]any{"Tags": tags}, nil
}

func (h *Handler) tagResource(r *http.Request) (int, any, error) {
	var in struct{ Tags map[string]string }
	ref, err := function.ParseRef(r.PathValue("arn"), "")
	if err != nil {
		return 0, nil, err
	}
	if err := read(r, &in); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, h.catalog.Tag(ref, in.Tags, nil)
}

func (h *Handler) untagResource(r *http.Request) (int, any, error) {
	ref, err := function.ParseRef(r.PathValue("arn"), "")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, h.catalog.Tag(ref, nil, r.URL.Query()["tagKeys"])
}

func (h *Handler) getAccountSettings(*http.Request) (int, any, error) {
	fs := h.catalog.List()
	var size int64
	for _, f := range fs {
		size += f.Code.Size
	}
	return http.StatusOK, map[string]any{
		"AccountLimit": map[string]int64{
			"TotalCodeSize": 80530636800, "CodeSizeUnzipped": 262144000, "CodeSizeZipped": 52428800,
			"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000,
		},
		"AccountUsage": map[string]int64{"TotalCodeSize": size, "FunctionCount": int64(len(fs))},
	}, nil
}

// The operations below tell of what functions do not have here; deployment tools ask for it.

func (h *Handler) getPolicy(r *http.Request) (int, any, error) {
	if _, err := h.existing(r); err != nil {
		return 0, nil, err
	}
	return 0, nil, function.Errorf("ResourceNotFoundException", http.StatusNotFound, "The resource you requested does not exist.")
}

func (h *Handler) getConcurrency(r *http.Request) (int, any, error) {
	if _, err := h.existing(r); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

func (h *Handler) getCodeSigning(r *http.Request) (int, any, error) {
	f, err := h.existing(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]string{"FunctionName": f.Name}, nil
}

func (h *Handler) getRuntimeManagement(r *http.Request) (int, any, error) {
	f, err := h.existing(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]string{"FunctionArn": h.catalog.ARN(f.Name, ""), "UpdateRuntimeOn": "Auto"}, nil
}

func (h *Handler) getRecursion(r *http.Request) (int, any, error) {
	if _, err := h.existing(r); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]string{"RecursiveLoop": "Terminate"}, nil
}

func (h *Handler) existing(r *http.Request) (*function.Function, error) {
	ref, err := named(r)
	if err != nil {
		return nil, err
	}
	return h.catalog.Get(ref)
}
