package oxbow.cold.table;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.Uuid;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;

/**
 * Which object lies under which name; {@code docs/formats/bucket.md} tells it to others.
 *
 * <pre>
 *   oxbow.json                                      which layout this is
 *   namespaces/NAMESPACE.json                       a namespace's properties
 *   catalog/NAMESPACE/TABLE/BLOCK/VERSION.json      where the metadata of a version lies
 *   tables/NAMESPACE/TABLE-TOPICID/metadata/...     Iceberg's metadata, manifest lists, manifests
 *   tables/NAMESPACE/TABLE-TOPICID/data/PARTITION/BASE_END_FACTS_ATTEMPT.parquet
 * </pre>
 */
final class BucketLayout {
  static final int VERSION = 1;
  static final String NAMESPACES = "namespaces/";
  private static final String MARKER = "oxbow.json";
  private static final String CATALOG = "catalog/";
  private static final String TABLES = "tables/";
  private static final String JSON = ".json";
  private static final Pattern MARKED_VERSION = Pattern.compile("\"layout\"\\s*:\\s*(\\d+)");
  private static final Pattern ATTEMPT = Pattern.compile("[A-Za-z0-9.-]{1,100}");

  /** Versions count down, so that a listing begins with the newest. */
  private static final long VERSION_MAX = 999_999_999_999L;

  private static final long BLOCK_VERSIONS = 1000;

  private static final Pattern DATA =
      Pattern.compile(
          "(?<partition>\\d+)/(?<base>\\d{20})_(?<end>\\d{20})_e(?<epoch>-?\\d+)_l(?<log>\\d+)"
              + "_i(?<index>\\d+)_t(?<min>-?\\d+)_(?<max>-?\\d+)_[A-Za-z0-9.-]+"
              + "\\.(?<format>parquet|avro)");

  private BucketLayout() {}

  /** Marks a bucket as ours, or makes sure that we can read what another marked. */
  static void open(ObjectStore store) {
    if (store.find(MARKER).isEmpty()) {
      String marker = "{\"layout\": " + VERSION + ", \"bucket\": \"" + UUID.randomUUID() + "\"}\n";
      try {
        store.create(MARKER, ByteBuffer.wrap(marker.getBytes(UTF_8)));
      } catch (StoreException e) {
        if (e.kind() != Kind.EXISTS && e.kind() != Kind.OUTCOME_UNKNOWN) throw e;
      }
    }
    String marker = UTF_8.decode(store.read(MARKER)).toString();
    Matcher version = MARKED_VERSION.matcher(marker);
    if (!version.find() || !version.group(1).equals(Integer.toString(VERSION))) {
      throw new StoreException(
          Kind.DENIED, "the bucket has another layout than " + VERSION + ": " + marker.strip());
    }
  }

  static boolean isMarked(ObjectStore store) {
    return store.find(MARKER).isPresent();
  }

  /** Where the bucket is, as engines outside address it. */
  static String location(ObjectStore store) {
    String marker = store.location(MARKER);
    return marker.substring(0, marker.length() - MARKER.length());
  }

  static String namespace(String namespace) {
    return NAMESPACES + encode(namespace) + JSON;
  }

  /** Reverses {@link #namespace}; empty: it is no such object. */
  static Optional<String> namespaceOf(String object) {
    if (!object.startsWith(NAMESPACES) || !object.endsWith(JSON)) return Optional.empty();
    return Optional.of(
        decode(object.substring(NAMESPACES.length(), object.length() - JSON.length())));
  }

  /** All pointers of a namespace's tables. */
  static String pointers(String namespace) {
    return CATALOG + encode(namespace) + "/";
  }

  /** All pointers of one table. */
  static String pointers(String namespace, String table) {
    return pointers(namespace) + encode(table) + "/";
  }

  /** Behind all pointers of a table, and before those of any other. */
  static String afterPointers(String namespace, String table) {
    return pointers(namespace) + encode(table) + (char) ('/' + 1);
  }

  static String pointer(String pointers, long version) {
    long left = VERSION_MAX - version;
    return pointers + "%09d/%012d".formatted(left / BLOCK_VERSIONS, left) + JSON;
  }

  /** All pointers of the table that a pointer is of. */
  static String pointersOf(String pointer) {
    int block = pointer.lastIndexOf('/', pointer.lastIndexOf('/') - 1);
    if (block < 0) throw new StoreException(Kind.CORRUPT, pointer + " is no pointer");
    return pointer.substring(0, block + 1);
  }

  static long pointerVersion(String pointers, String object) {
    try {
      int name = object.lastIndexOf('/') + 1;
      return VERSION_MAX - Long.parseLong(object, name, object.length() - JSON.length(), 10);
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new StoreException(
          Kind.CORRUPT, "among " + pointers + " lies what is no pointer: " + object, e);
    }
  }

  /** The table of a pointer, and where to look for the pointers of the next. */
  static String tableOf(String namespacePointers, String object) {
    int start = namespacePointers.length();
    return decode(object.substring(start, object.indexOf('/', start)));
  }

  /** The place of a namespace's tables. */
  static String tables(String namespace) {
    return TABLES + encode(namespace);
  }

  /** The table's own place. A topic that is made anew under its name has another one. */
  static String table(String namespace, String table, String unique) {
    return tables(namespace) + "/" + encode(table) + "-" + unique;
  }

  static String metadata(String table) {
    return table + "/metadata/";
  }

  private static String data(String table) {
    return table + "/data/";
  }

  /** Where the cold files of a partition lie. */
  static String data(String table, int partition) {
    return data(table) + partition + "/";
  }

  static String dataFile(String table, ColdFile file, String attempt) {
    if (!ATTEMPT.matcher(attempt).matches()) {
      throw new StoreException(Kind.INVALID, "no name of an attempt: " + attempt);
    }
    return data(table)
        + "%d/%020d_%020d_e%d_l%d_i%d_t%d_%d_%s.%s"
            .formatted(
                file.partition(),
                file.baseOffset(),
                file.endOffset(),
                file.leaderEpoch(),
                file.logBytes(),
                file.indexBytes(),
                file.timestampMin(),
                file.timestampMax(),
                attempt,
                file.format() == ColdFormat.PARQUET ? "parquet" : "avro");
  }

  /** The cold file that an object of the table is; empty: another engine wrote it. */
  static Optional<ColdFile> coldFile(
      String table, String object, Uuid topicId, long records, long bytes) {
    String data = data(table);
    if (!object.startsWith(data)) return Optional.empty();
    Matcher name = DATA.matcher(object.substring(data.length()));
    if (!name.matches()) return Optional.empty();
    return Optional.of(
        new ColdFile(
            object,
            topicId,
            Integer.parseInt(name.group("partition")),
            name.group("format").equals("parquet") ? ColdFormat.PARQUET : ColdFormat.AVRO,
            Long.parseLong(name.group("base")),
            Long.parseLong(name.group("end")),
            records,
            bytes,
            Long.parseLong(name.group("min")),
            Long.parseLong(name.group("max")),
            Integer.parseInt(name.group("index")),
            Integer.parseInt(name.group("epoch")),
            Long.parseLong(name.group("log"))));
  }

  /** Any name as one part of an object's; Kafka's topics stay as they are. */
  private static String encode(String name) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : name.getBytes(UTF_8)) {
      char c = (char) (b & 0xff);
      boolean isPlain = c < 0x80 && (Character.isLetterOrDigit(c) || "._-".indexOf(c) >= 0);
      if (isPlain) encoded.append(c);
      else encoded.append("%%%02X".formatted((int) c));
    }
    if (encoded.isEmpty() || encoded.toString().matches("\\.\\.?")) {
      throw new StoreException(Kind.INVALID, "nothing can be called \"" + name + "\"");
    }
    return encoded.toString();
  }

  private static String decode(String encoded) {
    byte[] bytes = new byte[encoded.length()];
    int length = 0;
    for (int at = 0; at < encoded.length(); at++) {
      char c = encoded.charAt(at);
      if (c == '%') {
        bytes[length++] = (byte) Integer.parseInt(encoded, at + 1, at + 3, 16);
        at += 2;
      } else {
        bytes[length++] = (byte) c;
      }
    }
    return new String(bytes, 0, length, UTF_8);
  }
}
