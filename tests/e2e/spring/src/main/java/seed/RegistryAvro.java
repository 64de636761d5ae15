package seed;

import com.z254.butterfly.common.hft.avro.RimFastEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.Schema;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.Encoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/** Avro in Confluent's wire format, with ids and schemas of the registry: magic byte 0, four bytes of id, the body. */
public class RegistryAvro {
    public static final String URL = "schema.registry.url";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    public static class Writer implements Serializer<RimFastEvent> {
        private String url;

        @Override
        public void configure(Map<String, ?> config, boolean isKey) {
            url = (String) config.get(URL);
        }

        @Override
        public byte[] serialize(String topic, RimFastEvent event) {
            try {
                String body = "{\"schema\": " + quoted(event.getSchema().toString()) + "}";
                HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/subjects/" + topic + "-value/versions"))
                    .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                    .POST(HttpRequest.BodyPublishers.ofString(body)).build();
                Matcher id = Pattern.compile("\"id\"\\s*:\\s*(\\d+)").matcher(answer(request));
                if (!id.find()) throw new IllegalStateException("no id");
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(Integer.parseInt(id.group(1))).array());
                Encoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
                new SpecificDatumWriter<>(RimFastEvent.class).write(event, encoder);
                return out.toByteArray();
            } catch (IOException error) {
                throw new IllegalStateException(error);
            }
        }
    }

    public static class Reader implements Deserializer<RimFastEvent> {
        private String url;

        @Override
        public void configure(Map<String, ?> config, boolean isKey) {
            url = (String) config.get(URL);
        }

        @Override
        public RimFastEvent deserialize(String topic, byte[] data) {
            try {
                ByteBuffer framed = ByteBuffer.wrap(data);
                if (framed.get() != 0) throw new IllegalStateException("not framed");
                URI uri = URI.create(url + "/schemas/ids/" + framed.getInt() + "/schema");
                Schema writer = new Schema.Parser().parse(answer(HttpRequest.newBuilder(uri).build()));
                return new SpecificDatumReader<RimFastEvent>(writer, RimFastEvent.getClassSchema())
                    .read(null, DecoderFactory.get().binaryDecoder(data, 5, data.length - 5, null));
            } catch (IOException error) {
                throw new IllegalStateException(error);
            }
        }
    }

    private static String answer(HttpRequest request) {
        try {
            HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) throw new IllegalStateException(response.body());
            return response.body();
        } catch (IOException | InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
