package defentrymock

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// api is the client under test, for the second account of a sandbox.
type api struct {
	t       *testing.T
	sandbox *Sandbox
	token   string
}

func (a *api) send(method, path string, body any) (int, map[string]any) {
	a.t.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			a.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, a.sandbox.BaseURL+path, content)
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-API-Version", "2026-06-12")
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		a.t.Fatal(err)
	}
	return response.StatusCode, answer
}

func (a *api) logIn() {
	a.t.Helper()
	a.token = ""
	_, answer := a.send("POST", "/api/v1/sso/token", map[string]string{
		"client_id":     a.sandbox.SSO.ClientID,
		"client_secret": a.sandbox.SSO.ClientSecret,
		"email":         a.sandbox.Accounts[1].Email,
	})
	a.token = answer["token"].(string)
}

// The five steps of packages/RULES.md.
func TestJourney(t *testing.T) {
	sandbox := Start(t)
	api := &api{t: t, sandbox: sandbox}
	address := sandbox.Accounts[1].Email

	api.logIn()
	_, added := api.send("POST", "/api/v1/email-watchlist", map[string]string{"email": address})
	if added["data"].(map[string]any)["is_confirmed"] != false {
		t.Errorf("an address is pending at first: %v", added)
	}

	messages := sandbox.Outbox(address, 5*time.Second)
	if _, err := http.Get(messages[0].Link); err != nil {
		t.Fatal(err)
	}
	_, list := api.send("GET", "/api/v1/email-watchlist", nil)
	if list["data"].([]any)[0].(map[string]any)["is_confirmed"] != true {
		t.Errorf("the link confirms: %v", list)
	}

	sandbox.Leak("email", address)
	_, alarms := api.send("GET", "/api/v1/alarms", nil)
	alarm := alarms["data"].([]any)[0].(map[string]any)
	_, closed := api.send("GET", fmt.Sprintf("/api/v1/alarms/%v/close", alarm["id"]), nil)
	if closed["data"].(map[string]any)["status"] != "CLOSED" {
		t.Errorf("an alarm can be closed: %v", closed)
	}

	sandbox.Advance(time.Hour)
	if status, _ := api.send("GET", "/api/v1/email-watchlist", nil); status != 401 {
		t.Errorf("a token expires: %d", status)
	}
	api.logIn()
	if status, _ := api.send("GET", "/api/v1/email-watchlist", nil); status != 200 {
		t.Errorf("a new token works: %d", status)
	}
}

func TestTwoSandboxesDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	one, other := Start(t), Start(t, Assume("id.form", "uuid"), Assume("add.status", 200))
	api := &api{t: t, sandbox: one}
	api.logIn()
	api.send("POST", "/api/v1/email-watchlist", map[string]string{"email": "erika@example.com"})
	if len(one.Outbox("", 0)) != 1 || len(other.Outbox("", 0)) != 0 || len(other.Requests()) != 0 {
		t.Error("a sandbox has seen what was done in another")
	}
	if _, ok := other.Accounts[1].ID.(string); !ok {
		t.Errorf("its assumptions are set: %v", other.Accounts[1].ID)
	}
	if accounts := Start(t, Seed("empty")).Accounts; len(accounts) != 0 {
		t.Errorf("its seed is chosen: %v", accounts)
	}
}

// TestInAnotherProcess is the body of the processes that the tests below start.
func TestInAnotherProcess(t *testing.T) {
	switch os.Getenv("DEFENTRY_MOCK_TEST") {
	case "fail":
		sandbox := Start(t)
		status, _ := (&api{t: t, sandbox: sandbox}).send("GET", "/api/v1/email-watchlist", nil)
		t.Fatalf("status %d", status)
	case "hang":
		fmt.Printf("at %s\n", Start(t).BaseURL)
		select {}
	case "start":
		Start(t)
	}
}

func inAnotherProcess(what string, environment ...string) *exec.Cmd {
	command := exec.Command(os.Args[0], "-test.run", "^TestInAnotherProcess$", "-test.v")
	command.Env = append(os.Environ(), "DEFENTRY_MOCK_TEST="+what, "DEFENTRY_BASE_URL=")
	command.Env = append(command.Env, environment...)
	return command
}

func TestAFailedTestShowsWhatTheMockSaw(t *testing.T) {
	out, err := inAnotherProcess("fail").CombinedOutput()
	if err == nil {
		t.Fatal("the other test did not fail")
	}
	for _, line := range []string{
		`the Defentry mock at http://127\.0\.0\.1:\d+/_sandbox/.* saw these requests:`,
		`GET /api/v1/email-watchlist → 401 \(no token\)`,
		`hint: `,
	} {
		if !regexp.MustCompile(line).Match(out) {
			t.Errorf("no line with %s in:\n%s", line, out)
		}
	}
}

func TestAWrongSettingSaysWhatIsWrong(t *testing.T) {
	for environment, sentence := range map[string]string{
		"MOCK_ASSUME=no.such=key":      "--assume no.such=key",
		"DEFENTRY_MOCK_BINARY=/absent": "DEFENTRY_MOCK_BINARY names /absent, and no file is there",
	} {
		out, err := inAnotherProcess("start", environment).CombinedOutput()
		if err == nil || !strings.Contains(string(out), sentence) {
			t.Errorf("%s: %v, and no %q in:\n%s", environment, err, sentence, out)
		}
	}
}

func TestNoServerIsLeftWhenTheTestsAreKilled(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("kills by a signal")
	}
	command := inAnotherProcess("hang")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	address := ""
	for address == "" && lines.Scan() {
		if found := regexp.MustCompile(`at http://([^/]+)`).FindStringSubmatch(lines.Text()); found != nil {
			address = found[1]
		}
	}
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprintf(connection, "GET /_mock/health HTTP/1.1\r\nHost: %s\r\n\r\n", address)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil || response.StatusCode != 200 {
		t.Fatal(response, err)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	// A connection that is kept alive ends with the server.
	_ = connection.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.Copy(io.Discard, connection); err != nil {
		t.Errorf("the server goes on: %v", err)
	}
}
