package shortcut

import (
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

const machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m"

// bySDK starts an execution with the SDK for Go.
func bySDK(t *testing.T, url string) {
	client := sfn.New(sfn.Options{Region: "us-east-1", BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "token"), Retryer: aws.NopRetryer{}})
	_, _ = client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machine), Input: aws.String("{}")}) // nobody answers
}

// byBoto starts one with boto3.
func byBoto(t *testing.T, url string) {
	cmd := exec.Command("python3", "-c", `
import boto3, sys
from botocore.config import Config
client = boto3.client("stepfunctions", endpoint_url=sys.argv[1], config=Config(retries={"total_max_attempts": 1}))
try:
    client.start_execution(stateMachineArn=sys.argv[2], input="{}")
except Exception:
    pass # nobody answers
`, url, machine)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "AWS_ACCESS_KEY_ID=AKID", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token",
		"AWS_DEFAULT_REGION=us-east-1", "HOME=" + t.TempDir()}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// What AWS's clients send is what the loop is for.
func TestClients(t *testing.T) {
	for name, call := range map[string]func(*testing.T, string){"Go": bySDK, "boto3": byBoto} {
		t.Run(name, func(t *testing.T) {
			if name == "boto3" && exec.Command("python3", "-c", "import boto3").Run() != nil {
				t.Skip("there is no python3 with boto3")
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			called := make(chan struct{})
			go func() {
				defer close(called)
				defer func() { _ = l.Close() }() // nobody else calls
				call(t, "http://"+l.Addr().String())
			}()
			conn, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			h, v, text := readRequest(t, conn)
			_ = conn.Close() // it gets no answer
			<-called
			if v != ours || string(h.target) != "AWSStepFunctions.StartExecution" {
				t.Errorf("the verdict is %d on %q", v, text)
			}
		})
	}
}

func readRequest(t *testing.T, conn net.Conn) (h head, v verdict, text []byte) {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, maxRequest)
	for n := 0; v == incomplete || v == ours && n < h.size+h.length; {
		more, err := conn.Read(buf[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += more
		text = buf[:n]
		h, v = parseHead(text)
	}
	return h, v, text
}
