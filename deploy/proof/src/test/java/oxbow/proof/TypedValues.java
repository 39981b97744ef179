package oxbow.proof;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.Locale;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * Orders in a schema language, of a first version and of one that came later, as the language's own
 * library (for Protobuf: its wire format) writes and reads them; the cold tier's decoders have no
 * part in it.
 */
enum TypedValues {
  AVRO,
  JSON,
  PROTOBUF;

  /** Columns as SQL gives them, whichever of them a version has. */
  static final String COLUMNS = "item, quantity, price, tags, place, note";

  private static final JsonMapper MAPPER = new JsonMapper();

  private static final String AVRO_TEXT =
      """
      {"type": "record", "name": "Order", "fields": [
        {"name": "item", "type": "string"},
        {"name": "quantity", "type": "QUANTITY"},
        {"name": "price", "type": ["null", "double"], "default": null},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "place", "type": {"type": "record", "name": "Place", "fields": [
          {"name": "city", "type": "string"}, {"name": "zip", "type": "int"}]}}NOTE
      ]}\
      """;

  private static final String JSON_TEXT =
      """
      {"type": "object", "additionalProperties": false, "properties": {
        "item": {"type": "string"},
        "quantity": {"type": "integer"},
        "price": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "place": {"type": "object", "additionalProperties": false, "properties": {
          "city": {"type": "string"}, "zip": {"type": "integer"}}}NOTE
      }}\
      """;

  private static final String PROTOBUF_TEXT =
      """
      syntax = "proto3";
      message Order {
        string item = 1;
        QUANTITY quantity = 2;
        optional double price = 3;
        repeated string tags = 4;
        Place place = 5;NOTE
      }
      message Place {
        string city = 1;
        int32 zip = 2;
      }
      """;

  /** The first version (1) or the one that came later (2): a wider number and one more field. */
  String schema(int version) {
    boolean isFirst = version == 1;
    return switch (this) {
      case AVRO ->
          AVRO_TEXT
              .replace("QUANTITY", isFirst ? "int" : "long")
              .replace(
                  "NOTE",
                  isFirst
                      ? ""
                      : ", {\"name\": \"note\", \"type\": [\"null\", \"string\"],"
                          + " \"default\": null}");
      case JSON -> JSON_TEXT.replace("NOTE", isFirst ? "" : ", \"note\": {\"type\": \"string\"}");
      case PROTOBUF ->
          PROTOBUF_TEXT
              .replace("QUANTITY", isFirst ? "int32" : "int64")
              .replace("NOTE", isFirst ? "" : "\n  optional string note = 6;");
    };
  }

  /** Registers a version and returns its id. */
  int register(String registry, String subject, int version) {
    ObjectNode body = MAPPER.createObjectNode();
    body.put("schemaType", name().toUpperCase(Locale.ROOT)).put("schema", schema(version));
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(registry + "/subjects/" + subject + "/versions"))
                  .POST(BodyPublishers.ofString(body.toString()))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) throw new AssertionError(answer.body());
      return MAPPER.readTree(answer.body()).path("id").asInt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** The nth order, as serializers write it: a zero, the schema's id, the value. */
  byte[] write(int n, int version, int id) {
    var out = new ByteArrayOutputStream();
    try {
      out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
      switch (this) {
        case AVRO -> writeAvro(n, version, out);
        case JSON -> {
          ObjectNode order = order(n, version);
          if (order.get("price").isNull()) order.remove("price");
          if (order.get("note").isNull()) order.remove("note");
          out.write(MAPPER.writeValueAsBytes(order));
        }
        case PROTOBUF -> writeProtobuf(n, version, out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** The order with this number, in all columns. */
  private static ObjectNode order(int n, int version) {
    ObjectNode order = MAPPER.createObjectNode();
    order.put("item", "item " + n % 17 + " é");
    order.put("quantity", version == 1 ? n % 1000 + 1L : n * 3_000_000_000L);
    if (n % 5 == 0) order.putNull("price");
    else order.put("price", n / 4.0 + 0.125);
    ArrayNode tags = order.putArray("tags");
    for (int i = 0; i <= n % 3; i++) tags.add("tag" + i);
    order.putObject("place").put("city", "city " + n % 7).put("zip", n % 90_000 + 1);
    if (version == 1 || n % 4 == 0) order.putNull("note");
    else order.put("note", "note " + n);
    return order;
  }

  private void writeAvro(int n, int version, ByteArrayOutputStream out) throws IOException {
    Schema schema = new Schema.Parser().parse(schema(version));
    ObjectNode order = order(n, version);
    GenericRecord record = new GenericData.Record(schema);
    record.put("item", order.get("item").asText());
    long quantity = order.get("quantity").asLong();
    record.put("quantity", version == 1 ? (Object) (int) quantity : (Object) quantity);
    if (!order.get("price").isNull()) record.put("price", order.get("price").asDouble());
    var tags = new GenericData.Array<CharSequence>(3, schema.getField("tags").schema());
    order.get("tags").forEach(tag -> tags.add(tag.asText()));
    record.put("tags", tags);
    GenericRecord place = new GenericData.Record(schema.getField("place").schema());
    place.put("city", order.get("place").get("city").asText());
    place.put("zip", order.get("place").get("zip").asInt());
    record.put("place", place);
    if (!order.get("note").isNull()) record.put("note", order.get("note").asText());
    var encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
    encoder.flush();
  }

  private static void writeProtobuf(int n, int version, ByteArrayOutputStream out)
      throws IOException {
    ObjectNode order = order(n, version);
    out.write(0); // the first message of its schema
    CodedOutputStream message = CodedOutputStream.newInstance(out);
    message.writeString(1, order.get("item").asText());
    message.writeInt64(2, order.get("quantity").asLong());
    if (!order.get("price").isNull()) message.writeDouble(3, order.get("price").asDouble());
    for (JsonNode tag : order.get("tags")) message.writeString(4, tag.asText());
    var place = new ByteArrayOutputStream();
    CodedOutputStream inner = CodedOutputStream.newInstance(place);
    inner.writeString(1, order.get("place").get("city").asText());
    inner.writeInt32(2, order.get("place").get("zip").asInt());
    inner.flush();
    message.writeByteArray(5, place.toByteArray());
    if (!order.get("note").isNull()) message.writeString(6, order.get("note").asText());
    message.flush();
  }

  /** What a consumer makes of a value it read, in all columns. */
  ObjectNode read(byte[] value, int version) {
    try {
      return switch (this) {
        case AVRO -> readAvro(value, version);
        case JSON -> readJson(value);
        case PROTOBUF -> readProtobuf(value);
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ObjectNode readAvro(byte[] value, int version) throws IOException {
    GenericRecord record =
        new GenericDatumReader<GenericRecord>(new Schema.Parser().parse(schema(version)))
            .read(null, DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null));
    ObjectNode columns = (ObjectNode) MAPPER.readTree(record.toString());
    if (!columns.has("note")) columns.putNull("note");
    return columns;
  }

  private static ObjectNode readJson(byte[] value) throws JsonProcessingException {
    ObjectNode columns =
        (ObjectNode) MAPPER.readTree(new String(value, 5, value.length - 5, UTF_8));
    if (!columns.has("price")) columns.putNull("price");
    if (!columns.has("note")) columns.putNull("note");
    return columns;
  }

  private static ObjectNode readProtobuf(byte[] value) throws IOException {
    ObjectNode columns = MAPPER.createObjectNode();
    columns.putNull("price").putNull("note");
    ArrayNode tags = columns.putArray("tags");
    CodedInputStream message = CodedInputStream.newInstance(value, 6, value.length - 6);
    for (int tag = message.readTag(); tag != 0; tag = message.readTag()) {
      switch (tag >>> 3) {
        case 1 -> columns.put("item", message.readStringRequireUtf8());
        case 2 -> columns.put("quantity", message.readInt64());
        case 3 -> columns.put("price", message.readDouble());
        case 4 -> tags.add(message.readStringRequireUtf8());
        case 5 -> {
          CodedInputStream inner = CodedInputStream.newInstance(message.readByteArray());
          ObjectNode place = columns.putObject("place");
          for (int part = inner.readTag(); part != 0; part = inner.readTag()) {
            if (part >>> 3 == 1) place.put("city", inner.readStringRequireUtf8());
            else place.put("zip", inner.readInt32());
          }
        }
        default -> columns.put("note", message.readStringRequireUtf8());
      }
    }
    return columns;
  }
}
