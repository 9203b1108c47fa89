import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The five steps of packages/RULES.md, and how the helper finds, starts and stops the server. */
@ExtendWith(DefentryMock.class)
class DefentryMockTest {
    /** The client under test, for the second account of a sandbox. */
    private static final class Client {
        private static final HttpClient HTTP = HttpClient.newHttpClient();
        private final DefentryMock.Sandbox sandbox;
        private final String email;
        private String token;

        private Client(DefentryMock.Sandbox sandbox) {
            this.sandbox = sandbox;
            this.email = (String) sandbox.accounts().get(1).get("email");
        }

        private void logIn() throws Exception {
            token = null;
            Map<String, Object> user = new LinkedHashMap<>(sandbox.sso());
            user.put("email", email);
            token = (String) json(send("POST", "/api/v1/sso/token", user)).get("token");
        }

        private HttpResponse<String> send(String method, String path, Map<String, ?> body) throws Exception {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(sandbox.baseUrl() + path))
                    .header("Content-Type", "application/json")
                    .header("X-API-Version", "2026-06-12");
            if (token != null) {
                request.header("Authorization", "Bearer " + token);
            }
            HttpRequest.BodyPublisher content = body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(DefentryMock.Json.write(body));
            return HTTP.send(request.method(method, content).build(), HttpResponse.BodyHandlers.ofString());
        }

        private Map<String, Object> object(String method, String path, Map<String, ?> body) throws Exception {
            return cast(json(send(method, path, body)).get("data"));
        }

        private Map<String, Object> first(String path) throws Exception {
            return cast(((List<?>) json(send("GET", path, null)).get("data")).get(0));
        }

        private static Map<String, Object> json(HttpResponse<String> response) {
            return cast(DefentryMock.Json.read(response.body()));
        }

        @SuppressWarnings("unchecked")
        private static Map<String, Object> cast(Object value) {
            return (Map<String, Object>) value;
        }
    }

    @Test
    void journey(DefentryMock.Sandbox sandbox) throws Exception {
        Client client = new Client(sandbox);

        client.logIn();
        Map<String, Object> added = client.object("POST", "/api/v1/email-watchlist", Map.of("email", client.email));
        assertEquals(false, added.get("is_confirmed"));

        URI link = URI.create((String) sandbox.outbox(client.email, 5).get(0).get("link"));
        Client.HTTP.send(HttpRequest.newBuilder(link).build(), HttpResponse.BodyHandlers.discarding());
        assertEquals(true, client.first("/api/v1/email-watchlist").get("is_confirmed"));

        sandbox.leak("email", client.email);
        Object alarm = client.first("/api/v1/alarms").get("id");
        assertEquals("CLOSED", client.object("GET", "/api/v1/alarms/" + alarm + "/close", null).get("status"));

        sandbox.advance(3600);
        assertEquals(401, client.send("GET", "/api/v1/email-watchlist", null).statusCode());
        client.logIn();
        assertEquals(200, client.send("GET", "/api/v1/email-watchlist", null).statusCode());
    }

    @Test
    void twoSandboxesDoNotSeeEachOther(DefentryMock.Sandbox one) throws Exception {
        DefentryMock.Server server = DefentryMock.Server.start();
        DefentryMock.Sandbox other = server.sandbox("{}");
        DefentryMock.Sandbox third = server.sandbox("{}");
        Client client = new Client(third);
        client.logIn();
        client.object("POST", "/api/v1/email-watchlist", Map.of("email", "erika@example.com"));
        assertEquals(1, third.outbox(null, 0).size());
        assertTrue(one.outbox(null, 0).isEmpty());
        assertTrue(other.outbox(null, 0).isEmpty());
        assertTrue(other.requests().isEmpty());
        other.end();
        third.end();
        server.stop();
    }

    @Test
    @DefentryMock.With(assume = {"id.form=uuid", "add.status=200"})
    void assumptionsAreSet(DefentryMock.Sandbox sandbox) {
        assertInstanceOf(String.class, sandbox.accounts().get(1).get("id"));
    }

    @Test
    @DefentryMock.With(seed = "empty")
    void aSeedIsChosen(DefentryMock.Sandbox sandbox) {
        assertTrue(sandbox.accounts().isEmpty());
    }

    @Test
    void aRefusedControlCallSaysWhy(DefentryMock.Sandbox sandbox) {
        Exception error = assertThrows(DefentryMock.MockException.class, () -> sandbox.leak("shoe", "42"));
        assertTrue(error.getMessage().matches("POST .*/_mock/leaks: 400 .*kind.*"), error.getMessage());
    }

    @Test
    void noServerIsLeftWhenTheTestsAreKilled() throws Exception {
        Process process = inAnotherProcess("Hang", Map.of());
        String address = lines(process).readLine().substring("http://".length());
        String[] parts = address.split(":");
        try (Socket connection = new Socket(parts[0], Integer.parseInt(parts[1]))) {
            connection.setSoTimeout(20_000);
            String request = "GET /_mock/health HTTP/1.1\r\nHost: " + address + "\r\n\r\n";
            connection.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            InputStream in = connection.getInputStream();
            assertEquals('H', in.read());
            process.destroyForcibly();
            // A connection that is kept alive ends with the server.
            in.readAllBytes();
        }
    }

    @Test
    void aWrongSettingSaysWhatIsWrong() throws Exception {
        Map<Map<String, String>, String> cases = Map.of(
                Map.of("MOCK_ASSUME", "no.such=key"), "--assume no.such=key",
                Map.of("DEFENTRY_MOCK_BINARY", "/absent"), "DEFENTRY_MOCK_BINARY names /absent, and no file is there");
        for (Map.Entry<Map<String, String>, String> entry : cases.entrySet()) {
            Process process = inAnotherProcess("Hang", entry.getKey());
            assertFalse(process.waitFor() == 0);
            String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(said.contains(entry.getValue()), said);
        }
    }

    private static Process inAnotherProcess(String main, Map<String, String> environment) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, "-cp", System.getProperty("java.class.path")));
        command.add(DefentryMockTest.class.getName() + "$" + main);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("DEFENTRY_BASE_URL", "");
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static BufferedReader lines(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** A process that starts a server, says where, and goes on until it is killed. */
    static final class Hang {
        public static void main(String[] arguments) throws java.io.IOException {
            System.out.println(DefentryMock.Server.start().baseUrl());
            System.in.read();
        }
    }
}
