import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/** Answers, line by line, what Java Avro makes of a schema ({"schema"}) or of a pair ({"reader", "writer"}). */
public class Oracle {
  static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    PrintStream out = new PrintStream(System.out, true, "UTF-8");
    String line;
    while ((line = in.readLine()) != null) {
      ObjectNode answer = JSON.createObjectNode();
      try {
        answer(JSON.readTree(line), answer);
      } catch (Exception error) {
        answer.removeAll();
        answer.put("error", error.getClass().getSimpleName() + ": " + error.getMessage());
      }
      out.println(JSON.writeValueAsString(answer));
    }
  }

  static void answer(JsonNode question, ObjectNode answer) {
    if (question.has("schema")) {
      answer.put("text", new Schema.Parser().parse(question.get("schema").asText()).toString());
      return;
    }
    ArrayNode found = answer.putArray("found");
    for (SchemaCompatibility.Incompatibility each : SchemaCompatibility
        .checkReaderWriterCompatibility(parse(question.get("reader")), parse(question.get("writer")))
        .getResult().getIncompatibilities()) {
      found.addArray().add(each.getType().toString()).add(each.getLocation()).add(each.getMessage());
    }
  }

  static Schema parse(JsonNode text) {
    return new Schema.Parser().setValidateDefaults(false).parse(text.asText());
  }
}
