package crash

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// shelf is things of a service that have names and contents: contents are short texts, of which what is stored is made.
type shelf struct {
	name string
	put  func(ctx context.Context, c *services, key, content string) error
	drop func(ctx context.Context, c *services, key string) error
	// get returns the content, "" when there is no such thing.
	get func(ctx context.Context, c *services, key string) (string, error)
	// list returns all keys; nil: they are not listed.
	list func(ctx context.Context, c *services) ([]string, error)
	// missing is the code that says that there is no such thing.
	missing string
}

var shelves = []*shelf{
	{name: "item", put: putItem, drop: dropItem, get: getItem, list: listItems},
	{name: "small", put: putObject(200), drop: dropObject, get: getObject(200), list: listObjects("small"), missing: "NoSuchKey"},
	{name: "large", put: putObject(3 << 20), drop: dropObject, get: getObject(3 << 20), list: listObjects("large"), missing: "NoSuchKey"},
	{name: "parts", put: putParts, drop: dropObject, get: getObject(partBytes + 1000), list: listObjects("parts"), missing: "NoSuchKey"},
	{name: "secret", put: putSecret, drop: dropSecret, get: getSecret, list: listSecrets, missing: "ResourceNotFoundException"},
	{name: "parameter", put: putParameter, drop: dropParameter, get: getParameter, list: listParameters, missing: "ParameterNotFound"},
	{name: "function", put: putFunction, drop: dropFunction, get: getFunction, list: listFunctions, missing: "ResourceNotFoundException"},
	{name: "group", put: putGroup, drop: dropGroup, get: getGroup, list: listGroups, missing: "ResourceNotFoundException"},
}

const (
	table     = "things"
	bucket    = "things"
	partBytes = 5 << 20
)

func s(text string) object { return object{"S": text} }

func putItem(ctx context.Context, c *services, key, content string) error {
	_, err := c.do(ctx, "dynamodb", "PutItem", object{"TableName": table, "Item": object{"k": s(key), "v": s(content), "g": s("item")}})
	return err
}

func dropItem(ctx context.Context, c *services, key string) error {
	_, err := c.do(ctx, "dynamodb", "DeleteItem", object{"TableName": table, "Key": object{"k": s(key)}})
	return err
}

func getItem(ctx context.Context, c *services, key string) (string, error) {
	out, err := c.do(ctx, "dynamodb", "GetItem", object{"TableName": table, "Key": object{"k": s(key)}})
	return textAt(out, "Item", "v", "S"), err
}

// listItems reads the index: it has to agree with the table.
func listItems(ctx context.Context, c *services) (keys []string, err error) {
	out, err := c.do(ctx, "dynamodb", "Query", object{
		"TableName": table, "IndexName": "by-g", "KeyConditionExpression": "g = :g", "ExpressionAttributeValues": object{":g": s("item")},
	})
	for _, item := range listAt(out, "Items") {
		keys = append(keys, textAt(item, "k", "S"))
	}
	return keys, err
}

// body is what is stored of a content: of that many bytes, and told apart from any other at every place.
func body(content string, size int) []byte {
	sum := sha256.Sum256([]byte(content))
	line := content + " " + hex.EncodeToString(sum[:]) + "\n"
	return bytes.Repeat([]byte(line), size/len(line)+1)[:size]
}

func putObject(size int) func(context.Context, *services, string, string) error {
	return func(ctx context.Context, c *services, key, content string) error {
		_, _, err := c.send(ctx, http.MethodPut, "s3", "/"+bucket+"/"+key, body(content, size), "x-amz-meta-content", content)
		return err
	}
}

func putParts(ctx context.Context, c *services, key, content string) error {
	path, all := "/"+bucket+"/"+key, body(content, partBytes+1000)
	text, _, err := c.send(ctx, http.MethodPost, "s3", path+"?uploads=", nil, "x-amz-meta-content", content)
	if err != nil {
		return err
	}
	upload := regexp.MustCompile(`<UploadId>([^<]+)`).FindStringSubmatch(string(text))
	if upload == nil {
		return fmt.Errorf("an upload without an id: %s", text)
	}
	var list strings.Builder
	for i, part := range [][]byte{all[:partBytes], all[partBytes:]} {
		_, head, err := c.send(ctx, http.MethodPut, "s3", fmt.Sprintf("%s?partNumber=%d&uploadId=%s", path, i+1, upload[1]), part)
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, head.Get("ETag"))
	}
	done := "<CompleteMultipartUpload>" + list.String() + "</CompleteMultipartUpload>"
	_, _, err = c.send(ctx, http.MethodPost, "s3", path+"?uploadId="+upload[1], []byte(done))
	return err
}

func dropObject(ctx context.Context, c *services, key string) error {
	_, _, err := c.send(ctx, http.MethodDelete, "s3", "/"+bucket+"/"+key, nil)
	return err
}

// getObject reads an object whole: bytes, ETag and metadata have to be of one content.
func getObject(size int) func(context.Context, *services, string) (string, error) {
	return func(ctx context.Context, c *services, key string) (string, error) {
		text, head, err := c.send(ctx, http.MethodGet, "s3", "/"+bucket+"/"+key, nil)
		if err != nil {
			return "", err
		}
		content := head.Get("x-amz-meta-content")
		if !bytes.Equal(text, body(content, size)) {
			return "", &mixed{fmt.Sprintf("object %s is not the %d bytes of %q, it has %d: %.100q", key, size, content, len(text), text)}
		}
		if got, want := strings.Trim(head.Get("ETag"), `"`), etagOf(text); got != want {
			return "", &mixed{fmt.Sprintf("object %s has the ETag %s, want %s", key, got, want)}
		}
		return content, nil
	}
}

// mixed says that what was read is nothing that was ever written.
type mixed struct{ text string }

func (m *mixed) Error() string { return m.text }

func etagOf(text []byte) string {
	if len(text) <= partBytes {
		return fmt.Sprintf("%x", md5.Sum(text))
	}
	first, second := md5.Sum(text[:partBytes]), md5.Sum(text[partBytes:])
	return fmt.Sprintf("%x-2", md5.Sum(append(first[:], second[:]...)))
}

var keyInXML = regexp.MustCompile(`<Key>([^<]+)</Key>`)

func listObjects(prefix string) func(context.Context, *services) ([]string, error) {
	return func(ctx context.Context, c *services) (keys []string, err error) {
		text, _, err := c.send(ctx, http.MethodGet, "s3", "/"+bucket+"?list-type=2&prefix="+prefix, nil)
		for _, m := range keyInXML.FindAllStringSubmatch(string(text), -1) {
			keys = append(keys, m[1])
		}
		return keys, err
	}
}

func putSecret(ctx context.Context, c *services, key, content string) error {
	_, err := c.do(ctx, "secretsmanager", "PutSecretValue", object{"SecretId": key, "SecretString": content, "ClientRequestToken": token(content)})
	if refusedWith(err) == "ResourceNotFoundException" {
		_, err = c.do(ctx, "secretsmanager", "CreateSecret", object{"Name": key, "SecretString": content, "ClientRequestToken": token(content)})
	}
	return err
}

// token is one for a content, and always the same.
func token(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:16])
}

func dropSecret(ctx context.Context, c *services, key string) error {
	_, err := c.do(ctx, "secretsmanager", "DeleteSecret", object{"SecretId": key, "ForceDeleteWithoutRecovery": true})
	return err
}

func getSecret(ctx context.Context, c *services, key string) (string, error) {
	out, err := c.do(ctx, "secretsmanager", "GetSecretValue", object{"SecretId": key})
	return textAt(out, "SecretString"), err
}

func listSecrets(ctx context.Context, c *services) (keys []string, err error) {
	out, err := c.do(ctx, "secretsmanager", "ListSecrets", object{"MaxResults": 100})
	for _, x := range listAt(out, "SecretList") {
		keys = append(keys, textAt(x, "Name"))
	}
	return keys, err
}

func putParameter(ctx context.Context, c *services, key, content string) error {
	_, err := c.do(ctx, "ssm", "PutParameter", object{"Name": key, "Value": content, "Type": "String", "Overwrite": true})
	return err
}

func dropParameter(ctx context.Context, c *services, key string) error {
	_, err := c.do(ctx, "ssm", "DeleteParameter", object{"Name": key})
	return err
}

func getParameter(ctx context.Context, c *services, key string) (string, error) {
	out, err := c.do(ctx, "ssm", "GetParameter", object{"Name": key})
	return textAt(out, "Parameter", "Value"), err
}

func listParameters(ctx context.Context, c *services) (keys []string, err error) {
	out, err := c.do(ctx, "ssm", "DescribeParameters", object{"MaxResults": 50})
	for _, x := range listAt(out, "Parameters") {
		keys = append(keys, textAt(x, "Name"))
	}
	return keys, err
}

// archive is a function's code with a content in it.
func archive(content string) []byte {
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	f, err := w.Create("app.py")
	if err == nil {
		_, err = fmt.Fprintf(f, "def handler(event, context):\n    return %q\n", content)
	}
	if err := slices.Compact([]error{err, w.Close()}); err[0] != nil {
		panic(err[0])
	}
	return file.Bytes()
}

func codeHash(content string) string {
	sum := sha256.Sum256(archive(content))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func putFunction(ctx context.Context, c *services, key, content string) error {
	_, err := c.rest(ctx, http.MethodPut, "lambda", "/2015-03-31/functions/"+key+"/code", object{"ZipFile": archive(content)})
	if refusedWith(err) == "ResourceNotFoundException" {
		_, err = c.rest(ctx, http.MethodPost, "lambda", "/2015-03-31/functions", object{
			"FunctionName": key, "Role": role, "Runtime": "python3.12", "Handler": "app.handler", "Code": object{"ZipFile": archive(content)},
			"Description": content,
		})
	}
	return err
}

func dropFunction(ctx context.Context, c *services, key string) error {
	_, _, err := c.send(ctx, http.MethodDelete, "lambda", "/2015-03-31/functions/"+key, nil)
	return err
}

// getFunction reads the code as well: its hash is the content that the book has.
func getFunction(ctx context.Context, c *services, key string) (string, error) {
	text, _, err := c.send(ctx, http.MethodGet, "lambda", "/2015-03-31/functions/"+key, nil)
	if err != nil {
		return "", err
	}
	var out object
	if err := json.Unmarshal(text, &out); err != nil {
		return "", err
	}
	return textAt(out, "Configuration", "CodeSha256"), nil
}

func listFunctions(ctx context.Context, c *services) (keys []string, err error) {
	text, _, err := c.send(ctx, http.MethodGet, "lambda", "/2015-03-31/functions/", nil)
	if err != nil {
		return nil, err
	}
	var out object
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, err
	}
	for _, f := range listAt(out, "Functions") {
		keys = append(keys, textAt(f, "FunctionName"))
	}
	return keys, nil
}

// putGroup makes a group of logs with the content as its tag.
func putGroup(ctx context.Context, c *services, key, content string) error {
	_, err := c.do(ctx, "logs", "TagLogGroup", object{"logGroupName": key, "tags": object{"content": content}})
	if refusedWith(err) == "ResourceNotFoundException" {
		_, err = c.do(ctx, "logs", "CreateLogGroup", object{"logGroupName": key, "tags": object{"content": content}})
	}
	return err
}

func dropGroup(ctx context.Context, c *services, key string) error {
	_, err := c.do(ctx, "logs", "DeleteLogGroup", object{"logGroupName": key})
	return err
}

func getGroup(ctx context.Context, c *services, key string) (string, error) {
	out, err := c.do(ctx, "logs", "ListTagsLogGroup", object{"logGroupName": key})
	return textAt(out, "tags", "content"), err
}

func listGroups(ctx context.Context, c *services) (keys []string, err error) {
	out, err := c.do(ctx, "logs", "DescribeLogGroups", object{"logGroupNamePrefix": "group"})
	for _, g := range listAt(out, "logGroups") {
		keys = append(keys, textAt(g, "logGroupName"))
	}
	return keys, err
}
