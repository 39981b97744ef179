package oxbow.cold.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import oxbow.schema.SchemaType;
import oxbow.schema.layout.Column;
import oxbow.schema.layout.Layout;
import oxbow.schema.layout.LayoutJson;
import oxbow.schema.layout.Placement;

/**
 * What a cold file says of itself, as text under keys: enough to bring its batches back without
 * registry or table. The keys are part of the file format.
 *
 * <pre>
 *  oxbow.format         1
 *  oxbow.topic          name
 *  oxbow.topic.id       as Kafka writes it
 *  oxbow.partition
 *  oxbow.offsets        base,end
 *  oxbow.timestamps     min,max
 *  oxbow.leader.epoch   of the last batch
 *  oxbow.aborted        producer:first:last ...    transactions whose records were left out
 *  oxbow.batches        position,length,crc32c     where the batch index lies
 *  oxbow.log.bytes      of the batches it was made from
 *  oxbow.columns        of values, with their ids
 *  oxbow.key.column     likewise, of keys without schema
 *  oxbow.typed.key.column   of keys that have one, if there is one
 *  oxbow.plain.column   of values without schema, if there is one
 *  oxbow.schema.N       type, then the text of the value schema with id N; .key.N of a key's
 *  oxbow.placement.N    which column each part of it has; .key. as above
 *  oxbow.raw            records that are kept as they came, by reason: no_schema=3,undecodable=1
 *  oxbow.absent.schemas     ids that values named and that had no columns, a comma between them; marks of
 *                           headers in hexadecimal behind a hash; more: others, too
 *  oxbow.absent.key.schemas likewise
 *  oxbow.message.N      path of the Protobuf message whose fields are columns at the top, as 2.0;
 *                       none: no message's are; absent: the first one's
 * </pre>
 */
public record FileFacts(
    String topic,
    Uuid topicId,
    int partition,
    long baseOffset,
    long endOffset,
    long timestampMin,
    long timestampMax,
    int leaderEpoch,
    List<ColdFileWriter.Aborted> aborted,
    BlobPlace batches,
    long logBytes,
    TableColumns columns,
    Map<Integer, WriterSchema> valueSchemas,
    Map<Integer, WriterSchema> keySchemas,
    Optional<Absent> absent,
    Optional<RawCounts> raw) {
  static final String VERSION = "1";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String FORMAT = "oxbow.format";
  private static final String TOPIC = "oxbow.topic";
  private static final String TOPIC_ID = "oxbow.topic.id";
  private static final String PARTITION = "oxbow.partition";
  private static final String OFFSETS = "oxbow.offsets";
  private static final String TIMESTAMPS = "oxbow.timestamps";
  private static final String LEADER_EPOCH = "oxbow.leader.epoch";
  private static final String ABORTED = "oxbow.aborted";
  private static final String BATCHES = "oxbow.batches";
  private static final String LOG_BYTES = "oxbow.log.bytes";
  private static final String COLUMNS = "oxbow.columns";
  private static final String KEY_COLUMN = "oxbow.key.column";
  private static final String TYPED_KEY_COLUMN = "oxbow.typed.key.column";
  private static final String PLAIN_COLUMN = "oxbow.plain.column";
  private static final String SCHEMA = "oxbow.schema.";
  private static final String PLACEMENT = "oxbow.placement.";
  private static final String RAW = "oxbow.raw";
  private static final String ABSENT = "oxbow.absent.schemas";
  private static final String ABSENT_KEYS = "oxbow.absent.key.schemas";
  private static final String MESSAGE = "oxbow.message.";
  private static final String NO_MESSAGE = "none";
  private static final String KEY_SCHEMA = "oxbow.key.schema.";
  private static final String KEY_PLACEMENT = "oxbow.key.placement.";

  /** Schemas that keys and values named and that had no columns. */
  public record Absent(Set<String> values, Set<String> keys) {
    public Absent {
      values = Set.copyOf(values);
      keys = Set.copyOf(keys);
    }
  }

  /** A range of the file and the checksum of its bytes. */
  public record BlobPlace(long position, int length, int crc) {}

  /** Whether these are facts of a file of ours, in a version that this code reads. */
  public static boolean areIn(Map<String, String> texts) {
    return VERSION.equals(texts.get(FORMAT));
  }

  public Map<String, String> toTexts() {
    var texts = new LinkedHashMap<String, String>();
    texts.put(FORMAT, VERSION);
    texts.put(TOPIC, topic);
    texts.put(TOPIC_ID, topicId.toString());
    texts.put(PARTITION, Integer.toString(partition));
    texts.put(OFFSETS, baseOffset + "," + endOffset);
    texts.put(TIMESTAMPS, timestampMin + "," + timestampMax);
    texts.put(LEADER_EPOCH, Integer.toString(leaderEpoch));
    if (!aborted.isEmpty()) {
      var text = new StringBuilder();
      for (ColdFileWriter.Aborted one : aborted) {
        if (!text.isEmpty()) text.append(' ');
        text.append(one.producerId()).append(':').append(one.firstOffset());
        text.append(':').append(one.lastOffset());
      }
      texts.put(ABORTED, text.toString());
    }
    texts.put(BATCHES, batches.position + "," + batches.length + "," + batches.crc);
    texts.put(LOG_BYTES, Long.toString(logBytes));
    texts.put(COLUMNS, LayoutJson.write(columns.values()));
    texts.put(KEY_COLUMN, text(columns.key()));
    columns.typedKey().ifPresent(column -> texts.put(TYPED_KEY_COLUMN, text(column)));
    columns.plainValue().ifPresent(column -> texts.put(PLAIN_COLUMN, text(column)));
    put(texts, SCHEMA, PLACEMENT, valueSchemas);
    put(texts, KEY_SCHEMA, KEY_PLACEMENT, keySchemas);
    raw.ifPresent(counts -> texts.put(RAW, counts.text()));
    absent.ifPresent(schemas -> {
      texts.put(ABSENT, String.join(",", new TreeSet<>(schemas.values())));
      texts.put(ABSENT_KEYS, String.join(",", new TreeSet<>(schemas.keys())));
    });
    return texts;
  }

  /**
   * @throws IllegalArgumentException or {@link IndexOutOfBoundsException}: a text is not as above
   */
  public static FileFacts of(Map<String, String> texts) {
    String[] offsets = text(texts, OFFSETS).split(",");
    String[] timestamps = text(texts, TIMESTAMPS).split(",");
    String[] batches = text(texts, BATCHES).split(",");
    var aborted = new ArrayList<ColdFileWriter.Aborted>();
    String ranges = texts.get(ABORTED);
    if (ranges != null) {
      for (String range : ranges.split(" ")) {
        String[] parts = range.split(":");
        aborted.add(
            new ColdFileWriter.Aborted(
                Long.parseLong(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2])));
      }
    }
    return new FileFacts(
        text(texts, TOPIC),
        Uuid.fromString(text(texts, TOPIC_ID)),
        Integer.parseInt(text(texts, PARTITION)),
        Long.parseLong(offsets[0]),
        Long.parseLong(offsets[1]),
        Long.parseLong(timestamps[0]),
        Long.parseLong(timestamps[1]),
        Integer.parseInt(text(texts, LEADER_EPOCH)),
        aborted,
        new BlobPlace(
            Long.parseLong(batches[0]), Integer.parseInt(batches[1]), Integer.parseInt(batches[2])),
        Long.parseLong(text(texts, LOG_BYTES)),
        new TableColumns(
            column(text(texts, KEY_COLUMN)),
            Optional.ofNullable(texts.get(TYPED_KEY_COLUMN)).map(FileFacts::column),
            Optional.ofNullable(texts.get(PLAIN_COLUMN)).map(FileFacts::column),
            LayoutJson.read(text(texts, COLUMNS)),
            Optional.empty()), // the schemas say it, each for itself
        schemas(texts, SCHEMA, PLACEMENT),
        schemas(texts, KEY_SCHEMA, KEY_PLACEMENT),
        absent(texts),
        Optional.ofNullable(texts.get(RAW)).map(RawCounts::parse));
  }

  private static Optional<Absent> absent(Map<String, String> texts) {
    String values = texts.get(ABSENT);
    String keys = texts.get(ABSENT_KEYS);
    if (values == null || keys == null) return Optional.empty();
    return Optional.of(new Absent(words(values), words(keys)));
  }

  private static Set<String> words(String text) {
    return text.isEmpty() ? Set.of() : Set.of(text.split(","));
  }

  private static String text(Map<String, String> texts, String key) {
    @Nullable String text = texts.get(key);
    if (text == null) throw new IllegalArgumentException("the footer has no " + key);
    return text;
  }

  /** A column by itself, as a layout of one. */
  private static String text(Column column) {
    return LayoutJson.write(new Layout(column.id(), List.of(column)));
  }

  private static Column column(String text) {
    return LayoutJson.read(text).columns().getFirst();
  }

  private static String text(Placement placement) {
    ObjectNode node = JSON.createObjectNode();
    placement.ids().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> node.put(entry.getKey(), entry.getValue()));
    return node.toString();
  }

  private static Placement placement(String text) {
    try {
      var ids = new HashMap<String, Integer>();
      JSON.readTree(text).properties().forEach(e -> ids.put(e.getKey(), e.getValue().intValue()));
      return new Placement(ids);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("a placement is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static void put(
      Map<String, String> texts,
      String schemaKey,
      String placementKey,
      Map<Integer, WriterSchema> schemas) {
    schemas.values().stream()
        .sorted(java.util.Comparator.comparingInt(WriterSchema::id))
        .forEach(schema -> {
          texts.put(schemaKey + schema.id(), schema.type() + " " + schema.text());
          texts.put(placementKey + schema.id(), text(schema.placement()));
          if (!schema.topMessage().equals(WriterSchema.FIRST_MESSAGE)) {
            texts.put(MESSAGE + schema.id(), messageText(schema.topMessage()));
          }
        });
  }

  private static Map<Integer, WriterSchema> schemas(
      Map<String, String> texts, String schemaKey, String placementKey) {
    var schemas = new HashMap<Integer, WriterSchema>();
    texts.forEach((key, value) -> {
      if (!key.startsWith(schemaKey)) return;
      int id = Integer.parseInt(key.substring(schemaKey.length()));
      int space = value.indexOf(' ');
      schemas.put(
          id,
          new WriterSchema(
              id,
              SchemaType.valueOf(value.substring(0, space)),
              value.substring(space + 1),
              placement(text(texts, placementKey + id)),
              message(texts.get(MESSAGE + id))));
    });
    return schemas;
  }

  private static String messageText(List<Integer> path) {
    if (path.isEmpty()) return NO_MESSAGE;
    return path.stream().map(String::valueOf).collect(Collectors.joining("."));
  }

  private static List<Integer> message(@Nullable String text) {
    if (text == null) return WriterSchema.FIRST_MESSAGE;
    if (text.equals(NO_MESSAGE)) return List.of();
    return Stream.of(text.split("\\.")).map(Integer::valueOf).toList();
  }
}
