package seed;

import com.z254.butterfly.common.hft.avro.RimFastEvent;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;

/** The seed's "Producer Configuration", word for word between the lines. */
public class FastPathProducer {
    public KafkaTemplate<String, RimFastEvent> template() {
        // ----
        // From butterfly-common: RimKafkaContracts
        Map<String, Object> producerProps = RimKafkaContracts.fastPathProducerConfig(
            "localhost:9092",           // bootstrap servers
            "http://localhost:8081"     // schema registry
        );

        producerProps.put(ProducerConfig.ACKS_CONFIG, "all");
        producerProps.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        producerProps.put(ProducerConfig.RETRIES_CONFIG, 3);

        KafkaTemplate<String, RimFastEvent> template = 
            new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(producerProps));
        // ----
        return template;
    }
}
