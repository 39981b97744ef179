package oxbow.cold.file;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;
import oxbow.cold.shred.BatchRecords;
import oxbow.cold.shred.ByteAccess;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.RecordShredder;
import oxbow.log.batch.BatchView;

/**
 * Writes a cold file in any format: takes batches apart, puts their records into columns and what
 * else they were into the batch index. Hot path.
 */
public final class BatchFileWriter implements ColdFileWriter {
  private static final int CRC_AT = 17;
  private static final int COUNT_AT = 57;

  private final Path path;
  private final ColdFileSpec spec;
  private final TableColumns columns;
  private final Programs programs;
  private final RowFile file;
  private final RecordShredder shredder;
  private final BatchUnpacker unpacker = new BatchUnpacker();
  private final BatchIndex index = new BatchIndex();

  private final Set<Aborted> allAborted = new LinkedHashSet<>();

  /** -1: nothing was added yet. */
  private long baseOffset = -1;

  private long nextOffset;
  private long logBytes;
  private long timestampMin = Long.MAX_VALUE;
  private long timestampMax = Long.MIN_VALUE;
  private int leaderEpoch = -1;
  private boolean isFinished;

  private final ColdFormat format;

  /**
   * @param tree the columns that the file has
   * @param isFramed values and keys may begin with a magic byte and a schema id
   */
  BatchFileWriter(
      Path path,
      ColdFileSpec spec,
      ColdFormat format,
      RowFile file,
      ColumnTree tree,
      boolean isFramed,
      WriterSchemas schemas) {
    this.path = path;
    this.spec = spec;
    this.format = format;
    this.file = file;
    this.programs = new Programs(tree);
    this.columns = tree.columns();
    this.shredder =
        new RecordShredder(
            tree, spec.partition(), isFramed, programs.values(schemas), programs.keys(schemas));
  }

  @Override
  public void add(ByteBuffer batches, long from, List<Aborted> aborted) throws IOException {
    if (baseOffset < 0) {
      baseOffset = from;
      nextOffset = from;
    }
    allAborted.addAll(aborted);
    int end = batches.limit();
    for (int at = batches.position(); at < end; ) {
      int batchBytes = BatchView.sizeBytes(batches, at);
      addBatch(batches.slice(at, batchBytes), from, aborted);
      at += batchBytes;
    }
  }

  private void addBatch(ByteBuffer batch, long from, List<Aborted> aborted) throws IOException {
    long lastOffset = BatchView.lastOffset(batch, 0);
    if (lastOffset < from) return;
    long firstOffset = Math.max(from, BatchView.baseOffset(batch, 0));
    if (firstOffset < nextOffset) {
      throw new IllegalArgumentException(
          "records from " + firstOffset + " are added behind offset " + nextOffset);
    }
    nextOffset = lastOffset + 1;
    leaderEpoch = BatchView.leaderEpoch(batch, 0);
    logBytes += batch.remaining();
    if (isAborted(batch, aborted)) return;

    boolean isUnpacked = unpacker.unpack(batch);
    if (isUnpacked) unpacker.dropBelow(from);
    if (BatchView.isControl(batch, 0)) {
      addControl(batch);
    } else if (isUnpacked && unpacker.records().isUsual) {
      addRecords(batch);
    } else {
      addWhole(batch, isUnpacked);
    }
  }

  static boolean isAborted(ByteBuffer batch, List<Aborted> aborted) {
    if (!BatchView.isTransactional(batch, 0) || BatchView.isControl(batch, 0)) return false;
    long producerId = BatchView.producerId(batch, 0);
    long baseOffset = BatchView.baseOffset(batch, 0);
    for (Aborted one : aborted) {
      if (one.producerId() == producerId
          && one.firstOffset() <= baseOffset
          && baseOffset <= one.lastOffset()) {
        return true;
      }
    }
    return false;
  }

  /** Markers are no rows: they are kept in the index as they are. */
  private void addControl(ByteBuffer batch) {
    byte[] records = Arrays.copyOfRange(unpacker.bytes(), BatchView.HEADER_BYTES, unpacker.size());
    addEntry(batch, 0, unpacker.records().count, records, null);
  }

  private void addRecords(ByteBuffer batch) throws IOException {
    BatchRecords records = unpacker.records();
    boolean isAppendTime = BatchView.isLogAppendTime(batch, 0);
    addEntry(
        batch, records.count, records.count, isAppendTime ? timestampDeltas(records) : null, null);
    addRows(batch, records);
  }

  private void addRows(ByteBuffer batch, BatchRecords records) throws IOException {
    long baseOffset = BatchView.baseOffset(batch, 0);
    long baseTimestampMs = BatchView.baseTimestampMs(batch, 0);
    boolean isAppendTime = BatchView.isLogAppendTime(batch, 0);
    long appendTimeMs = BatchView.maxTimestampMs(batch, 0);
    for (int i = 0; i < records.count; i++) {
      long timestampMs = isAppendTime ? appendTimeMs : baseTimestampMs + records.timestampDeltas[i];
      follow(timestampMs);
      shredder.shred(records, i, baseOffset + records.offsetDeltas[i], timestampMs, isAppendTime);
      endRow();
    }
  }

  private void follow(long timestampMs) {
    if (timestampMs < timestampMin) timestampMin = timestampMs;
    if (timestampMs > timestampMax) timestampMax = timestampMs;
  }

  private void endRow() throws IOException {
    if (shredder.rows() >= file.blockRowsMax() || shredder.inputBytes() >= file.blockBytesMax()) {
      endBlock();
    }
  }

  private void endBlock() throws IOException {
    file.addBlock(shredder.vectors(), shredder.rows());
    shredder.clear();
  }

  /** A batch whose bytes don't follow from its records: its rows are for engines only. */
  private void addWhole(ByteBuffer batch, boolean isUnpacked) throws IOException {
    byte[] bytes = wholeBytes(batch, isUnpacked);
    int count = ByteAccess.intBe(bytes, COUNT_AT);
    byte[] frame = Zstd.compress(bytes, file.zstdLevel());
    long position = file.addBlob(frame);
    var whole = new BatchIndex.Whole(position, frame.length, bytes.length);
    if (isUnpacked) {
      addEntry(batch, unpacker.records().count, count, null, whole);
      addRows(batch, unpacker.records());
    } else if (unpacker.isTooLarge()) {
      addEntry(batch, count, count, null, whole);
      addRowsWithoutContent(batch);
    } else {
      addEntry(batch, 0, count, null, whole);
    }
  }

  /** As it came; in uncompressed form if records were left out of it. */
  private byte[] wholeBytes(ByteBuffer batch, boolean isUnpacked) {
    boolean isCut = isUnpacked && unpacker.records().count != BatchView.recordCount(batch, 0);
    if (isCut) {
      byte[] cut = Arrays.copyOf(unpacker.bytes(), unpacker.size());
      ByteAccess.intBe(cut, CRC_AT, unpacker.crc());
      return cut;
    }
    var bytes = new byte[batch.remaining()];
    batch.get(0, bytes);
    return bytes;
  }

  /** Rows of a batch that is too large to be held: where its records are, and no more. */
  private void addRowsWithoutContent(ByteBuffer batch) throws IOException {
    var source =
        (DefaultRecordBatch) MemoryRecords.readableRecords(batch).batches().iterator().next();
    boolean isAppendTime = BatchView.isLogAppendTime(batch, 0);
    try (BufferSupplier buffers = BufferSupplier.create();
        CloseableIterator<Record> records = source.skipKeyValueIterator(buffers)) {
      while (records.hasNext()) {
        Record record = records.next();
        follow(record.timestamp());
        shredder.shredWithoutContent(record.offset(), record.timestamp(), isAppendTime);
        endRow();
      }
    }
  }

  private void addEntry(
      ByteBuffer batch,
      int rows,
      int count,
      byte @Nullable [] payload,
      BatchIndex.@Nullable Whole whole) {
    boolean isAll = count == BatchView.recordCount(batch, 0);
    boolean isAsItCame =
        isAll && (whole != null || BatchView.codec(batch, 0) == BatchView.CODEC_NONE);
    index.add(
        new BatchIndex.Entry(
            BatchView.baseOffset(batch, 0),
            rows,
            count,
            BatchView.lastOffsetDelta(batch, 0),
            BatchView.attributes(batch, 0),
            BatchView.leaderEpoch(batch, 0),
            BatchView.producerId(batch, 0),
            BatchView.producerEpoch(batch, 0),
            BatchView.baseSequence(batch, 0),
            BatchView.baseTimestampMs(batch, 0),
            BatchView.maxTimestampMs(batch, 0),
            isAsItCame ? BatchView.crc(batch, 0) : unpacker.crc()),
        payload,
        whole);
  }

  /** What the records say of their own time, where the broker's time stands in the column. */
  private static byte[] timestampDeltas(BatchRecords records) {
    var bytes = new byte[records.count * 10 + ByteAccess.SLACK_BYTES];
    int end = 0;
    for (int i = 0; i < records.count; i++) {
      end = ByteAccess.putZigzag(bytes, end, records.timestampDeltas[i]);
    }
    return Arrays.copyOf(bytes, end);
  }

  @Override
  public long bytes() {
    return file.bytes() + shredder.inputBytes() / 4;
  }

  @Override
  public RawCounts raw() {
    // An envelope is meant to hold values as they came.
    return format == ColdFormat.AVRO ? RawCounts.NONE : shredder.raw();
  }

  @Override
  public ColdFile finish(String name, long endOffset) throws IOException {
    if (endOffset < nextOffset || baseOffset < 0) {
      throw new IllegalArgumentException(
          "the file's range ends at " + endOffset + ", its batches at " + nextOffset);
    }
    endBlock();
    RowFile.Written written = file.finish(position -> trailer(position, endOffset));
    isFinished = true;
    return new ColdFile(
        name,
        spec.topicId(),
        spec.partition(),
        format,
        baseOffset,
        endOffset,
        file.rows(),
        written.bytes(),
        timestampMin,
        timestampMax,
        (int) (written.bytes() - written.indexStart()),
        leaderEpoch,
        logBytes);
  }

  private RowFile.Contents trailer(long position, long endOffset) {
    byte[] encoded = BatchIndexCodec.encode(index);
    var crc = new CRC32C();
    crc.update(encoded);
    var place = new FileFacts.BlobPlace(position, encoded.length, (int) crc.getValue());
    var facts =
        new FileFacts(
            spec.topic(),
            spec.topicId(),
            spec.partition(),
            baseOffset,
            endOffset,
            timestampMin,
            timestampMax,
            leaderEpoch,
            List.copyOf(allAborted),
            place,
            logBytes,
            columns,
            programs.usedValueSchemas(),
            programs.usedKeySchemas(),
            Optional.of(
                new FileFacts.Absent(programs.absentValueSchemas(), programs.absentKeySchemas())),
            Optional.of(raw()));
    return new RowFile.Contents(encoded, facts.toTexts());
  }

  @Override
  public FileMetrics metrics() {
    return file.metrics();
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public void close() {
    file.close();
    unpacker.close();
    shredder.close();
    if (isFinished) return;
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("an unfinished cold file stays behind: " + path, e);
    }
  }
}
