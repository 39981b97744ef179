package oxbow.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.cold.erase.EraseReport;
import oxbow.cold.erase.ErasedKeys;
import oxbow.server.JsonText;

/** Erasing in JSON: which keys, and what became of them. */
final class EraseJson {
  private static final Set<String> NAMES = Set.of("keys", "keysBase64", "keysJson");

  private EraseJson() {}

  /**
   * @throws IllegalArgumentException the text names no keys
   */
  static ErasedKeys keys(String text) {
    @Nullable Object body;
    try {
      body = JsonText.parse(text);
    } catch (IOException e) {
      throw new IllegalArgumentException("the request's body is no JSON", e);
    }
    if (!(body instanceof Map<?, ?> given)) {
      throw new IllegalArgumentException("the request's body is no JSON object");
    }
    List<byte[]> keys = new ArrayList<>();
    for (String key : texts(given, "keys")) keys.add(key.getBytes(UTF_8));
    for (String key : texts(given, "keysBase64")) {
      try {
        keys.add(Base64.getDecoder().decode(key));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("a key of keysBase64 is no base64", e);
      }
    }
    for (Object name : given.keySet()) {
      if (!NAMES.contains(name)) {
        throw new IllegalArgumentException(
            "'" + name + "' is not known: keys, keysBase64 or keysJson");
      }
    }
    return new ErasedKeys(keys, texts(given, "keysJson"));
  }

  private static List<String> texts(Map<?, ?> given, String name) {
    @Nullable Object found = given.get(name);
    if (found == null) return List.of();
    if (!(found instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
      throw new IllegalArgumentException(name + " is no list of strings");
    }
    return list.stream().map(String.class::cast).toList();
  }

  static Map<String, @Nullable Object> of(EraseReport report) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("job", report.id());
    json.put("topic", report.topic());
    json.put("state", report.state().name().toLowerCase(Locale.ROOT));
    json.put("keysSha256", report.keys());
    json.put("keysReadBy", report.keysReadBy());
    json.put("begun", report.begun().toString());
    json.put("ended", report.ended() == null ? null : Objects.toString(report.ended()));
    json.put("logRecords", report.foundRecords().log());
    json.put("coldRecords", report.foundRecords().coldFiles());
    json.put("pastRecords", report.foundRecords().pastFiles());
    json.put("partitions", report.partitions().stream().map(EraseJson::of).toList());
    json.put("forgottenSnapshots", report.forgottenSnapshots());
    json.put("forgottenReferences", report.forgottenReferences());
    json.put("deletedObjects", report.deletedObjects());
    EraseReport.Proof proof = report.proof();
    json.put("proof", proof == null ? null : of(proof));
    json.put("problems", report.problems());
    return json;
  }

  private static Map<String, Object> of(EraseReport.Partition partition) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("partition", partition.partition());
    json.put("endOffset", partition.endOffset());
    json.put("logSegments", partition.logSegments());
    json.put("logSegmentsRewritten", partition.logSegmentsRewritten());
    json.put("logRecords", partition.logRecords());
    json.put("coldFiles", partition.coldFiles());
    List<Map<String, Object>> replaced = new ArrayList<>();
    for (EraseReport.Replaced one : partition.replaced()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("old", one.old());
      row.put("now", one.now());
      row.put("records", one.records());
      replaced.add(row);
    }
    json.put("replaced", replaced);
    return json;
  }

  private static Map<String, Object> of(EraseReport.Proof proof) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("logSegments", proof.logSegments());
    json.put("logBytes", proof.logBytes());
    json.put("coldFiles", proof.coldFiles());
    json.put("coldBytes", proof.coldBytes());
    json.put("records", proof.records());
    json.put("filesLeft", proof.filesLeft());
    return json;
  }
}
