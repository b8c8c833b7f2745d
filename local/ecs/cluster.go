package ecs

import (
	"context"
	"slices"

	"github.com/statelark/statelark/arn"
	"github.com/statelark/statelark/awswire"
	"github.com/statelark/statelark/local/kv"
)

// cluster is a cluster, which here is a name for some tasks.
type cluster struct {
	ARN               string           `json:"clusterArn"`
	Name              string           `json:"clusterName"`
	Status            string           `json:"status"`
	Instances         int              `json:"registeredContainerInstancesCount"`
	Running           int              `json:"runningTasksCount"`
	Pending           int              `json:"pendingTasksCount"`
	Services          int              `json:"activeServicesCount"`
	Statistics        []map[string]any `json:"statistics"`
	Tags              []tag            `json:"tags"`
	Settings          []map[string]any `json:"settings"`
	CapacityProviders []string         `json:"capacityProviders"`
	Strategy          []map[string]any `json:"defaultCapacityProviderStrategy"`
	Configuration     map[string]any   `json:"configuration,omitempty"`
}

const defaultCluster = "default"

type clusterInput struct {
	Name              string           `json:"clusterName"`
	Tags              []tag            `json:"tags"`
	Settings          []map[string]any `json:"settings"`
	CapacityProviders []string         `json:"capacityProviders"`
	Strategy          []map[string]any `json:"defaultCapacityProviderStrategy"`
	Configuration     map[string]any   `json:"configuration"`
}

type clusterOutput struct {
	Cluster *cluster `json:"cluster"`
}

// createCluster makes a cluster. One that is there is the answer as it is.
func (s *Service) createCluster(_ context.Context, r *awswire.Request, in *clusterInput) (*clusterOutput, error) {
	if in.Name == "" {
		in.Name = defaultCluster
	}
	if !nameForm.MatchString(in.Name) {
		return nil, invalid("Cluster name should match valid pattern.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.clusters.Get(r.Place, in.Name)
	if err != nil || old != nil {
		return &clusterOutput{old}, err
	}
	c := &cluster{
		ARN: r.Place.ARN("ecs", "cluster/"+in.Name), Name: in.Name, Status: "ACTIVE", Statistics: []map[string]any{}, Tags: orNone(in.Tags),
		Settings: in.Settings, CapacityProviders: orNone(in.CapacityProviders), Strategy: orNone(in.Strategy), Configuration: in.Configuration,
	}
	if c.Settings == nil {
		c.Settings = []map[string]any{{"name": "containerInsights", "value": "disabled"}}
	}
	return &clusterOutput{c}, s.clusters.Save(c, r.Place, c.Name)
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// findCluster returns the cluster of a name or an ARN, "": the one called default.
func (s *Service) findCluster(at arn.Place, id string) (*cluster, error) {
	if id == "" {
		id = defaultCluster
	}
	c, err := s.clusters.Get(at, nameOf(id))
	if err == nil && c == nil {
		err = noCluster()
	}
	return c, err
}

type describeClustersInput struct {
	Clusters []string `json:"clusters"`
	Include  []string `json:"include"`
}

type describeClustersOutput struct {
	Clusters []*cluster `json:"clusters"`
	Failures []failure  `json:"failures"`
}

// failure is what could not be done with one of several things.
type failure struct {
	ARN    string `json:"arn"`
	Reason string `json:"reason"`
}

func (s *Service) describeClusters(_ context.Context, r *awswire.Request, in *describeClustersInput) (*describeClustersOutput, error) {
	out := &describeClustersOutput{Clusters: []*cluster{}, Failures: []failure{}}
	if len(in.Clusters) == 0 {
		in.Clusters = []string{defaultCluster}
	}
	for _, id := range in.Clusters {
		c, err := s.clusters.Get(r.Place, nameOf(id))
		if err != nil {
			return nil, err
		}
		if c == nil {
			out.Failures = append(out.Failures, failure{r.Place.ARN("ecs", "cluster/"+nameOf(id)), "MISSING"})
			continue
		}
		if c.Running, c.Pending, err = s.count(r.Place, c.Name); err != nil {
			return nil, err
		}
		if !slices.Contains(in.Include, "TAGS") {
			c.Tags = []tag{}
		}
		out.Clusters = append(out.Clusters, c)
	}
	return out, nil
}

// count counts the tasks of a cluster that have not stopped.
func (s *Service) count(at arn.Place, name string) (run, wait int, err error) {
	for p, err := range s.active.All(nowhere) {
		if err != nil {
			return 0, 0, err
		}
		if p.Cluster != name || p.place() != at {
			continue
		}
		t, err := s.tasks.Get(at, name, p.ID)
		switch {
		case err != nil:
			return 0, 0, err
		case t == nil:
		case t.LastStatus == statusRunning:
			run++
		default:
			wait++
		}
	}
	return run, wait, nil
}

type listClustersInput struct {
	NextToken  string `json:"nextToken"`
	MaxResults int    `json:"maxResults"`
}

type listClustersOutput struct {
	ARNs      []string `json:"clusterArns"`
	NextToken string   `json:"nextToken,omitempty"`
}

func (s *Service) listClusters(_ context.Context, r *awswire.Request, in *listClustersInput) (*listClustersOutput, error) {
	out := &listClustersOutput{ARNs: []string{}}
	from, to := s.clusters.Key(r.Place), kv.After(s.clusters.Key(r.Place))
	if in.NextToken != "" {
		from = append(s.clusters.Key(r.Place, in.NextToken), 0)
	}
	limit := pageSize(in.MaxResults)
	for c, err := range s.clusters.Range(from, to, false) {
		if err != nil {
			return nil, err
		}
		if len(out.ARNs) == limit {
			out.NextToken = nameOf(out.ARNs[limit-1])
			break
		}
		out.ARNs = append(out.ARNs, c.ARN)
	}
	return out, nil
}

type clusterName struct {
	Cluster string `json:"cluster"`
}

func (s *Service) deleteCluster(_ context.Context, r *awswire.Request, in *clusterName) (*clusterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findCluster(r.Place, in.Cluster)
	if err != nil {
		return nil, err
	}
	run, wait, err := s.count(r.Place, c.Name)
	if err != nil {
		return nil, err
	}
	if run+wait > 0 {
		return nil, refuse("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
	}
	var b kv.Batch
	s.clusters.Delete(&b, r.Place, c.Name)
	c.Status = "INACTIVE"
	return &clusterOutput{c}, s.o.Store.Apply(&b)
}
