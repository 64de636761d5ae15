package seed;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringSerializer;

/** Stands in for butterfly-common's class of this name, which is not published: where to, and what of. */
public class RimKafkaContracts {
    public static Map<String, Object> fastPathProducerConfig(String bootstrapServers, String schemaRegistry) {
        Map<String, Object> config = new HashMap<>();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        config.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        config.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, RegistryAvro.Writer.class);
        config.put(RegistryAvro.URL, schemaRegistry);
        return config;
    }
}
