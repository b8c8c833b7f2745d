// Package clients holds the server against the clients that people have: the AWS CLI, boto3, the SDKs for Go and
// for JavaScript. Each goes through the life of a state machine: create it and an activity, start executions, poll the
// activity and answer it, describe, page through the history, tag, be refused in several ways, delete.
//
// The package for JavaScript is looked for in the folder that STATELARK_NPM names (it has a node_modules), which
// .ci/run fills.
package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/statelark/statelark/servertest"
)

const definition = "testdata/orders.asl.json"

// TestClients builds the server once and gives each client one of its own.
func TestClients(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a server for each client")
	}
	binary := servertest.Build(t)
	t.Run("places", func(t *testing.T) {
		t.Parallel()
		testPlaces(t, binary)
	})
	for name, test := range map[string]func(*testing.T, string){
		"AWS CLI": testAWSCLI, "boto3": testBoto3, "JavaScript": testJavaScript, "Go": testGo, "Terraform": testTerraform,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, binary)
		})
	}
}

func testAWSCLI(t *testing.T, binary string) {
	shell := servertest.Program(t, "sh")
	servertest.Program(t, "aws")
	runClient(t, binary, nil, shell, "testdata/aws_cli.sh")
}

func testBoto3(t *testing.T, binary string) {
	python := servertest.Program(t, "python3")
	if exec.Command(python, "-c", "import boto3").Run() != nil {
		servertest.Missing(t, servertest.RequireClients, "this test needs boto3, which this machine's python3 does not have")
	}
	runClient(t, binary, nil, python, "testdata/boto3_client.py")
}

// testPlaces has the AWS CLI and boto3 use the same names in two regions and two accounts of one server.
func testPlaces(t *testing.T, binary string) {
	shell, python := servertest.Program(t, "sh"), servertest.Program(t, "python3")
	servertest.Program(t, "aws")
	onKeys := []string{"AWS_ACCESS_KEY_ID="} // the programs name their own
	runClientOf(t, servertest.StartBinary(t, binary, "--account-from-key"), onKeys, shell, "testdata/places_cli.sh")
	if exec.Command(python, "-c", "import boto3").Run() != nil {
		servertest.Missing(t, servertest.RequireClients, "this test needs boto3, which this machine's python3 does not have")
	}
	runClientOf(t, servertest.StartBinary(t, binary, "--account-from-key"), onKeys, python, "testdata/places_boto3.py")
}

func testJavaScript(t *testing.T, binary string) {
	node := servertest.Program(t, "node")
	modules := "NODE_PATH=" + filepath.Join(os.Getenv("STATELARK_NPM"), "node_modules")
	probe := exec.Command(node, "-e", `require.resolve("@aws-sdk/client-sfn")`)
	probe.Env = append(os.Environ(), modules)
	if probe.Run() != nil {
		servertest.Missing(t, servertest.RequireClients, "node finds no @aws-sdk/client-sfn in the folder that STATELARK_NPM names")
	}
	runClient(t, binary, []string{modules}, node, "testdata/sdk_client.cjs")
}

// runClient runs a client's program against a new server; it has to end well.
func runClient(t *testing.T, binary string, env []string, program ...string) {
	t.Helper()
	runClientOf(t, servertest.StartBinary(t, binary), env, program...)
}

// runClientOf runs a client's program against a server.
func runClientOf(t *testing.T, server *servertest.Server, env []string, program ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program[0], append(program[1:], definition)...)
	command.Env = append(server.ClientEnv(), env...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(program[1]), err, out)
	}
	t.Logf("%s", out)
}
