package oxbow.cold.shred;

import java.util.Arrays;

/**
 * Where the records of one batch lie, and their parts. Reading is tolerant of how numbers are
 * written, and tells whether all is written as {@link RecordAssembler} would write it. Used again
 * for each batch. Hot path.
 */
public final class BatchRecords {
  /** The batch in uncompressed form, with slack behind its last record. */
  public byte[] bytes = new byte[0];

  public int count;

  /** Every byte follows from offsets, timestamps, keys, values and headers. */
  public boolean isUsual;

  public long[] timestampDeltas = new long[1024];
  public int[] offsetDeltas = new int[1024];

  /** Where each record begins, with its length. */
  public int[] starts = new int[1024];

  /** Length -1: null. */
  public int[] keyStarts = new int[1024];

  public int[] keyLengths = new int[1024];
  public int[] valueStarts = new int[1024];
  public int[] valueLengths = new int[1024];

  /** Behind the headers' count, which is the first of the three. */
  public int[] headerCounts = new int[1024];

  public int[] headersStarts = new int[1024];
  public int[] headersEnds = new int[1024];

  private int at;
  private int end;

  /**
   * Finds the records between two positions.
   *
   * @param claimed how many there are by the batch's header
   * @return false: these aren't so many records
   */
  public boolean read(byte[] bytes, int from, int end, int claimed) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
    isUsual = true;
    count = 0;
    if (claimed < 0 || claimed > end - from) return false;
    ensure(claimed);
    try {
      for (int i = 0; i < claimed; i++) readRecord(i);
    } catch (IndexOutOfBoundsException e) {
      return false;
    }
    count = claimed;
    return at == end;
  }

  private void readRecord(int i) {
    starts[i] = at;
    int length = varint();
    if (length < 0 || length > end - at) throw new IndexOutOfBoundsException(length);
    int recordEnd = at + length;
    if (bytes[at++] != 0) isUsual = false;
    timestampDeltas[i] = varlong();
    offsetDeltas[i] = varint();
    int keyLength = lengthOrNull();
    keyStarts[i] = at;
    keyLengths[i] = keyLength;
    if (keyLength > 0) skip(keyLength, recordEnd);
    int valueLength = lengthOrNull();
    valueStarts[i] = at;
    valueLengths[i] = valueLength;
    if (valueLength > 0) skip(valueLength, recordEnd);
    int headers = varint();
    headerCounts[i] = headers;
    headersStarts[i] = at;
    if (headers != 0) skipHeaders(headers, recordEnd);
    headersEnds[i] = at;
    if (at != recordEnd) throw new IndexOutOfBoundsException(at);
  }

  private void skipHeaders(int headers, int recordEnd) {
    if (headers < 0 || headers > recordEnd - at) throw new IndexOutOfBoundsException(headers);
    for (int i = 0; i < headers; i++) {
      int keyLength = varint();
      if (keyLength < 0) throw new IndexOutOfBoundsException(keyLength);
      skip(keyLength, recordEnd);
      int valueLength = lengthOrNull();
      if (valueLength > 0) skip(valueLength, recordEnd);
    }
  }

  private void skip(int length, int recordEnd) {
    if (length > recordEnd - at) throw new IndexOutOfBoundsException(length);
    at += length;
  }

  private int lengthOrNull() {
    int length = varint();
    if (length >= -1) return length;
    isUsual = false;
    return -1;
  }

  private int varint() {
    int first = bytes[at++];
    if (first >= 0) return (first >>> 1) ^ -(first & 1);
    int value = first & 0x7f;
    for (int shift = 7; shift <= 28; shift += 7) {
      int next = bytes[at++];
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        if (next == 0 || (shift == 28 && next > 0x0f)) isUsual = false;
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw new IndexOutOfBoundsException(at);
  }

  private long varlong() {
    long first = bytes[at++];
    if (first >= 0) return (first >>> 1) ^ -(first & 1);
    long value = first & 0x7f;
    for (int shift = 7; shift <= 63; shift += 7) {
      long next = bytes[at++];
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        if (next == 0 || (shift == 63 && next > 1)) isUsual = false;
        return ByteAccess.unzigzag(value);
      }
    }
    throw new IndexOutOfBoundsException(at);
  }

  private void ensure(int records) {
    if (records <= offsetDeltas.length) return;
    int capacity = Math.max(records, offsetDeltas.length * 2);
    timestampDeltas = Arrays.copyOf(timestampDeltas, capacity);
    offsetDeltas = Arrays.copyOf(offsetDeltas, capacity);
    starts = Arrays.copyOf(starts, capacity);
    keyStarts = Arrays.copyOf(keyStarts, capacity);
    keyLengths = Arrays.copyOf(keyLengths, capacity);
    valueStarts = Arrays.copyOf(valueStarts, capacity);
    valueLengths = Arrays.copyOf(valueLengths, capacity);
    headerCounts = Arrays.copyOf(headerCounts, capacity);
    headersStarts = Arrays.copyOf(headersStarts, capacity);
    headersEnds = Arrays.copyOf(headersEnds, capacity);
  }
}
