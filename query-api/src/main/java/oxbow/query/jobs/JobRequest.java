package oxbow.query.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import oxbow.log.ReadLimit;
import oxbow.query.Json;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;

/**
 * What somebody asks for.
 *
 * <pre>
 *   {"from": "-1h", "to": "latest", "partitions": [0, 2], "isolation": "read_committed",
 *    "topic": "copy", "partitioning": "same" | "key",  or  "group": "billing",
 *    "recordsPerSecond": 1000, "bytesPerSecond": 1000000}
 * </pre>
 *
 * @param from a position; empty: the earliest, which a group doesn't mean without saying so
 * @param to a position; empty: the end as it is now
 * @param partitions empty: all
 * @param topic to copy to
 * @param mapping empty: the same partition if the target has it, else by key
 * @param group to move
 */
record JobRequest(
    Optional<String> from,
    Optional<String> to,
    List<Integer> partitions,
    Optional<String> topic,
    Optional<Job.Mapping> mapping,
    Optional<String> group,
    ReadLimit isolation,
    double recordsPerSecond,
    double bytesPerSecond) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final Set<String> KNOWN =
      Set.of(
          "from",
          "to",
          "partitions",
          "topic",
          "partitioning",
          "group",
          "isolation",
          "recordsPerSecond",
          "bytesPerSecond");

  JobRequest {
    partitions = List.copyOf(partitions);
  }

  /**
   * Reads a request's body.
   *
   * @throws QueryException it makes no sense
   */
  static JobRequest parse(byte[] body) {
    JsonNode json = read(body);
    for (var field : json.properties()) {
      if (KNOWN.contains(field.getKey())) continue;
      throw bad(
          "there is no '%s' in a replay; there are %s"
              .formatted(field.getKey(), String.join(", ", new TreeSet<>(KNOWN))));
    }
    var request =
        new JobRequest(
            text(json, "from"),
            text(json, "to"),
            partitions(json.path("partitions")),
            text(json, "topic"),
            text(json, "partitioning").map(JobRequest::mapping),
            text(json, "group"),
            text(json, "isolation").map(JobRequest::isolation).orElse(ReadLimit.LAST_STABLE),
            rate(json, "recordsPerSecond"),
            rate(json, "bytesPerSecond"));
    request.check();
    return request;
  }

  private void check() {
    if (topic.isPresent() == group.isPresent()) {
      throw bad("name a topic to copy to, or a group to move: one of the two");
    }
    if (group.isEmpty()) return;
    boolean isCopy =
        to.isPresent() || mapping.isPresent() || recordsPerSecond > 0 || bytesPerSecond > 0;
    if (isCopy) throw bad("a group is moved to 'from': there is nothing to copy, and no pace");
    if (from.isEmpty()) throw bad("say where the group goes on: 'from'");
  }

  private static JsonNode read(byte[] body) {
    try {
      JsonNode json = MAPPER.readTree(body);
      if (json != null && json.isObject()) return json;
      throw bad("the body has to be a JSON object");
    } catch (JsonProcessingException e) {
      throw new QueryException(Kind.BAD_BODY, "the body is no JSON: " + Json.reason(e), e);
    } catch (IOException e) {
      throw new QueryException(Kind.BAD_BODY, "the body is no JSON", e);
    }
  }

  private static QueryException bad(String message) {
    return new QueryException(Kind.BAD_BODY, message);
  }

  private static Optional<String> text(JsonNode json, String name) {
    @Nullable JsonNode text = json.get(name);
    if (text == null || text.isNull()) return Optional.empty();
    if (!text.isTextual() || text.textValue().isEmpty()) throw bad(name + " has to be a text");
    return Optional.of(text.textValue());
  }

  private static List<Integer> partitions(JsonNode json) {
    if (json.isMissingNode() || json.isNull()) return List.of();
    var partitions = new TreeSet<Integer>();
    for (JsonNode each : json) {
      if (!each.isInt() || each.intValue() < 0) throw bad("partitions are numbers from 0 on");
      partitions.add(each.intValue());
    }
    if (partitions.isEmpty()) throw bad("partitions has to be a list such as [0, 2]");
    return List.copyOf(partitions);
  }

  private static Job.Mapping mapping(String text) {
    return switch (text) {
      case "same" -> Job.Mapping.SAME;
      case "key" -> Job.Mapping.KEY;
      default -> throw bad("partitioning is 'same' or 'key', not '" + text + "'");
    };
  }

  private static ReadLimit isolation(String text) {
    return switch (text) {
      case "read_committed" -> ReadLimit.LAST_STABLE;
      case "read_uncommitted" -> ReadLimit.HIGH_WATERMARK;
      default ->
          throw bad("isolation is 'read_committed' or 'read_uncommitted', not '" + text + "'");
    };
  }

  private static double rate(JsonNode json, String name) {
    JsonNode rate = json.path(name);
    if (rate.isMissingNode() || rate.isNull()) return 0;
    if (rate.isNumber() && rate.doubleValue() > 0 && rate.doubleValue() <= 1e12) {
      return rate.doubleValue();
    }
    throw bad(name + " has to be a number above zero");
  }
}
