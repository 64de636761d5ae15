package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

class CapsuleTest {
    private static final String NODE = "rim:entity:finance:EURUSD";
    private final Sandbox sandbox = new Sandbox();

    @Test
    void anEventBecomesACapsule() throws Exception {
        publish(event(1.05));

        GenericRecord snapshot = snapshot();
        assertNotNull(snapshot, "CAPSULE has told of it on capsule.snapshots");
        assertEquals(NODE, snapshot.get("scope_id").toString());

        JsonNode capsules = sandbox.get(Sandbox.address("CAPSULE_URL") + "/api/v1/capsules?scopeId=" + NODE).get("data");
        assertEquals(1, capsules.size(), "of this test's tenant");
        assertEquals(1.05, capsules.get(0).at("/content/dynamics/price").asDouble());
    }

    @Test
    void anotherTestSeesNothingOfIt() throws Exception {
        JsonNode capsules = sandbox.get(Sandbox.address("CAPSULE_URL") + "/api/v1/capsules?scopeId=" + NODE).get("data");
        assertEquals(0, capsules.size());
    }

    private GenericRecord event(double price) throws Exception {
        Schema schema = sandbox.latest("rim.fast-path-value").getValue();
        Schema times = schema.getField("vector_timestamp").schema();
        long now = System.currentTimeMillis();
        GenericRecord timestamp = new GenericRecordBuilder(times)
            .set("event_ts_ms", now).set("ingest_ts_ms", now).set("logical_clock", 0L).build();
        return new GenericRecordBuilder(schema)
            .set("rim_node_id", NODE).set("event_id", UUID.randomUUID().toString()).set("vector_timestamp", timestamp)
            .set("critical_metrics", Map.of()).set("price", price)
            .set("status", new GenericData.EnumSymbol(schema.getField("status").schema(), "OK")).build();
    }

    private void publish(GenericRecord event) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", Sandbox.address("KAFKA_BOOTSTRAP_SERVERS"), "acks", "all");
        try (var producer = new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer())) {
            int id = sandbox.latest("rim.fast-path-value").getKey();
            var record = new ProducerRecord<>("rim.fast-path", NODE, sandbox.framed(event, id));
            record.headers().add(Sandbox.TENANT_HEADER, sandbox.tenant.getBytes(StandardCharsets.UTF_8));
            producer.send(record).get();
        }
    }

    private GenericRecord snapshot() throws Exception {
        Map<String, Object> config = Map.of(
            "bootstrap.servers", Sandbox.address("KAFKA_BOOTSTRAP_SERVERS"),
            "group.id", sandbox.tenant + ".tests", "auto.offset.reset", "earliest");
        try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("capsule.snapshots"));
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (System.nanoTime() < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    if (sandbox.isMine(record.headers())) return sandbox.unframed(record.value());
                }
            }
            return null;
        }
    }
}
