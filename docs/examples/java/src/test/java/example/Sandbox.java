package example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/** The sandbox for one test: where it is, by the variables of `sandbox exec`, and a tenant that nobody else is. */
class Sandbox {
    static final String TENANT_HEADER = "X-Tenant-ID";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    final String tenant = "java-" + UUID.randomUUID();

    static String address(String variable) {
        String value = System.getenv(variable);
        if (value == null) throw new IllegalStateException(variable + " is not set: run me by `sandbox exec -- mvn test`");
        return value;
    }

    JsonNode get(String url) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).header(TENANT_HEADER, tenant).build();
        HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) throw new IllegalStateException(url + " → " + response.body());
        return JSON.readTree(response.body());
    }

    boolean isMine(Headers headers) {
        Header header = headers.lastHeader(TENANT_HEADER);
        return header != null && tenant.equals(new String(header.value(), StandardCharsets.UTF_8));
    }

    /** A subject's latest schema, and its id. */
    Map.Entry<Integer, Schema> latest(String subject) throws IOException, InterruptedException {
        JsonNode found = get(address("SCHEMA_REGISTRY_URL") + "/subjects/" + subject + "/versions/latest");
        return Map.entry(found.get("id").asInt(), new Schema.Parser().parse(found.get("schema").asText()));
    }

    /** Confluent's framing: a zero byte, the schema's id in four bytes, the Avro body. */
    byte[] framed(GenericRecord record, int id) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<>(record.getSchema()).write(record, encoder);
        return out.toByteArray();
    }

    GenericRecord unframed(byte[] data) throws IOException, InterruptedException {
        int id = ByteBuffer.wrap(data, 1, 4).getInt();
        String schema = get(address("SCHEMA_REGISTRY_URL") + "/schemas/ids/" + id).get("schema").asText();
        return new GenericDatumReader<GenericRecord>(new Schema.Parser().parse(schema))
            .read(null, DecoderFactory.get().binaryDecoder(data, 5, data.length - 5, null));
    }
}
