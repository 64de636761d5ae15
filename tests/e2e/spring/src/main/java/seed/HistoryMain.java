package seed;

import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Instant;
import java.util.Scanner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** For each scope on standard input: how many capsules its history has, and the breaker's state after the call. */
public class HistoryMain {
    @Configuration
    @EnableAutoConfiguration(exclude = KafkaAutoConfiguration.class)
    public static class Application {
        @Bean
        public HistoryService historyService() {
            return new HistoryService(new CapsuleClient(System.getenv("CAPSULE_URL")));
        }
    }

    public static void main(String[] arguments) {
        var spring = new SpringApplication(Application.class);
        spring.setWebApplicationType(WebApplicationType.NONE);
        try (var context = spring.run(arguments); var scopes = new Scanner(System.in)) {
            var history = context.getBean(HistoryService.class);
            var breaker = context.getBean(CircuitBreakerRegistry.class).circuitBreaker("capsule");
            System.out.println("ready " + breaker.getState());
            while (scopes.hasNextLine()) {
                var found = history.getHistory(
                    scopes.nextLine(), Instant.parse("2024-12-03T00:00:00Z"), Instant.parse("2024-12-04T00:00:00Z")
                ).block();
                System.out.println(found.size() + " " + breaker.getState());
            }
        }
    }
}
