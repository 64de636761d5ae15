package seed;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import reactor.core.publisher.Mono;

/** Asks CAPSULE for the history of an entity; every answer but 200 is an error. */
public class CapsuleClient {
    private static final Pattern ID = Pattern.compile("\"capsuleId\"\\s*:\\s*\"([^\"]+)\"");
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String url;

    public CapsuleClient(String url) {
        this.url = url;
    }

    public Mono<List<Capsule>> getHistory(String scopeId, Instant from, Instant to) {
        URI uri = URI.create(url + "/api/v1/history/" + scopeId + "?from=" + from + "&to=" + to);
        HttpRequest request = HttpRequest.newBuilder(uri).header("Accept", "application/json").build();
        return Mono.fromFuture(() -> http.sendAsync(request, HttpResponse.BodyHandlers.ofString())).map(this::capsules);
    }

    private List<Capsule> capsules(HttpResponse<String> response) {
        if (response.statusCode() != 200) throw new IllegalStateException("capsule answered " + response.statusCode());
        return ID.matcher(response.body()).results().map(found -> new Capsule(found.group(1))).toList();
    }
}
