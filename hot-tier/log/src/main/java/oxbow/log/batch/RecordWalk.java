package oxbow.log.batch;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the records of one batch, reading only what has to be checked, and leaves in its
 * fields what it found. Records lie either in the batch itself or in the windows that a {@link
 * Decompressor} fills one after the other. Hot path: nothing is allocated while the records are
 * sound. Used by one thread, for one batch.
 *
 * <pre>
 * record: length | attributes 1 | timestamp delta | offset delta | key | value | header count | headers
 * key, value, header value: length (negative: null) | bytes        header key: length | bytes
 * </pre>
 */
final class RecordWalk {
  /** Bytes of the longest varlong; as many in the window and no look for the next one is needed. */
  private static final int VARINT_BYTES_MAX = 10;

  /** Bytes that the fields before the key have at most, as walkUsual reads them. */
  private static final int USUAL_BYTES_MIN = 16;

  /** Longer records have a length of more than two bytes. */
  private static final int USUAL_RECORD_BYTES_MAX = (1 << 13) - 1;

  private final ByteBuffer window;
  private final @Nullable Decompressor source;
  private final long bytesMax;

  /** Where the window begins, in bytes of all records. */
  private long windowStart;

  private int position;
  private int limit;

  // The record just walked over.
  private long timestampDelta;
  private int offsetDelta;
  private boolean hasKey;

  /** Largest timestamp, or -1. */
  long maxTimestampMs = -1;

  /** Index of the first record that has it; the first one's if no record has a timestamp. */
  int maxTimestampIndex;

  /** Bytes of the longest record, or of the longest that {@link #walkUsual} takes. */
  int recordBytesMax = USUAL_RECORD_BYTES_MAX;

  /** The records' offset deltas are 0, 1, 2 ... as they have to be. */
  boolean isSequential = true;

  /** Null unless the topic asks more of its records than a log knows. */
  private @Nullable RecordStart start;

  /** The record in work lies in the window to its end: what is found there needs no copy. */
  private boolean isWhole;

  /** Null as long as every record is acceptable. */
  @Nullable RecordErrors errors;

  private RecordWalk(
      ByteBuffer window, int position, int limit, @Nullable Decompressor source, long bytesMax) {
    this.window = window;
    this.position = position;
    this.limit = limit;
    this.source = source;
    this.bytesMax = bytesMax;
  }

  /** Over records that lie in the batch as they are. */
  static RecordWalk inPlace(ByteBuffer batch) {
    int bytes = batch.limit();
    return new RecordWalk(batch, BatchView.HEADER_BYTES, bytes, null, bytes);
  }

  /** Over records as they come out of a decompressor; more than {@code bytesMax} are refused. */
  static RecordWalk decompressing(Decompressor source, long bytesMax) {
    return new RecordWalk(source.window(), 0, 0, source, bytesMax);
  }

  /** Bytes walked over. */
  long bytes() {
    return windowStart + position;
  }

  /** Walks to the end, which has to be reached exactly with the last record. */
  void run(ByteBuffer batch, RecordRules rules) throws IOException {
    int count = BatchView.recordCount(batch, 0);
    long baseTimestampMs = BatchView.baseTimestampMs(batch, 0);
    boolean isStamped = BatchView.isLogAppendTime(batch, 0);
    long stampedMs = BatchView.maxTimestampMs(batch, 0);

    if (rules.check() != null) start = new RecordStart(rules.check());
    for (int index = 0; index < count; index++) {
      int from = position;
      if (!walkUsual()) walkAny(index);
      else if (start != null) find(start, from);
      if (offsetDelta != index) isSequential = false;
      long timestampMs = isStamped ? stampedMs : baseTimestampMs + timestampDelta;
      if (timestampMs > maxTimestampMs) {
        maxTimestampMs = timestampMs;
        maxTimestampIndex = index;
      }
      if (!rules.accepts(hasKey, timestampMs, isStamped)) {
        if (errors == null) errors = new RecordErrors();
        rules.explain(errors, index, hasKey, timestampMs, isStamped);
      } else if (start != null && !start.isAccepted()) {
        if (errors == null) errors = new RecordErrors();
        errors.refused(index, start);
      }
    }
    if (position < limit || refill()) {
      throw malformed("bytes follow the last of " + count + " records");
    }
  }

  /**
   * Walks over a record as most are: whole in the window, numbers short, no headers. False: it is
   * none of these, or unsound, and the walk stands where it stood.
   */
  private boolean walkUsual() {
    ByteBuffer bytes = window;
    int at = position;
    int end = limit;
    if (end - at < USUAL_BYTES_MIN) return false;
    // Eight bytes in one look, each field shifted out at the upper end. A number that needs more
    // bytes than are looked at comes out negative, and is left to walkAny.
    long head = bytes.getLong(at);
    int length = (int) (head >> 56);
    if (length < 0) {
      head <<= 8;
      at++;
      length = (length & 0x7f) | (int) (head >> 56) << 7;
    }
    int recordEnd = at + 1 + (length >> 1);
    head <<= 16; // and the attributes, no bit of which has a meaning
    int time = (int) (head >> 56);
    if (time < 0) {
      head <<= 8;
      at++;
      time = (time & 0x7f) | (int) (head >> 56) << 7;
    }
    head <<= 8;
    int delta = (int) (head >> 56);
    if (delta < 0) {
      head <<= 8;
      at++;
      delta = (delta & 0x7f) | (int) (head >> 56) << 7;
    }
    int key = (byte) (head >> 48);
    // The length is even, as numbers above zero are here, and none is cut short.
    if ((time | delta | key | Integer.rotateRight(length, 1)) < 0 || recordEnd > end) return false;
    at += 5;
    boolean isKeyed = (key & 1) == 0;
    if (isKeyed) at += key >> 1;
    if (at + 1 >= recordEnd) return false;
    int value = bytes.get(at++);
    if (value < 0) {
      value = (value & 0x7f) | bytes.get(at++) << 7;
      if (value < 0) return false;
    }
    if ((value & 1) == 0) at += value >> 1;
    if (at != recordEnd - 1 || bytes.get(at) != 0) return false;

    position = recordEnd;
    timestampDelta = unzigzag(time);
    offsetDelta = unzigzag(delta);
    hasKey = isKeyed;
    return true;
  }

  /** Key and value of the record that {@link #walkUsual} has just walked over. */
  private void find(RecordStart record, int from) {
    ByteBuffer bytes = window;
    int at = from;
    at += bytes.get(at) < 0 ? 3 : 2; // the length, and the attributes
    at += bytes.get(at) < 0 ? 2 : 1; // the timestamp
    at += bytes.get(at) < 0 ? 2 : 1; // the offset
    int keyBytes = unzigzag(bytes.get(at++));
    record.key().lies(bytes, at, keyBytes);
    if (keyBytes > 0) at += keyBytes;
    int value = bytes.get(at++);
    if (value < 0) value = (value & 0x7f) | bytes.get(at++) << 7;
    record.value().lies(bytes, at, unzigzag(value));
    record.hasNoHeaders();
  }

  private void walkAny(int index) throws IOException {
    RecordStart record = start;
    if (record != null) record.hasNoHeaders();
    int bodyBytes = varint();
    long end = bytes() + bodyBytes;
    if (bodyBytes < 0 || end > bytesMax) {
      // A claim beyond the bound is a bomb only if the bytes are really there: skipping finds out.
      if (bodyBytes >= 0 && source != null) skip(bodyBytes);
      throw malformed("record " + index + " claims to have " + bodyBytes + " bytes");
    }
    if (bodyBytes > recordBytesMax) recordBytesMax = bodyBytes;
    isWhole = bodyBytes <= limit - position;
    skip(1); // attributes: no bit of them has a meaning
    timestampDelta = varlong();
    offsetDelta = varint();
    int keyBytes = varint();
    hasKey = keyBytes >= 0;
    walkField(keyBytes, end, record == null ? null : record.key());
    walkField(varint(), end, record == null ? null : record.value());
    int headers = varint();
    if (headers != 0) walkHeaders(index, headers, end);
    if (bytes() != end) {
      throw malformed(
          "record " + index + " does not end where its length of " + bodyBytes + " says");
    }
  }

  private void walkHeaders(int index, int headers, long end) throws IOException {
    if (headers < 0 || headers > end - bytes()) {
      throw malformed("record " + index + " claims to have " + headers + " headers");
    }
    for (int i = 0; i < headers; i++) {
      int keyBytes = varint();
      if (keyBytes < 0) throw malformed("a header of record " + index + " has no key");
      RecordStart.Field asked = walkName(keyBytes, end);
      walkField(varint(), end, asked);
    }
  }

  /** Walks over a header's name; returns where its value belongs, if somebody asks for it. */
  private RecordStart.@Nullable Field walkName(int bytes, long end) throws IOException {
    RecordStart record = start;
    if (record == null || !record.mayBeAsked(bytes)) {
      skip(bytes, end);
      return null;
    }
    if (bytes > end - bytes()) throw malformed("a field is longer than its record");
    if (isWhole) {
      RecordStart.Field asked = record.asked(window, position, bytes);
      position += bytes;
      return asked;
    }
    ByteBuffer name = record.name();
    for (int i = 0; i < bytes; i++) name.put(i, next());
    return record.asked(name, 0, bytes);
  }

  /** Skips a field, and keeps how it begins if somebody asks for it. */
  private void walkField(int bytes, long end, RecordStart.@Nullable Field asked)
      throws IOException {
    if (asked == null) {
      skip(bytes, end);
      return;
    }
    if (bytes > end - bytes()) throw malformed("a field is longer than its record");
    if (isWhole) {
      asked.lies(window, position, bytes);
      if (bytes > 0) position += bytes;
      return;
    }
    asked.isKept(bytes);
    int shown = Math.min(bytes, RecordCheck.SHOWN_BYTES_MAX);
    for (int i = 0; i < shown; i++) asked.keep(i, next());
    if (bytes > shown) skip(bytes - shown, end);
  }

  /** Skips a field, which must not reach beyond its record; a negative length means null. */
  private void skip(int bytes, long end) throws IOException {
    if (bytes <= 0) return;
    if (bytes > end - bytes()) throw malformed("a field is longer than its record");
    skip(bytes);
  }

  private void skip(int bytes) throws IOException {
    if (bytes <= limit - position) {
      position += bytes;
      return;
    }
    int left = bytes;
    while (left > limit - position) {
      left -= limit - position;
      position = limit;
      if (!refill()) throw malformed("the batch ends within a record");
    }
    position += left;
  }

  private int varint() throws IOException {
    if (limit - position < VARINT_BYTES_MAX) return slowVarint();
    int value = window.get(position++);
    if (value < 0) value = longerVarint(value);
    return unzigzag(value);
  }

  private int longerVarint(int first) {
    int value = first & 0x7f;
    for (int shift = 7; shift <= 28; shift += 7) {
      int next = window.get(position++);
      value |= (next & 0x7f) << shift;
      if (next >= 0) return value;
    }
    throw malformed("a number is longer than five bytes");
  }

  private int slowVarint() throws IOException {
    int value = 0;
    for (int shift = 0; shift <= 28; shift += 7) {
      int next = next();
      value |= (next & 0x7f) << shift;
      if (next >= 0) return unzigzag(value);
    }
    throw malformed("a number is longer than five bytes");
  }

  private long varlong() throws IOException {
    if (position < limit) {
      long first = window.get(position);
      if (first >= 0) {
        position++;
        return (first >>> 1) ^ -(first & 1);
      }
    }
    long value = 0;
    for (int shift = 0; shift <= 63; shift += 7) {
      long next = next();
      value |= (next & 0x7f) << shift;
      if (next >= 0) return (value >>> 1) ^ -(value & 1);
    }
    throw malformed("a number is longer than ten bytes");
  }

  private static int unzigzag(int value) {
    return (value >>> 1) ^ -(value & 1);
  }

  private byte next() throws IOException {
    if (position == limit && !refill()) throw malformed("the batch ends within a record");
    return window.get(position++);
  }

  private boolean refill() throws IOException {
    if (source == null) return false;
    windowStart += limit;
    position = 0;
    limit = source.fill();
    if (windowStart + limit > bytesMax) {
      throw new RecordTooLargeException(
          "the batch decompresses to more than " + bytesMax + " bytes");
    }
    return limit > 0;
  }

  private static InvalidRecordException malformed(String what) {
    return new InvalidRecordException(what);
  }
}
