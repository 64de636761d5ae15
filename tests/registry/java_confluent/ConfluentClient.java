import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchemaProvider;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericData;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericDatumReader;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericDatumWriter;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.avro.shaded.org.apache.avro.io.DecoderFactory;
import org.apache.flink.avro.shaded.org.apache.avro.io.EncoderFactory;

/** Confluent's own Java client, as Flink ships it, doing with a subject what a client can: one line for each thing. */
public class ConfluentClient {
  static final String SUBJECT = "orders/é value";
  static final String OLD = record("{\"name\":\"a\",\"type\":\"int\"}");
  static final String NEW = record("{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"b\",\"type\":\"string\",\"default\":\"x\"}");
  static final String BROKEN = record("{\"name\":\"c\",\"type\":\"int\"}");

  static String record(String fields) {
    return "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"com.example\",\"fields\":[" + fields + "]}";
  }

  static SchemaRegistryClient connect(String url, String userInfo) {
    return new CachedSchemaRegistryClient(List.of(url), 100, List.of(new AvroSchemaProvider()),
        Map.of("basic.auth.credentials.source", "USER_INFO", "basic.auth.user.info", userInfo), Map.of());
  }

  static void told(String what, Object value) {
    System.out.println(what + "=" + value);
  }

  interface Call {
    Object make() throws Exception;
  }

  static void refused(String what, Call call) throws Exception {
    try {
      told(what, call.make());
    } catch (RestClientException error) {
      told(what, error.getStatus() + "/" + error.getErrorCode());
    }
  }

  public static void main(String[] arguments) throws Exception {
    String url = arguments[0];
    SchemaRegistryClient client = connect(url, arguments[1]);
    int id = client.register(SUBJECT, new AvroSchema(OLD));
    told("registered", id);
    told("fits", client.testCompatibility(SUBJECT, new AvroSchema(NEW)));
    told("breaks", client.testCompatibility(SUBJECT, new AvroSchema(BROKEN)));
    told("why", client.testCompatibilityVerbose(SUBJECT, new AvroSchema(BROKEN)).get(0));
    refused("incompatible", () -> client.register(SUBJECT, new AvroSchema(BROKEN)));
    told("second", client.register(SUBJECT, new AvroSchema(NEW)));
    told("latest", client.getLatestSchemaMetadata(SUBJECT).getVersion());
    told("version", client.getVersion(SUBJECT, new AvroSchema(OLD)));
    told("versions", client.getAllVersions(SUBJECT));
    told("subjects", client.getAllSubjects());
    told("level", client.updateCompatibility(SUBJECT, "FULL") + " " + client.getCompatibility(SUBJECT));
    told("mode", client.getMode());
    refused("nothing", () -> client.getSchemaById(99));
    refused("stranger", () -> connect(url, "ann:wrong").getAllSubjects());
    told("read", read(connect(url, arguments[1]), written(id)));
    told("softly", client.deleteSubject(SUBJECT));
    told("for good", client.deleteSubject(SUBJECT, true));
  }

  /** A record as KafkaAvroSerializer frames it. */
  static byte[] written(int id) throws Exception {
    Schema schema = new Schema.Parser().parse(OLD);
    GenericRecord record = new GenericData.Record(schema);
    record.put("a", 7);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0);
    out.write(ByteBuffer.allocate(4).putInt(id).array());
    var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
    return out.toByteArray();
  }

  /** The record as KafkaAvroDeserializer reads it: by the schema that the registry has under its id, into a newer one. */
  static Object read(SchemaRegistryClient client, byte[] data) throws Exception {
    ByteBuffer framed = ByteBuffer.wrap(data, 1, data.length - 1);
    Schema writer = ((AvroSchema) client.getSchemaById(framed.getInt())).rawSchema();
    var body = new ByteArrayInputStream(data, framed.position(), framed.remaining());
    var reader = new GenericDatumReader<GenericRecord>(writer, new Schema.Parser().parse(NEW));
    return reader.read(null, DecoderFactory.get().binaryDecoder(body, null));
  }
}
