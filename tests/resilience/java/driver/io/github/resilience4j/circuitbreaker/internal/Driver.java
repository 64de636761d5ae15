package io.github.resilience4j.circuitbreaker.internal;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.TransitionCheckResult;
import io.github.resilience4j.circuitbreaker.event.*;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.core.functions.Either;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.event.*;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Drives the real library from standard input: one command a line, one line of answer:
 * {@code returned|state|rates and counts|events since the last command}.
 */
public final class Driver {

    private static final long START_MS = 1_733_220_000_000L;

    private final List<String> events = new ArrayList<>();
    private ManualScheduler clock;
    private CircuitBreaker breaker;
    private Retry retry;
    private Retry.AsyncContext<String> context;

    public static void main(String[] args) throws IOException {
        Driver driver = new Driver();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        PrintStream out = new PrintStream(System.out, false);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (line.equals("flush")) {
                out.flush();
                continue;
            }
            String returned;
            try {
                returned = driver.perform(line.split(" "));
            } catch (Exception error) {
                returned = error.getClass().getSimpleName();
            }
            out.println(returned + driver.describe());
        }
        out.flush();
    }

    private String perform(String[] words) throws Exception {
        events.clear();
        switch (words[0]) {
            case "breaker" -> makeBreaker(options(words));
            case "retry" -> makeRetry(options(words));
            case "interval" -> {
                breaker = null;
                retry = null;
                return String.valueOf(interval(options(words)).apply(Integer.parseInt(words[1])));
            }
            case "tick" -> clock.advance(Long.parseLong(words[1]));
            case "try" -> {
                return String.valueOf(breaker.tryAcquirePermission());
            }
            case "acquire" -> breaker.acquirePermission();
            case "release" -> breaker.releasePermission();
            case "success" -> breaker.onSuccess(Long.parseLong(words[1]), TimeUnit.NANOSECONDS);
            case "error" -> breaker.onError(Long.parseLong(words[1]), TimeUnit.NANOSECONDS, error(words[2]));
            case "result" -> breaker.onResult(
                Long.parseLong(words[1]), TimeUnit.NANOSECONDS, words[2].equals("null") ? null : words[2]);
            case "to" -> transition(words[1]);
            case "open-for" -> breaker.transitionToOpenStateFor(Duration.ofMillis(Long.parseLong(words[1])));
            case "open-until" ->
                breaker.transitionToOpenStateUntil(Instant.ofEpochMilli(START_MS + Long.parseLong(words[1])));
            case "reset" -> breaker.reset();
            case "retry-error" -> {
                return String.valueOf(context.onError(error(words[1])));
            }
            case "retry-result" -> {
                return String.valueOf(context.onResult(words[1]));
            }
            case "retry-complete" -> context.onComplete();
            case "retry-call" -> context = retry.asyncContext();
            default -> throw new IllegalArgumentException(words[0]);
        }
        return "";
    }

    private String describe() {
        if (clock != null) {
            clock.advance(0);
        }
        String told = "|" + String.join(",", events);
        if (retry != null) {
            Retry.Metrics m = retry.getMetrics();
            return "|retry|" + m.getNumberOfSuccessfulCallsWithoutRetryAttempt() + " "
                + m.getNumberOfSuccessfulCallsWithRetryAttempt() + " "
                + m.getNumberOfFailedCallsWithoutRetryAttempt() + " "
                + m.getNumberOfFailedCallsWithRetryAttempt() + " " + m.getNumberOfTotalCalls() + told;
        }
        if (breaker == null) {
            return "||" + told;
        }
        CircuitBreaker.Metrics m = breaker.getMetrics();
        return "|" + breaker.getState() + "|" + (double) m.getFailureRate() + " " + (double) m.getSlowCallRate() + " "
            + m.getNumberOfBufferedCalls() + " " + m.getNumberOfFailedCalls() + " "
            + m.getNumberOfSuccessfulCalls() + " " + m.getNumberOfSlowCalls() + " "
            + m.getNumberOfSlowFailedCalls() + " " + m.getNumberOfSlowSuccessfulCalls() + " "
            + m.getNumberOfNotPermittedCalls() + told;
    }

    private void transition(String state) {
        switch (state) {
            case "CLOSED" -> breaker.transitionToClosedState();
            case "OPEN" -> breaker.transitionToOpenState();
            case "HALF_OPEN" -> breaker.transitionToHalfOpenState();
            case "DISABLED" -> breaker.transitionToDisabledState();
            case "METRICS_ONLY" -> breaker.transitionToMetricsOnlyState();
            case "FORCED_OPEN" -> breaker.transitionToForcedOpenState();
            default -> throw new IllegalArgumentException(state);
        }
    }

    private void makeBreaker(Map<String, String> given) {
        CircuitBreakerConfig.Builder builder = CircuitBreakerConfig.custom()
            .failureRateThreshold(Float.parseFloat(given.get("failure")))
            .slowCallRateThreshold(Float.parseFloat(given.get("slow")))
            .slowCallDurationThreshold(Duration.ofMillis(Long.parseLong(given.get("slow-ms"))))
            .slidingWindowType(SlidingWindowType.valueOf(given.get("type")))
            .slidingWindowSize(Integer.parseInt(given.get("size")))
            .minimumNumberOfCalls(Integer.parseInt(given.get("minimum")))
            .permittedNumberOfCallsInHalfOpenState(Integer.parseInt(given.get("permitted")))
            .maxWaitDurationInHalfOpenState(Duration.ofMillis(Long.parseLong(given.get("half-open-ms"))))
            .automaticTransitionFromOpenToHalfOpenEnabled(Boolean.parseBoolean(given.get("automatic")))
            .recordExceptions(errorTypes(given.get("record")))
            .ignoreExceptions(errorTypes(given.get("ignore")))
            .recordResult(result -> result.toString().startsWith("bad"))
            .transitionOnResult(Driver::check);
        if (given.containsKey("multiplier")) {
            builder.waitIntervalFunctionInOpenState(interval(given));
        } else {
            builder.waitDurationInOpenState(Duration.ofMillis(Long.parseLong(given.get("wait-ms"))));
        }
        if (given.get("predicate").equals("true")) {
            builder.recordException(error -> error instanceof IllegalStateException);
            builder.ignoreException(error -> error instanceof ArithmeticException);
        }
        clock = new ManualScheduler(START_MS + Long.parseLong(given.get("start-ms")));
        SchedulerFactory.scheduler = clock;
        retry = null;
        breaker = new CircuitBreakerStateMachine("b", builder.build(), clock);
        breaker.getEventPublisher().onEvent(event -> events.add(describe(event)));
    }

    /** An error or result whose text ends in "-for-MS" or "-until-MS" opens the breaker. */
    private static TransitionCheckResult check(Either<Object, Throwable> outcome) {
        String text = outcome.isRight() ? String.valueOf(outcome.get().getMessage()) : outcome.getLeft().toString();
        String[] parts = text.split("-");
        if (parts.length < 3) {
            return TransitionCheckResult.noTransition();
        }
        long ms = Long.parseLong(parts[2]);
        return parts[1].equals("for")
            ? TransitionCheckResult.transitionToOpenAndWaitFor(Duration.ofMillis(ms))
            : TransitionCheckResult.transitionToOpenAndWaitUntil(Instant.ofEpochMilli(START_MS + ms));
    }

    private void makeRetry(Map<String, String> given) {
        RetryConfig.Builder<String> builder = RetryConfig.<String>custom()
            .maxAttempts(Integer.parseInt(given.get("attempts")))
            .failAfterMaxAttempts(Boolean.parseBoolean(given.get("fail")))
            .retryExceptions(errorTypes(given.get("record")))
            .ignoreExceptions(errorTypes(given.get("ignore")))
            .retryOnResult(result -> result.startsWith("bad"));
        if (given.containsKey("multiplier")) {
            builder.intervalFunction(interval(given));
        } else {
            long waitMs = Long.parseLong(given.get("wait-ms"));
            builder.intervalBiFunction((attempt, either) -> attempt == 3 ? -1L : waitMs);
        }
        breaker = null;
        retry = Retry.of("r", builder.build());
        context = retry.asyncContext();
        retry.getEventPublisher().onEvent(event -> events.add(describe(event)));
    }

    private static IntervalFunction interval(Map<String, String> given) {
        long initialMs = Long.parseLong(given.get("wait-ms"));
        double multiplier = Double.parseDouble(given.get("multiplier"));
        return given.containsKey("max-ms")
            ? IntervalFunction.ofExponentialBackoff(initialMs, multiplier, Long.parseLong(given.get("max-ms")))
            : IntervalFunction.ofExponentialBackoff(initialMs, multiplier);
    }

    private static Map<String, String> options(String[] words) {
        Map<String, String> options = new HashMap<>();
        for (String word : words) {
            String[] pair = word.split("=", 2);
            if (pair.length == 2) {
                options.put(pair[0], pair[1]);
            }
        }
        return options;
    }

    /** {@code Runtime}, or {@code Runtime:text}. */
    private static Throwable error(String text) {
        String[] parts = text.split(":", 2);
        String message = parts.length == 2 ? parts[1] : null;
        return switch (parts[0]) {
            case "IO" -> new IOException(message);
            case "FileNotFound" -> new FileNotFoundException(message);
            case "State" -> new IllegalStateException(message);
            case "Arithmetic" -> new ArithmeticException(message);
            default -> throw new IllegalArgumentException(text);
        };
    }

    @SuppressWarnings("unchecked")
    private static Class<? extends Throwable>[] errorTypes(String names) {
        List<Class<? extends Throwable>> types = new ArrayList<>();
        for (String name : names.split(",")) {
            if (!name.isEmpty()) {
                types.add(error(name).getClass());
            }
        }
        return types.toArray(new Class[0]);
    }

    private static String describe(CircuitBreakerEvent event) {
        String type = event.getEventType().toString();
        if (event instanceof CircuitBreakerOnStateTransitionEvent each) {
            return type + " " + each.getStateTransition().getFromState() + " " + each.getStateTransition().getToState();
        }
        if (event instanceof CircuitBreakerOnErrorEvent each) {
            return type + " " + each.getElapsedDuration().toNanos();
        }
        if (event instanceof CircuitBreakerOnSuccessEvent each) {
            return type + " " + each.getElapsedDuration().toNanos();
        }
        if (event instanceof CircuitBreakerOnIgnoredErrorEvent each) {
            return type + " " + each.getElapsedDuration().toNanos();
        }
        if (event instanceof CircuitBreakerOnFailureRateExceededEvent each) {
            return type + " " + (double) each.getFailureRate();
        }
        if (event instanceof CircuitBreakerOnSlowCallRateExceededEvent each) {
            return type + " " + (double) each.getSlowCallRate();
        }
        return type;
    }

    private static String describe(RetryEvent event) {
        String waitMs = event instanceof RetryOnRetryEvent each ? " " + each.getWaitInterval().toMillis() : "";
        String error = event.getLastThrowable() == null ? "none" : event.getLastThrowable().getClass().getSimpleName();
        return event.getEventType() + " " + event.getNumberOfRetryAttempts() + " " + error + waitMs;
    }
}
