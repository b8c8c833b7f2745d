package model

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Partition is a part of AWS that has accounts and host names of its own.
type Partition struct {
	ID string // "aws", "aws-cn"
	// Suffix ends the names of hosts, Dual those of hosts that have IPv6 as well.
	Suffix, Dual string
	regions      *regexp.Regexp
}

// place is where a service is, in a partition, in a region, or everywhere.
type place struct{ host, signing string }

// places are those of services that are not where one would think.
type places struct {
	partitions []Partition // the first is that of regions nobody knows
	special    map[[2]string]place
}

var endpoints = sync.OnceValue(func() *places {
	raw, err := index().decoder.DecodeAll([]byte(index().places), nil)
	if err != nil {
		panic(fmt.Sprintf("unpacking models.bin: %v", err))
	}
	p := &places{special: map[[2]string]place{}}
	for line := range strings.SplitSeq(string(raw), "\n") {
		f := strings.Fields(line)
		if f[0] == "partition" {
			p.partitions = append(p.partitions, Partition{f[1], f[2], f[3], regexp.MustCompile(f[4])})
			continue
		}
		p.special[[2]string{f[0], f[1]}] = place{f[2], f[3]}
	}
	return p
})

// PartitionOf returns the partition of a region.
func PartitionOf(region string) Partition {
	all := endpoints().partitions
	for _, p := range all {
		if p.regions.MatchString(region) {
			return p
		}
	}
	return all[0]
}

// Endpoint returns the host where AWS has a service, and the region to sign for, which is another one where a service is in
// one place for all. Two services have a path after the host. It is "" for a service that the model has not.
func Endpoint(service, region string) (host, signingRegion string) {
	e := index().find(service)
	if e == nil {
		return "", ""
	}
	p := PartitionOf(region)
	at := place{"{prefix}.{region}.{suffix}", "{region}"}
	for _, where := range []string{region, p.ID, "*"} {
		if special, ok := endpoints().special[[2]string{service, where}]; ok {
			at = special
			break
		}
	}
	fill := strings.NewReplacer("{region}", region, "{suffix}", p.Suffix, "{dual}", p.Dual)
	host = at.host
	if strings.Contains(host, "{prefix}") {
		host = strings.ReplaceAll(host, "{prefix}", Load(service).EndpointPrefix)
	}
	return fill.Replace(host), fill.Replace(at.signing)
}
