package seed;

import com.z254.butterfly.common.hft.avro.NodeStatus;
import com.z254.butterfly.common.hft.avro.RimFastEvent;
import com.z254.butterfly.common.hft.avro.VectorTimestamp;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;

/** Publishes one event with the seed's producer and ends when the seed's listener has handed it to its service. */
public class FastPathMain {
    private static final String EVENT_ID = "evt-spring";

    @Configuration
    @EnableKafka
    public static class Application {
        @Bean
        public ReflexService reflexService() {
            return new ReflexService(EVENT_ID);
        }

        @Bean
        public FastPathListener fastPathListener(ReflexService reflexService) {
            return new FastPathListener(reflexService);
        }

        @Bean
        public ConcurrentKafkaListenerContainerFactory<String, RimFastEvent> avroKafkaListenerContainerFactory() {
            Map<String, Object> config = new HashMap<>();
            config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:9092");
            config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
            config.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
            config.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, RegistryAvro.Reader.class);
            config.put(RegistryAvro.URL, "http://localhost:8081");
            var factory = new ConcurrentKafkaListenerContainerFactory<String, RimFastEvent>();
            factory.setConsumerFactory(new DefaultKafkaConsumerFactory<>(config));
            return factory;
        }
    }

    public static void main(String[] arguments) throws Exception {
        RimFastEvent event = RimFastEvent.newBuilder()
            .setRimNodeId("rim:entity:finance:SPRING").setEventId(EVENT_ID).setInstrumentId(null)
            .setVectorTimestamp(new VectorTimestamp(1733220000000L, 1733220000005L, 0L))
            .setCriticalMetrics(Map.of("spread", 2.5)).setPrice(1.05).setVolume(null).setStress(0.1)
            .setStatus(NodeStatus.OK).setSourceTopic(null).setMetadata(null)
            .build();
        var result = new FastPathProducer().template().send("rim.fast-path", event.getRimNodeId(), event)
            .get(20, TimeUnit.SECONDS);
        System.out.println("published " + result.getRecordMetadata());
        try (var context = new AnnotationConfigApplicationContext(Application.class)) {
            if (!context.getBean(ReflexService.class).done.await(30, TimeUnit.SECONDS)) System.exit(1);
        }
        System.exit(0);
    }
}
