package io.github.resilience4j.circuitbreaker.internal;

import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A clock that stands still, and the timers that run when it is moved past them. */
final class ManualScheduler extends Clock {

    private record Timer(long dueMs, long order, Runnable action, boolean[] state) {}

    private static final int CANCELLED = 0;
    private static final int DONE = 1;

    private long nowMs;
    private long order;
    private final PriorityQueue<Timer> timers =
        new PriorityQueue<>(Comparator.comparingLong(Timer::dueMs).thenComparingLong(Timer::order));

    ManualScheduler(long startMs) {
        nowMs = startMs;
    }

    /** Move the clock, running what becomes due at its time. */
    void advance(long ms) {
        long target = nowMs + ms;
        while (!timers.isEmpty() && timers.peek().dueMs() <= target) {
            Timer timer = timers.poll();
            if (timer.state()[CANCELLED]) {
                continue;
            }
            nowMs = Math.max(nowMs, timer.dueMs());
            timer.state()[DONE] = true;
            try {
                timer.action().run();
            } catch (RuntimeException swallowed) {
                // A ScheduledExecutorService keeps it in the future, where nobody looks.
            }
        }
        nowMs = target;
    }

    ScheduledExecutorService asExecutor() {
        return (ScheduledExecutorService) Proxy.newProxyInstance(
            ManualScheduler.class.getClassLoader(), new Class<?>[] {ScheduledExecutorService.class},
            (proxy, method, args) -> {
                if (!method.getName().equals("schedule")) {
                    throw new UnsupportedOperationException(method.getName());
                }
                long delayMs = ((TimeUnit) args[2]).toMillis((Long) args[1]);
                Timer timer = new Timer(nowMs + Math.max(0, delayMs), order++, (Runnable) args[0], new boolean[2]);
                timers.add(timer);
                return future(timer);
            });
    }

    private static ScheduledFuture<?> future(Timer timer) {
        return (ScheduledFuture<?>) Proxy.newProxyInstance(
            ManualScheduler.class.getClassLoader(), new Class<?>[] {ScheduledFuture.class},
            (proxy, method, args) -> switch (method.getName()) {
                case "cancel" -> timer.state()[CANCELLED] = true;
                case "isDone" -> timer.state()[DONE] || timer.state()[CANCELLED];
                default -> throw new UnsupportedOperationException(method.getName());
            });
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(nowMs);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
