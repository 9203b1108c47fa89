// Package defentrymock gives each test a sandbox on the Defentry mock. It needs nothing but the standard library, so the
// file can be copied into the module whose tests use it. packages/RULES.md in the repository of the mock has the rules
// that it follows.
package defentrymock

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	firstLine        = "listening on "
	startLimit       = 10 * time.Second
	reportedRequests = 20
	reportedLines    = 20
)

// The server is on this machine, so its calls go past any proxy of the environment.
var client = &http.Client{Transport: &http.Transport{Proxy: nil}}

// Sandbox is a world of its own on a server of the mock.
type Sandbox struct {
	// ID is part of the base URL.
	ID string `json:"id"`
	// BaseURL is what the client under test takes as base URL.
	BaseURL string `json:"base_url"`
	// CRM has the CRM credentials of the first partner.
	CRM struct{ Username, Password, Token string } `json:"crm"`
	// SSO is the SSO client of the first partner.
	SSO struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	} `json:"sso"`
	// Accounts are those of the seed.
	Accounts []Account `json:"accounts"`

	t testing.TB
}

// Account is an account of the seed. Its ID is a number or a string; AppToken is empty if the seed has none for it.
type Account struct {
	ID       any    `json:"id"`
	Email    string `json:"email"`
	AppToken string `json:"app_token"`
}

// Message is a message that a user was sent. Subject, Link and Code are empty if it has none.
type Message struct {
	Channel, To, Kind, Subject, Text, Link, Code string
}

// Request is a request that the client under test has sent, with secrets and personal numbers masked. Status is 0 if
// there was no response, Hint is empty if there is none, and Fault is the fault that was injected, as JSON.
type Request struct {
	Method, Path, Token, Hint string
	Status                    int
	Facts, Assumptions        []string
	Fault                     json.RawMessage
}

// Option says in what a sandbox differs from its server.
type Option func(map[string]any)

// Seed sets what a sandbox starts from: "default", "empty" or a whole seed.
func Seed(seed any) Option {
	return func(body map[string]any) { body["seed"] = seed }
}

// Assume sets one assumption, as in Assume("id.form", "uuid").
func Assume(key string, value any) Option {
	return func(body map[string]any) {
		assume, ok := body["assume"].(map[string]any)
		if !ok {
			assume = map[string]any{}
			body["assume"] = assume
		}
		assume[key] = value
	}
}

// Start makes a sandbox for a test, which ends with the test, on the server that DEFENTRY_BASE_URL names, or else on one
// that is started with the first test of the process and ends with the process. When the test fails, its log shows what
// the mock saw.
func Start(t testing.TB, options ...Option) *Sandbox {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	body := map[string]any{}
	for _, option := range options {
		option(body)
	}
	sandbox := &Sandbox{t: t}
	if err := control(server.baseURL, http.MethodPost, "sandboxes", body, sandbox); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(sandbox.Report())
		}
		if err := control(server.baseURL, http.MethodDelete, "sandboxes/"+sandbox.ID, nil, nil); err != nil {
			t.Error(err)
		}
	})
	return sandbox
}

// Control calls a control route of this sandbox, as in Control("POST", "faults", fault, nil), and reads its JSON into a
// value that is not nil. The test ends if the call is refused.
func (s *Sandbox) Control(method, route string, body, into any) {
	s.t.Helper()
	if err := control(s.BaseURL, method, route, body, into); err != nil {
		s.t.Fatal(err)
	}
}

// Outbox returns the messages that users were sent, oldest first, or those to one address or number if it is not empty.
// It waits at most so long for the first one.
func (s *Sandbox) Outbox(to string, wait time.Duration) []Message {
	s.t.Helper()
	query := url.Values{"wait": {strconv.FormatFloat(wait.Seconds(), 'f', -1, 64)}}
	if to != "" {
		query.Set("to", to)
	}
	var answer struct{ Messages []Message }
	s.Control(http.MethodGet, "outbox?"+query.Encode(), nil, &answer)
	return answer.Messages
}

// Leak puts a value into a breach: every account that watches it, now or later, gets an alarm.
func (s *Sandbox) Leak(kind, value string) {
	s.t.Helper()
	s.Control(http.MethodPost, "leaks", map[string]string{"kind": kind, "value": value}, nil)
}

// Advance moves the clock of this sandbox by whole seconds; tokens, codes and links expire by it.
func (s *Sandbox) Advance(by time.Duration) {
	s.t.Helper()
	s.Control(http.MethodPut, "clock", map[string]int64{"advance_seconds": int64(by.Seconds())}, nil)
}

// Requests returns what the client under test has sent, oldest first.
func (s *Sandbox) Requests() []Request {
	s.t.Helper()
	requests, err := s.requests()
	if err != nil {
		s.t.Fatal(err)
	}
	return requests
}

func (s *Sandbox) requests() ([]Request, error) {
	var answer struct{ Requests []Request }
	err := control(s.BaseURL, http.MethodGet, "requests", nil, &answer)
	return answer.Requests, err
}

// Report returns the last requests and their hints as text, or the end of the log of a server that has ended.
func (s *Sandbox) Report() string {
	if server, err := shared(); err == nil && server.hasEnded() {
		return "the Defentry mock has ended; its log ends with:\n" + server.log.String()
	}
	requests, err := s.requests()
	if err != nil {
		return err.Error()
	}
	if len(requests) == 0 {
		return fmt.Sprintf("the Defentry mock at %s saw no requests", s.BaseURL)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "the Defentry mock at %s saw these requests:", s.BaseURL)
	if earlier := len(requests) - reportedRequests; earlier > 0 {
		fmt.Fprintf(&text, "\n  … %d earlier ones", earlier)
		requests = requests[earlier:]
	}
	for _, request := range requests {
		status := "no response"
		if request.Status != 0 {
			status = strconv.Itoa(request.Status)
		}
		token := strings.Replace(request.Token, "none", "no", 1)
		fmt.Fprintf(&text, "\n  %s %s → %s (%s token)", request.Method, request.Path, status, token)
		if len(request.Fault) > 0 {
			fmt.Fprintf(&text, "\n    fault: %s", request.Fault)
		}
		if request.Hint != "" {
			fmt.Fprintf(&text, "\n    hint: %s", request.Hint)
		}
	}
	return text.String()
}

func control(baseURL, method, route string, body, into any) error {
	target := baseURL + "/_mock/" + route
	about := func(err error) error { return fmt.Errorf("%s %s: %w", method, target, err) }
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return about(err)
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, target, content)
	if err != nil {
		return about(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return about(err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		var refused struct{ Error string }
		if json.Unmarshal(text, &refused) != nil || refused.Error == "" {
			refused.Error = string(text)
		}
		return about(fmt.Errorf("%d %s", response.StatusCode, refused.Error))
	}
	if into == nil || len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return about(err)
	}
	return nil
}

// server is the one of this process. Its done and log are nil if it was not started here.
type server struct {
	baseURL string
	done    <-chan struct{}
	log     *tail
	// stdin is kept: the server stops when it is closed, by the end of this process at the latest.
	stdin io.Closer
}

var shared = sync.OnceValues(start)

func start() (*server, error) {
	if named := os.Getenv("DEFENTRY_BASE_URL"); named != "" {
		return &server{baseURL: strings.TrimRight(named, "/")}, nil
	}
	binary, err := find()
	if err != nil {
		return nil, err
	}
	command := exec.Command(binary, "--listen", "127.0.0.1:0", "--stop-with-stdin", "--log-format", "json")
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, in := io.Pipe()
	log := &tail{}
	command.Stdout, command.Stderr = in, log
	if err := command.Start(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		// How it ended is in its log.
		_ = command.Wait()
		in.Close()
		close(done)
	}()
	first := make(chan string, 1)
	go func() {
		reader := bufio.NewReader(out)
		line, _ := reader.ReadString('\n')
		first <- line
		_, _ = io.Copy(io.Discard, reader)
	}()
	line := ""
	select {
	case line = <-first:
	case <-time.After(startLimit):
	}
	if !strings.HasPrefix(line, firstLine) {
		_ = command.Process.Kill()
		<-done
		return nil, fmt.Errorf("%s did not start: it printed %q, and said:\n%s", command, line, log)
	}
	baseURL := strings.TrimSpace(strings.TrimPrefix(line, firstLine))
	return &server{baseURL: baseURL, done: done, log: log, stdin: stdin}, nil
}

func find() (string, error) {
	if named := os.Getenv("DEFENTRY_MOCK_BINARY"); named != "" {
		if info, err := os.Stat(named); err != nil || info.IsDir() {
			return "", fmt.Errorf("DEFENTRY_MOCK_BINARY names %s, and no file is there", named)
		}
		return named, nil
	}
	if found, err := exec.LookPath("mock-server"); err == nil {
		return found, nil
	}
	return "", errors.New("no mock-server was found: put it on PATH, let DEFENTRY_MOCK_BINARY name it, or let " +
		"DEFENTRY_BASE_URL name a mock that runs")
}

func (s *server) hasEnded() bool {
	if s.done == nil {
		return false
	}
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// tail keeps the last lines that are written to it.
type tail struct {
	lock sync.Mutex
	text []byte
}

func (l *tail) Write(more []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.text = append(l.text, more...)
	lines := bytes.SplitAfter(l.text, []byte("\n"))
	if len(lines) > reportedLines+1 {
		l.text = bytes.Join(lines[len(lines)-reportedLines-1:], nil)
	}
	return len(more), nil
}

func (l *tail) String() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return string(l.text)
}
