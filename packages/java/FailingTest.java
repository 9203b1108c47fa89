import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A test that fails, so that CI can look at what is shown. */
@ExtendWith(DefentryMock.class)
class FailingTest {
    @Test
    void aListWithoutAToken(DefentryMock.Sandbox sandbox) throws Exception {
        URI list = URI.create(sandbox.baseUrl() + "/api/v1/email-watchlist");
        HttpRequest request = HttpRequest.newBuilder(list).build();
        assertEquals(200, HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode());
    }
}
