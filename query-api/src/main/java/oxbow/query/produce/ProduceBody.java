package oxbow.query.produce;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;

/**
 * Reads what somebody sends to be appended: one record, a list of them, an object with a list
 * called {@code records}, or one record after the other.
 */
public final class ProduceBody {
  private static final int DEPTH_MAX = 500;
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEPTH_MAX)
                          .maxStringLength(1 << 30)
                          .maxNumberLength(10_000)
                          .build())
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  // What records that were replayed say beyond these is passed over, so that they can be sent back.
  private static final Set<String> KNOWN =
      Set.of("partition", "timestamp", "headers", "key", "value");
  private static final Set<String> PASSED_OVER =
      Set.of("topic", "offset", "timestampType", "keySchemaId", "valueSchemaId");

  private final Side key;
  private final Side value;
  private final int recordsMax;

  /** How a key or a value becomes bytes. */
  @FunctionalInterface
  public interface Side {
    /**
     * @throws QueryException it can't
     */
    byte[] bytes(JsonNode json);

    /** A text as its bytes, everything else as JSON; {@code {"base64": "..."}} as those bytes. */
    Side PLAIN =
        json -> {
          if (json.isTextual()) return json.textValue().getBytes(StandardCharsets.UTF_8);
          JsonNode base64 = json.size() == 1 ? json.get("base64") : null;
          return base64 != null && base64.isTextual() ? base64(base64) : text(json);
        };

    /** As JSON, texts too. */
    Side JSON = Side::text;

    /** A text that is base64. */
    Side BASE64 = Side::base64;

    private static byte[] text(JsonNode json) {
      return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Bytes that stand in base64. */
    static byte[] base64(JsonNode json) {
      if (!json.isTextual()) throw bad("base64 is a text");
      try {
        return Base64.getDecoder().decode(json.textValue());
      } catch (IllegalArgumentException e) {
        throw bad("this is no base64: " + e.getMessage());
      }
    }
  }

  public ProduceBody(Side key, Side value, int recordsMax) {
    this.key = key;
    this.value = value;
    this.recordsMax = recordsMax;
  }

  /**
   * The records in order; those that can't be appended with the reason.
   *
   * @throws QueryException the whole is no such body
   */
  public List<NewRecord> read(byte[] body) {
    List<NewRecord> records = new ArrayList<>();
    try (JsonParser parser = MAPPER.createParser(body);
        MappingIterator<JsonNode> values = MAPPER.readerFor(JsonNode.class).readValues(parser)) {
      while (values.hasNextValue()) {
        JsonNode each = values.nextValue();
        JsonNode list = each.isObject() && each.has("records") ? each.get("records") : each;
        if (list.isArray()) {
          for (JsonNode record : list) add(records, record);
        } else {
          add(records, list);
        }
      }
    } catch (JsonProcessingException e) {
      throw new QueryException(Kind.BAD_BODY, "the body is no JSON: " + Json.reason(e) + at(e), e);
    } catch (IOException e) {
      throw new QueryException(Kind.BAD_BODY, "the body is no JSON", e);
    }
    if (records.isEmpty()) {
      throw new QueryException(
          Kind.BAD_BODY,
          "the body has no records; one looks like {\"key\":\"a\",\"value\":{\"any\":\"JSON\"}}");
    }
    return records;
  }

  private static String at(JsonProcessingException e) {
    return e.getLocation() == null
        ? ""
        : " (line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr()
            + ")";
  }

  private void add(List<NewRecord> records, JsonNode json) {
    if (records.size() >= recordsMax) {
      throw new QueryException(
          Kind.TOO_LARGE, "a request takes at most " + recordsMax + " records");
    }
    try {
      records.add(record(json));
    } catch (QueryException e) {
      records.add(new NewRecord.Bad(e));
    }
  }

  private NewRecord.Good record(JsonNode json) {
    if (!json.isObject()) throw bad("a record is an object such as {\"value\":\"a\"}");
    var names = json.fieldNames();
    while (names.hasNext()) {
      String name = names.next();
      if (KNOWN.contains(name) || PASSED_OVER.contains(name)) continue;
      throw bad("a record has key, value, headers, partition and timestamp, and no '" + name + "'");
    }
    if (!json.has("value") && !json.has("key")) throw bad("a record has a key or a value");
    return new NewRecord.Good(
        number(json, "partition").map(ProduceBody::asInt),
        number(json, "timestamp"),
        headers(json.get("headers")),
        bytes("key", json.get("key"), key),
        bytes("value", json.get("value"), value));
  }

  private static byte @Nullable [] bytes(String name, @Nullable JsonNode json, Side side) {
    if (json == null || json.isNull()) return null;
    try {
      return side.bytes(json);
    } catch (QueryException e) {
      throw new QueryException(e.kind(), "the " + name + ": " + e.getMessage(), e);
    }
  }

  private static Optional<Long> number(JsonNode json, String name) {
    JsonNode number = json.get(name);
    if (number == null || number.isNull()) return Optional.empty();
    if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
      throw bad(name + " is a whole number from 0 on");
    }
    return Optional.of(number.longValue());
  }

  private static int asInt(long number) {
    return (int) Math.min(number, Integer.MAX_VALUE);
  }

  /** A list of keys and values, or an object of them. */
  private static List<Header> headers(@Nullable JsonNode json) {
    List<Header> headers = new ArrayList<>();
    if (json == null || json.isNull()) return headers;
    if (json.isObject()) {
      json.properties().forEach(each -> headers.add(header(each.getKey(), each.getValue())));
      return headers;
    }
    if (!json.isArray()) throw bad("headers are a list of {\"key\":..,\"value\":..}");
    for (JsonNode each : json) {
      if (!each.path("key").isTextual()) throw bad("a header has a text as its key");
      headers.add(header(each.get("key").textValue(), each.get("value")));
    }
    return headers;
  }

  private static Header header(String key, @Nullable JsonNode value) {
    return new RecordHeader(key, value == null || value.isNull() ? null : Side.PLAIN.bytes(value));
  }

  private static QueryException bad(String message) {
    return new QueryException(Kind.BAD_RECORD, message);
  }
}
