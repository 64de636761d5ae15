package io.github.resilience4j.circuitbreaker.internal;

import java.util.concurrent.ScheduledExecutorService;

/** Stands in front of the library's own class: timed transitions happen when the driver moves its clock. */
public class SchedulerFactory {

    private static final SchedulerFactory INSTANCE = new SchedulerFactory();
    static ManualScheduler scheduler;

    public static SchedulerFactory getInstance() {
        return INSTANCE;
    }

    public ScheduledExecutorService getScheduler() {
        return scheduler.asExecutor();
    }
}
