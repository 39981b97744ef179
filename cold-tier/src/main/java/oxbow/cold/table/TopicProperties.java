package oxbow.cold.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.iceberg.TableMetadata;
import org.apache.kafka.common.Uuid;
import oxbow.cold.file.TableColumns;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.table.ColdTable.Compacted;

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

  /** Up to where each partition was compacted, and when: {@code 0:4096@1763600000000,...}. */
  static final String COMPACTED = "oxbow.compacted";

  /** Another one each time that the past was forgotten, so that no commit of before is late. */
  static final String FORGOTTEN = "oxbow.forgotten";

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

  /** Tables of before compaction lack it. */
  static Map<Integer, List<Compacted>> compacted(TableMetadata metadata) {
    String text = metadata.property(COMPACTED, "");
    Map<Integer, List<Compacted>> all = new TreeMap<>();
    if (text.isEmpty()) return all;
    try {
      for (String entry : text.split(" ", -1)) {
        int colon = entry.indexOf(':');
        List<Compacted> rounds = new ArrayList<>();
        for (String round : entry.substring(colon + 1).split(",", -1)) {
          int at = round.indexOf('@');
          rounds.add(
              new Compacted(
                  Long.parseLong(round.substring(0, at)), Long.parseLong(round.substring(at + 1))));
        }
        all.put(Integer.valueOf(entry.substring(0, colon)), rounds);
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new StoreException(Kind.CORRUPT, "no rounds of compaction: " + text, e);
    }
    return all;
  }

  static String formatCompacted(Map<Integer, List<Compacted>> all) {
    return new TreeMap<>(all)
        .entrySet().stream()
            .filter(entry -> !entry.getValue().isEmpty())
            .map(entry ->
                entry.getKey()
                    + ":"
                    + entry.getValue().stream()
                        .map(round -> round.endOffset() + "@" + round.atMs())
                        .collect(Collectors.joining(",")))
            .collect(Collectors.joining(" "));
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
