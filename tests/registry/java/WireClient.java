import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** Speaks to the registry as KafkaAvroSerializer and KafkaAvroDeserializer do: `write URL SUBJECT SCHEMA JSON`, `read URL BASE64`. */
public class WireClient {
  static final ObjectMapper JSON = new ObjectMapper();
  static final String TYPE = "application/vnd.schemaregistry.v1+json";
  static final HttpClient HTTP = HttpClient.newHttpClient();

  public static void main(String[] arguments) throws Exception {
    System.out.println(arguments[0].equals("write")
        ? write(arguments[1], arguments[2], arguments[3], arguments[4])
        : read(arguments[1], arguments[2]));
  }

  static String write(String url, String subject, String text, String value) throws Exception {
    Schema schema = new Schema.Parser().parse(text);
    String body = JSON.writeValueAsString(Map.of("schema", schema.toString()));
    String path = "/subjects/" + URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20")
        + "/versions?normalize=false";
    int id = JSON.readTree(send(HttpRequest.newBuilder(URI.create(url + path)).header("Content-Type", TYPE)
        .POST(HttpRequest.BodyPublishers.ofString(body)))).get("id").asInt();
    Object record = new GenericDatumReader<Object>(schema).read(null, DecoderFactory.get().jsonDecoder(schema, value));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0);
    out.write(ByteBuffer.allocate(4).putInt(id).array());
    var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<Object>(schema).write(record, encoder);
    encoder.flush();
    return Base64.getEncoder().encodeToString(out.toByteArray());
  }

  static String read(String url, String base64) throws Exception {
    ByteBuffer data = ByteBuffer.wrap(Base64.getDecoder().decode(base64));
    if (data.get() != 0) {
      throw new IllegalArgumentException("Unknown magic byte!");
    }
    int id = data.getInt();
    String answer = send(HttpRequest.newBuilder(URI.create(url + "/schemas/ids/" + id + "?fetchMaxId=false")).GET());
    Schema schema = new Schema.Parser().parse(JSON.readTree(answer).get("schema").asText());
    byte[] body = new byte[data.remaining()];
    data.get(body);
    return new GenericDatumReader<Object>(schema).read(null, DecoderFactory.get().binaryDecoder(body, null)).toString();
  }

  static String send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> response = HTTP.send(request.header("Accept", TYPE
        + ", application/vnd.schemaregistry+json, application/json").build(), HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IllegalStateException(response.statusCode() + " " + response.body());
    }
    return response.body();
  }
}
