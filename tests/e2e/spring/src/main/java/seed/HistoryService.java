package seed;

import io.github.resilience4j.circuitbreaker.annotation.CircuitBreaker;
import io.github.resilience4j.retry.annotation.Retry;
import io.github.resilience4j.timelimiter.annotation.TimeLimiter;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** The seed's "Circuit Breaker Pattern", word for word between the lines. */
public class HistoryService {
    private static final Logger log = LoggerFactory.getLogger(HistoryService.class);
    private final CapsuleClient capsuleClient;

    public HistoryService(CapsuleClient capsuleClient) {
        this.capsuleClient = capsuleClient;
    }

    // ----
    // Resilience4j circuit breaker for upstream service calls
    @CircuitBreaker(name = "capsule", fallbackMethod = "fallbackGetHistory")
    @Retry(name = "capsule")
    @TimeLimiter(name = "capsule")
    public Mono<List<Capsule>> getHistory(String scopeId, Instant from, Instant to) {
        return capsuleClient.getHistory(scopeId, from, to);
    }

    public Mono<List<Capsule>> fallbackGetHistory(
        String scopeId, Instant from, Instant to, Throwable t) {
        log.warn("Fallback for getHistory: {}", t.getMessage());
        return Mono.just(Collections.emptyList());
    }
    // ----
}
