package oxbow.query.sql.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.linecorp.armeria.common.QueryParams;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.sql.SqlRequest;

/**
 * What a request asks for: a statement as text, or an object with it and more. What is said in both
 * the object and the address is taken from the object.
 */
final class SqlBody {
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private static final Set<String> IN_ADDRESS =
      Set.of("q", "timeout", "limit", "timezone", "queryId", "format", "rows", "longs");
  private static final Set<String> IN_OBJECT =
      Set.of(
          "query",
          "parameters",
          "timeout",
          "limit",
          "timezone",
          "queryId",
          "format",
          "rows",
          "longs");
  private static final int PARAMETERS_MAX = 10_000;
  private static final int ID_CHARS_MAX = 100;

  private final Map<String, String> said = new LinkedHashMap<>();
  private final List<@Nullable Object> parameters = new ArrayList<>();
  private String sql = "";

  private SqlBody() {}

  /** Reads a request without a body. */
  static SqlBody of(QueryParams address) {
    var body = new SqlBody();
    body.take(address);
    body.sql = body.said.getOrDefault("q", "");
    body.requireStatement();
    return body;
  }

  /**
   * Reads a request with a body.
   *
   * @param isJson the client calls it so
   */
  static SqlBody of(QueryParams address, byte[] content, boolean isJson) {
    var body = new SqlBody();
    body.take(address);
    if (body.said.containsKey("q")) {
      throw new QueryException(Kind.BAD_PARAMETER, "the statement stands in the body, not in q=");
    }
    String text = text(content);
    // No statement begins with a brace; and curl calls what it sends a form.
    if (isJson || text.stripLeading().startsWith("{")) body.takeObject(text);
    else body.sql = text;
    body.requireStatement();
    return body;
  }

  private static String listed(Set<String> names) {
    return names.stream().sorted().collect(Collectors.joining(", "));
  }

  private void take(QueryParams address) {
    for (String name : address.names()) {
      if (!IN_ADDRESS.contains(name)) {
        throw new QueryException(
            Kind.BAD_PARAMETER,
            "there is no parameter '" + name + "' here; there are " + listed(IN_ADDRESS));
      }
      said.put(name, String.valueOf(address.get(name)));
    }
  }

  private static String text(byte[] content) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw new QueryException(Kind.BAD_BODY, "the body is no text in UTF-8", e);
    }
  }

  private void takeObject(String text) {
    JsonNode object;
    try {
      object = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new QueryException(Kind.BAD_BODY, "the body is no JSON: " + Json.reason(e), e);
    }
    if (!object.isObject()) {
      throw new QueryException(
          Kind.BAD_BODY, "the body is an object such as {\"query\":\"SELECT 1\"}");
    }
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      String name = member.getKey();
      JsonNode value = member.getValue();
      if (!IN_OBJECT.contains(name)) {
        throw new QueryException(
            Kind.BAD_BODY,
            "there is no member '" + name + "' here; there are " + listed(IN_OBJECT));
      }
      if (value.isNull()) continue;
      switch (name) {
        case "query" -> {
          if (!value.isTextual()) throw new QueryException(Kind.BAD_BODY, "query is a text");
          sql = value.textValue();
        }
        case "parameters" -> takeParameters(value);
        default -> {
          if (!value.isValueNode()) {
            throw new QueryException(Kind.BAD_BODY, name + " is a text or a number");
          }
          said.put(name, value.asText());
        }
      }
    }
  }

  private void takeParameters(JsonNode list) {
    if (!list.isArray() || list.size() > PARAMETERS_MAX) {
      throw new QueryException(
          Kind.BAD_BODY, "parameters are a list of at most " + PARAMETERS_MAX + " values");
    }
    for (JsonNode each : list) parameters.add(parameter(each));
  }

  private static @Nullable Object parameter(JsonNode value) {
    if (value.isNull()) return null;
    if (value.isBoolean()) return value.booleanValue();
    if (value.isTextual()) return value.textValue();
    if (value.isIntegralNumber()) {
      return value.canConvertToLong()
          ? (Object) value.longValue()
          : new BigDecimal(value.bigIntegerValue());
    }
    if (value.isNumber()) return value.decimalValue();
    JsonNode base64 = value.size() == 1 ? value.get("base64") : null;
    if (base64 != null && base64.isTextual()) {
      try {
        return Base64.getDecoder().decode(base64.textValue());
      } catch (IllegalArgumentException _) {
        // told below
      }
    }
    throw new QueryException(
        Kind.BAD_BODY,
        "a parameter is null, true, false, a number, a text, or {\"base64\":\"...\"} for bytes");
  }

  private void requireStatement() {
    if (!sql.isBlank()) return;
    throw new QueryException(
        Kind.BAD_BODY,
        "there is no statement; send one as the body (curl --data 'SELECT 1'), as {\"query\":..} or"
            + " as q=");
  }

  private Optional<String> said(String name) {
    return Optional.ofNullable(said.get(name)).filter(text -> !text.isEmpty());
  }

  Optional<String> format() {
    return said("format");
  }

  /** Each row is an object with its columns' names, and not a list. */
  boolean isByName() {
    return switch (said("rows").orElse("arrays")) {
      case "arrays" -> false;
      case "objects" -> true;
      case String other -> throw bad("rows", other, "arrays or objects");
    };
  }

  boolean isLongAsText() {
    return switch (said("longs").orElse("number")) {
      case "string" -> true;
      case "number" -> false;
      case String other -> throw bad("longs", other, "number or string");
    };
  }

  /** What the engine is asked; an id is in it in any case. */
  SqlRequest request() {
    return new SqlRequest(sql, parameters, Optional.of(id()), timeout(), limit(), zone());
  }

  private String id() {
    Optional<String> given = said("queryId");
    if (given.isEmpty()) return UUID.randomUUID().toString();
    if (given.get().length() > ID_CHARS_MAX || !given.get().matches("[A-Za-z0-9_.-]+")) {
      throw bad(
          "queryId", given.get(), "up to " + ID_CHARS_MAX + " letters, digits, '-', '_' and '.'");
    }
    return given.get();
  }

  private Optional<Duration> timeout() {
    Optional<String> text = said("timeout");
    if (text.isEmpty()) return Optional.empty();
    try {
      String given = text.get().toUpperCase(Locale.ROOT);
      Duration timeout;
      if (given.matches("\\d{1,9}MS")) {
        timeout = Duration.ofMillis(Long.parseLong(given.substring(0, given.length() - 2)));
      } else if (given.matches("\\d{1,9}")) {
        timeout = Duration.ofSeconds(Long.parseLong(given));
      } else {
        timeout = Duration.parse(given.startsWith("P") ? given : "PT" + given);
      }
      if (timeout.isPositive()) return Optional.of(timeout);
    } catch (DateTimeException _) {
      // told below
    }
    throw bad("timeout", text.get(), "a time such as 500ms, 30s, 5m or a number of seconds");
  }

  private OptionalLong limit() {
    Optional<String> text = said("limit");
    if (text.isEmpty()) return OptionalLong.empty();
    try {
      long limit = Long.parseLong(text.get());
      if (limit >= 0) return OptionalLong.of(limit);
    } catch (NumberFormatException _) {
      // told below
    }
    throw bad("limit", text.get(), "a number of rows");
  }

  private ZoneId zone() {
    Optional<String> text = said("timezone");
    if (text.isEmpty()) return ZoneOffset.UTC;
    try {
      return ZoneId.of(text.get());
    } catch (DateTimeException e) {
      throw bad("timezone", text.get(), "a zone such as Europe/Berlin, UTC or +02:00");
    }
  }

  static QueryException bad(String name, String text, String allowed) {
    return new QueryException(
        Kind.BAD_PARAMETER, name + " is '" + text + "', and may be " + allowed);
  }
}
