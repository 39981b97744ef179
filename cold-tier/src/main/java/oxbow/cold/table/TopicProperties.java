package oxbow.cold.table;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.iceberg.TableMetadata;
import org.apache.kafka.common.Uuid;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;

/**
 * What a topic's table tells in its properties. They are part of the metadata that a commit swaps,
 * so the offsets in them are as true as the files beside them, whatever other engines do.
 */
final class TopicProperties {
  /** Properties that only we write. */
  static final String PREFIX = "oxbow.";

  static final String TOPIC_ID = "oxbow.topic-id";
  static final String COLUMNS = "oxbow.columns";

  /** Where each partition ends in the table: the truth that commits are checked against. */
  static final String ENDS = "oxbow.ends";

  /** Where each partition's log began as far as the table was told. */
  static final String STARTS = "oxbow.starts";

  /** What other engines may commit: a {@link ForeignCommits}. */
  static final String FOREIGN_COMMITS = "oxbow.foreign-commits";

  /** Number of the last owner of the bucket who committed; those before it may not any more. */
  static final String OWNER = "oxbow.owner";

  /** In a snapshot's summary: the ranges that it added. */
  static final String RANGES = "oxbow.ranges";

  private TopicProperties() {}

  static boolean isTopic(TableMetadata metadata) {
    return metadata.properties().containsKey(TOPIC_ID);
  }

  static Uuid topicId(TableMetadata metadata) {
    return Uuid.fromString(required(metadata, TOPIC_ID));
  }

  static TableColumns columns(TableMetadata metadata) {
    return ColumnsJson.read(required(metadata, COLUMNS));
  }

  static Map<Integer, Long> ends(TableMetadata metadata) {
    return parse(required(metadata, ENDS));
  }

  static Map<Integer, Long> starts(TableMetadata metadata) {
    return parse(required(metadata, STARTS));
  }

  private static String required(TableMetadata metadata, String key) {
    return Optional.ofNullable(metadata.properties().get(key))
        .orElseThrow(() ->
            new StoreException(
                Kind.CORRUPT, "somebody took " + key + " from " + metadata.location()));
  }

  /** As {@code 0:4096 1:77}. */
  static String format(Map<Integer, Long> offsets) {
    return new TreeMap<>(offsets)
        .entrySet().stream()
            .map(entry -> entry.getKey() + ":" + entry.getValue())
            .collect(Collectors.joining(" "));
  }

  private static Map<Integer, Long> parse(String text) {
    Map<Integer, Long> offsets = new TreeMap<>();
    if (text.isEmpty()) return offsets;
    try {
      for (String entry : text.split(" ")) {
        int colon = entry.indexOf(':');
        offsets.put(
            Integer.valueOf(entry.substring(0, colon)), Long.valueOf(entry.substring(colon + 1)));
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new StoreException(Kind.CORRUPT, "not offsets of partitions: " + text, e);
    }
    return offsets;
  }
}
