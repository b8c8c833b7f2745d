package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	schema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

// serve runs the four services in one process. SQLite flushes its log at every commit.
func serve(addr, file string) error {
	c, err := configuration(addr, file)
	if err != nil {
		return err
	}
	sql := c.Persistence.DataStores[sqlite.PluginName].SQL
	if err := schema.SetupSchema(sql); err != nil {
		return err
	}
	namespace, err := schema.NewNamespaceConfig("active", "default", false, nil)
	if err != nil {
		return err
	}
	if err := schema.CreateNamespaces(sql, namespace); err != nil {
		return err
	}
	s, err := temporal.NewServer(temporal.WithConfig(c), temporal.ForServices(temporal.DefaultServices),
		temporal.WithLogger(log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "fatal", OutputFile: os.DevNull}))),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()), temporal.InterruptOn(temporal.InterruptCh()))
	if err != nil {
		return err
	}
	return s.Start()
}

func configuration(addr, file string) (*config.Config, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	frontend, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	c := &config.Config{}
	c.Global.Membership = config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: host}
	c.Global.Metrics = &metrics.Config{}
	c.Persistence = config.Persistence{
		DefaultStore: sqlite.PluginName, VisibilityStore: sqlite.PluginName, NumHistoryShards: 1,
		DataStores: map[string]config.DataStore{sqlite.PluginName: {SQL: &config.SQL{
			PluginName: sqlite.PluginName, DatabaseName: file,
			ConnectAttributes: map[string]string{"mode": "rwc", "_journal_mode": "wal", "_synchronous": "2"},
		}}},
	}
	c.ClusterMetadata = &cluster.Config{
		FailoverVersionIncrement: 10, MasterClusterName: "active", CurrentClusterName: "active",
		ClusterInformation: map[string]cluster.ClusterInformation{
			"active": {Enabled: true, InitialFailoverVersion: 1, RPCAddress: addr},
		},
	}
	c.DCRedirectionPolicy.Policy = "noop"
	c.Archival = config.Archival{History: config.HistoryArchival{State: "disabled"}, Visibility: config.VisibilityArchival{State: "disabled"}}
	c.NamespaceDefaults.Archival = config.ArchivalNamespaceDefaults{
		History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
		Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
	}
	c.PublicClient.HostPort = addr
	c.Services = make(map[string]config.Service)
	for _, name := range temporal.DefaultServices {
		ports := [2]int{}
		for i := range ports {
			if ports[i], err = freePort(); err != nil {
				return nil, err
			}
		}
		if name == "frontend" {
			ports[0] = frontend
		}
		c.Services[name] = config.Service{RPC: config.RPC{GRPCPort: ports[0], MembershipPort: ports[1], BindOnLocalHost: true}}
	}
	return c, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("finding a free port: %w", err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
