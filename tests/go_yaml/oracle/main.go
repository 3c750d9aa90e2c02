// Gives the answers of Go's YAML libraries to snippets, for comparison with ours.
//
// Standard input: frames of a big-endian 32-bit length and as many bytes. Standard output: one JSON object a line.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	goyaml "go.yaml.in/yaml/v2"
	pretty "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

type answer struct {
	// The first document as JSON, or the error.
	JSON  string `json:"json"`
	Error string `json:"error"`
	// The error of strict decoding.
	Strict string `json:"strict"`
	// The output of Helm's toYaml and toYamlPretty for the first document.
	YAML   string `json:"yaml"`
	Pretty string `json:"pretty"`
	// How many documents there are before the error, if there is one.
	Documents   int    `json:"documents"`
	StreamError string `json:"stream_error"`
	// The error that fromYaml gives instead of a map.
	FromYaml string `json:"from_yaml"`
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func guard(problem *string, run func()) {
	defer func() {
		if recovered := recover(); recovered != nil {
			*problem = fmt.Sprintf("panic: %v", recovered)
		}
	}()
	run()
}

func ask(snippet []byte) (a answer) {
	guard(&a.Error, func() {
		data, err := yaml.YAMLToJSON(snippet)
		a.JSON, a.Error = string(data), text(err)
	})
	guard(&a.Strict, func() {
		_, err := yaml.YAMLToJSONStrict(snippet)
		a.Strict = text(err)
	})
	guard(&a.StreamError, func() {
		decoder := goyaml.NewDecoder(bytes.NewReader(snippet))
		for {
			var value interface{}
			if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				a.StreamError = text(err)
				return
			}
			a.Documents++
		}
	})
	m := map[string]interface{}{}
	guard(&a.FromYaml, func() { a.FromYaml = text(yaml.Unmarshal(snippet, &m)) })
	if a.Error != "" {
		return a
	}
	var value interface{}
	if yaml.Unmarshal(snippet, &value) != nil {
		return a
	}
	if data, err := yaml.Marshal(value); err == nil {
		a.YAML = strings.TrimSuffix(string(data), "\n")
	}
	guard(&a.Pretty, func() {
		var out bytes.Buffer
		encoder := pretty.NewEncoder(&out)
		encoder.SetIndent(2)
		if encoder.Encode(value) == nil {
			a.Pretty = strings.TrimSuffix(out.String(), "\n")
		}
	})
	return a
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(out)
	for {
		var length uint32
		if binary.Read(in, binary.BigEndian, &length) != nil {
			break
		}
		snippet := make([]byte, length)
		if _, err := io.ReadFull(in, snippet); err != nil {
			break
		}
		if encoder.Encode(ask(snippet)) != nil {
			break
		}
	}
	if out.Flush() != nil {
		os.Exit(1)
	}
}
