import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Gives each test of JUnit 5 a sandbox on the Defentry mock: {@code @ExtendWith(DefentryMock.class)}, and a parameter
 * {@code DefentryMock.Sandbox}. It needs nothing but JUnit and Java 11; copy this one file into a package of your tests.
 *
 * <p>packages/RULES.md in the repository of the mock has the rules that it follows.
 */
public final class DefentryMock implements ParameterResolver, AfterTestExecutionCallback, AfterEachCallback {
    private static final Namespace NAMESPACE = Namespace.create(DefentryMock.class);

    /** How the sandbox of a test differs from its server. On a class it holds for all its tests. */
    @Target({ElementType.METHOD, ElementType.TYPE})
    @Retention(RetentionPolicy.RUNTIME)
    @Inherited
    public @interface With {
        /** What it starts from: {@code default}, {@code empty} or a whole seed as JSON. */
        String seed() default "";

        /** Assumptions to set, as in {@code "id.form=uuid"}. A value that is JSON is taken as JSON. */
        String[] assume() default {};
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Sandbox.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Store ofRun = context.getRoot().getStore(NAMESPACE);
        Shared shared = ofRun.getOrComputeIfAbsent("server", key -> new Shared(Server.start()), Shared.class);
        return context.getStore(NAMESPACE)
                .getOrComputeIfAbsent("sandbox", key -> shared.server.sandbox(body(context)), Sandbox.class);
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        Sandbox sandbox = context.getStore(NAMESPACE).get("sandbox", Sandbox.class);
        if (sandbox != null) {
            context.getExecutionException().ifPresent(failure -> failure.addSuppressed(new Report(sandbox.report())));
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Sandbox sandbox = context.getStore(NAMESPACE).remove("sandbox", Sandbox.class);
        if (sandbox != null) {
            sandbox.end();
        }
    }

    private static String body(ExtensionContext context) {
        Optional<With> ofTest = AnnotationSupport.findAnnotation(context.getElement(), With.class);
        With with = ofTest.or(() -> AnnotationSupport.findAnnotation(context.getTestClass(), With.class)).orElse(null);
        Map<String, Object> body = new LinkedHashMap<>();
        if (with != null && !with.seed().isEmpty()) {
            body.put("seed", Json.readOrText(with.seed()));
        }
        if (with != null && with.assume().length > 0) {
            Map<String, Object> assume = new LinkedHashMap<>();
            for (String pair : with.assume()) {
                String[] parts = pair.split("=", 2);
                if (parts.length < 2) {
                    throw new MockException("@With(assume = \"" + pair + "\"): it is KEY=VALUE");
                }
                assume.put(parts[0], Json.readOrText(parts[1]));
            }
            body.put("assume", assume);
        }
        return Json.write(body);
    }

    /** The server of a run, which stops when the run ends. */
    private static final class Shared implements Store.CloseableResource {
        private final Server server;

        private Shared(Server server) {
            this.server = server;
        }

        @Override
        public void close() {
            server.stop();
        }
    }

    /** What the mock saw. It stands below the failure of a test. */
    private static final class Report extends Throwable {
        private static final long serialVersionUID = 1;

        private Report(String text) {
            super(text, null, false, false);
        }

        @Override
        public String toString() {
            return getMessage();
        }
    }

    /** The mock could not be found or started, or refused a control call; the message says which and why. */
    public static final class MockException extends RuntimeException {
        private static final long serialVersionUID = 1;

        private MockException(String message) {
            super(message);
        }
    }

    /** A server of the mock. */
    public static final class Server {
        private static final String FIRST_LINE = "listening on ";
        private static final int START_SECONDS = 10;
        private static final int STOP_SECONDS = 5;
        private static final int REPORTED_LINES = 20;

        private final String baseUrl;
        private final Process process;
        private final Deque<String> log;

        private Server(String baseUrl, Process process, Deque<String> log) {
            this.baseUrl = baseUrl;
            this.process = process;
            this.log = log;
        }

        /** The server that DEFENTRY_BASE_URL names, or else one that is started now. It ends with this process. */
        public static Server start() {
            String named = System.getenv("DEFENTRY_BASE_URL");
            if (named != null && !named.isEmpty()) {
                return new Server(named.replaceAll("/+$", ""), null, new ArrayDeque<>());
            }
            List<String> command = List.of(
                    findBinary(), "--listen", "127.0.0.1:0", "--stop-with-stdin", "--log-format", "json");
            Process process = launch(command);
            // Threads read, because a read from a pipe knows no time limit, and a pipe that nobody reads fills up.
            BufferedReader out = reader(process.getInputStream());
            CompletableFuture<String> first = new CompletableFuture<>();
            daemon(() -> first.complete(Optional.ofNullable(out.readLine()).orElse("")));
            Deque<String> log = new ArrayDeque<>();
            Thread keeper = daemon(() -> keep(reader(process.getErrorStream()), log));
            String line;
            try {
                line = first.get(START_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException | ExecutionException | TimeoutException error) {
                line = "";
            }
            if (line.startsWith(FIRST_LINE)) {
                return new Server(line.substring(FIRST_LINE.length()).trim(), process, log);
            }
            Server server = new Server("", process, log);
            server.stop();
            try {
                // Its log ends with it.
                keeper.join(STOP_SECONDS * 1000L);
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
            }
            throw new MockException(String.join(" ", command) + " did not start: it printed \"" + line
                    + "\", and said:\n" + server.log());
        }

        /** The path of the binary: that of DEFENTRY_MOCK_BINARY, or the one on PATH. */
        public static String findBinary() {
            String named = System.getenv("DEFENTRY_MOCK_BINARY");
            if (named != null && !named.isEmpty()) {
                if (Files.isRegularFile(Path.of(named))) {
                    return named;
                }
                throw new MockException("DEFENTRY_MOCK_BINARY names " + named + ", and no file is there");
            }
            boolean isWindows = System.getProperty("os.name").startsWith("Windows");
            String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
            for (String folder : path.split(java.io.File.pathSeparator)) {
                Path file = Path.of(folder, isWindows ? "mock-server.exe" : "mock-server");
                if (!folder.isEmpty() && Files.isRegularFile(file)) {
                    return file.toString();
                }
            }
            throw new MockException("no mock-server was found: put it on PATH, let DEFENTRY_MOCK_BINARY name it, or let "
                    + "DEFENTRY_BASE_URL name a mock that runs");
        }

        /** Its URL, without a slash at the end. */
        public String baseUrl() {
            return baseUrl;
        }

        /** Makes a world of its own. The body is JSON with {@code seed} and {@code assume}, or {@code {}}. */
        @SuppressWarnings("unchecked")
        public Sandbox sandbox(String body) {
            return new Sandbox(this, (Map<String, Object>) Control.call(baseUrl, "POST", "sandboxes", body));
        }

        /** Whether a server that was started here has ended. */
        public boolean hasEnded() {
            return process != null && !process.isAlive();
        }

        /** The end of the log of a server that was started here. */
        public String log() {
            synchronized (log) {
                return String.join("\n", log);
            }
        }

        /** Stops the server if it was started here. */
        public void stop() {
            if (process == null) {
                return;
            }
            try {
                // The server stops at the end of its input.
                process.getOutputStream().close();
                if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            } catch (IOException error) {
                process.destroyForcibly();
            } catch (InterruptedException error) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }

        private static Process launch(List<String> command) {
            try {
                return new ProcessBuilder(command).start();
            } catch (IOException error) {
                throw new MockException(error.getMessage());
            }
        }

        private static void keep(BufferedReader lines, Deque<String> log) throws IOException {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (log) {
                    log.add(line);
                    if (log.size() > REPORTED_LINES) {
                        log.remove();
                    }
                }
            }
        }

        private static BufferedReader reader(java.io.InputStream stream) {
            return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
        }

        private interface Reading {
            void run() throws IOException;
        }

        private static Thread daemon(Reading reading) {
            Thread thread = new Thread(() -> {
                try {
                    reading.run();
                } catch (IOException error) {
                    // The server has ended.
                }
            }, "defentry-mock");
            thread.setDaemon(true);
            thread.start();
            return thread;
        }
    }

    /** A world of its own on a server of the mock. */
    public static final class Sandbox {
        private static final int REPORTED_REQUESTS = 20;

        private final Server server;
        private final Map<String, Object> made;

        private Sandbox(Server server, Map<String, Object> made) {
            this.server = server;
            this.made = made;
        }

        /** Its id, which is part of its base URL. */
        public String id() {
            return (String) made.get("id");
        }

        /** What the client under test takes as base URL. */
        public String baseUrl() {
            return (String) made.get("base_url");
        }

        /** The CRM credentials of the first partner: {@code username}, {@code password}, {@code token}. */
        public Map<String, String> crm() {
            return part("crm");
        }

        /** The SSO client of the first partner: {@code client_id}, {@code client_secret}. */
        public Map<String, String> sso() {
            return part("sso");
        }

        /** The accounts of the seed, each with {@code id}, {@code partner}, {@code email}, {@code app_token}. */
        public List<Map<String, Object>> accounts() {
            return list(made, "accounts");
        }

        /** Calls a control route of this sandbox with a body in JSON or none, and returns the JSON of the response. */
        public Object control(String method, String route, String body) {
            return Control.call(baseUrl(), method, route, body);
        }

        /** The messages that users were sent, or this one, oldest first; waits so many seconds for the first one. */
        public List<Map<String, Object>> outbox(String to, int wait) {
            String query = to == null ? "" : "&to=" + URLEncoder.encode(to, StandardCharsets.UTF_8);
            return list(control("GET", "outbox?wait=" + wait + query, null), "messages");
        }

        /** Puts a value into a breach: every account that watches it, now or later, gets an alarm. */
        public void leak(String kind, String value) {
            control("POST", "leaks", Json.write(Map.of("kind", kind, "value", value)));
        }

        /** Moves the clock of this sandbox; tokens, codes and links expire by it. */
        public void advance(long seconds) {
            control("PUT", "clock", Json.write(Map.of("advance_seconds", seconds)));
        }

        /** What the client under test has sent, oldest first, with statuses, facts and hints. */
        public List<Map<String, Object>> requests() {
            return list(control("GET", "requests", null), "requests");
        }

        /** The last requests and their hints as text, or the end of the log of a server that has ended. */
        public String report() {
            if (server.hasEnded()) {
                return "the Defentry mock has ended; its log ends with:\n" + server.log();
            }
            List<Map<String, Object>> requests;
            try {
                requests = requests();
            } catch (MockException error) {
                return error.getMessage();
            }
            if (requests.isEmpty()) {
                return "the Defentry mock at " + baseUrl() + " saw no requests";
            }
            StringBuilder text = new StringBuilder("the Defentry mock at " + baseUrl() + " saw these requests:");
            int earlier = Math.max(0, requests.size() - REPORTED_REQUESTS);
            if (earlier > 0) {
                text.append("\n  … ").append(earlier).append(" earlier ones");
            }
            for (Map<String, Object> request : requests.subList(earlier, requests.size())) {
                Object status = request.get("status") == null ? "no response" : request.get("status");
                text.append("\n  ").append(request.get("method")).append(' ').append(request.get("path"));
                text.append(" → ").append(status).append(" (");
                text.append("none".equals(request.get("token")) ? "no" : request.get("token")).append(" token)");
                if (request.get("fault") != null) {
                    text.append("\n    fault: ").append(Json.write(request.get("fault")));
                }
                if (request.get("hint") != null) {
                    text.append("\n    hint: ").append(request.get("hint"));
                }
            }
            return text.toString();
        }

        /** Ends it. What it held is gone. */
        public void end() {
            Control.call(server.baseUrl, "DELETE", "sandboxes/" + id(), null);
        }

        @SuppressWarnings("unchecked")
        private Map<String, String> part(String name) {
            return made.get(name) == null ? Map.of() : (Map<String, String>) made.get(name);
        }

        @SuppressWarnings("unchecked")
        private static List<Map<String, Object>> list(Object json, String name) {
            return (List<Map<String, Object>>) ((Map<String, Object>) json).get(name);
        }
    }

    private static final class Control {
        // It goes past any proxy: the server is on this machine.
        private static final HttpClient CLIENT = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(ProxySelector.of(null))
                .build();

        static Object call(String baseUrl, String method, String route, String body) {
            String url = baseUrl + "/_mock/" + route;
            HttpRequest.BodyPublisher content =
                    body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
            HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                    .header("Content-Type", "application/json")
                    .method(method, content)
                    .build();
            HttpResponse<String> response;
            try {
                response = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
            } catch (IOException error) {
                throw new MockException(method + " " + url + ": " + error);
            } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
                throw new MockException(method + " " + url + ": interrupted");
            }
            Object answer = response.body().isEmpty() ? null : Json.readOrText(response.body());
            if (response.statusCode() >= 400) {
                Object message = answer instanceof Map ? ((Map<?, ?>) answer).get("error") : answer;
                throw new MockException(method + " " + url + ": " + response.statusCode() + " " + message);
            }
            return answer;
        }
    }

    /** JSON as maps, lists, strings, longs, doubles, booleans and null. Java's own library has none. */
    static final class Json {
        private final String text;
        private int at;

        private Json(String text) {
            this.text = text;
        }

        static Object read(String text) {
            Json json = new Json(text);
            Object value = json.value();
            json.space();
            if (json.at < text.length()) {
                throw json.wrong();
            }
            return value;
        }

        static Object readOrText(String text) {
            try {
                return read(text);
            } catch (IllegalArgumentException error) {
                return text;
            }
        }

        static String write(Object value) {
            StringBuilder out = new StringBuilder();
            write(value, out);
            return out.toString();
        }

        private static void write(Object value, StringBuilder out) {
            if (value instanceof Map) {
                String separator = "{";
                for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                    out.append(separator);
                    write(entry.getKey(), out);
                    out.append(':');
                    write(entry.getValue(), out);
                    separator = ",";
                }
                out.append(separator.equals("{") ? "{}" : "}");
            } else if (value instanceof List) {
                String separator = "[";
                for (Object item : (List<?>) value) {
                    out.append(separator);
                    write(item, out);
                    separator = ",";
                }
                out.append(separator.equals("[") ? "[]" : "]");
            } else if (value instanceof String) {
                out.append('"');
                for (char letter : ((String) value).toCharArray()) {
                    if (letter == '"' || letter == '\\') {
                        out.append('\\').append(letter);
                    } else if (letter < ' ') {
                        out.append(String.format("\\u%04x", (int) letter));
                    } else {
                        out.append(letter);
                    }
                }
                out.append('"');
            } else {
                out.append(value);
            }
        }

        private Object value() {
            space();
            char first = at < text.length() ? text.charAt(at) : 0;
            switch (first) {
                case '{':
                    return object();
                case '[':
                    return array();
                case '"':
                    return string();
                default:
                    return plain();
            }
        }

        private Map<String, Object> object() {
            Map<String, Object> members = new LinkedHashMap<>();
            at++;
            if (takes('}')) {
                return members;
            }
            do {
                space();
                String name = string();
                if (!takes(':')) {
                    throw wrong();
                }
                members.put(name, value());
            } while (takes(','));
            if (!takes('}')) {
                throw wrong();
            }
            return members;
        }

        private List<Object> array() {
            List<Object> items = new ArrayList<>();
            at++;
            if (takes(']')) {
                return items;
            }
            do {
                items.add(value());
            } while (takes(','));
            if (!takes(']')) {
                throw wrong();
            }
            return items;
        }

        private String string() {
            if (!takes('"')) {
                throw wrong();
            }
            StringBuilder out = new StringBuilder();
            while (at < text.length()) {
                char letter = text.charAt(at++);
                if (letter == '"') {
                    return out.toString();
                }
                out.append(letter == '\\' ? escaped() : letter);
            }
            throw wrong();
        }

        private char escaped() {
            char letter = at < text.length() ? text.charAt(at++) : 0;
            int position = "\"\\/bfnrt".indexOf(letter);
            if (position >= 0) {
                return "\"\\/\b\f\n\r\t".charAt(position);
            }
            if (letter != 'u' || at + 4 > text.length()) {
                throw wrong();
            }
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }

        private Object plain() {
            int start = at;
            while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            String word = text.substring(start, at);
            switch (word) {
                case "true":
                    return true;
                case "false":
                    return false;
                case "null":
                    return null;
                default:
                    // A NumberFormatException is an IllegalArgumentException too.
                    return word.matches("-?[0-9]+") ? (Object) Long.valueOf(word) : Double.valueOf(word);
            }
        }

        private boolean takes(char letter) {
            space();
            if (at < text.length() && text.charAt(at) == letter) {
                at++;
                return true;
            }
            return false;
        }

        private void space() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private IllegalArgumentException wrong() {
            return new IllegalArgumentException("no JSON at " + at + " of: " + text);
        }
    }
}
