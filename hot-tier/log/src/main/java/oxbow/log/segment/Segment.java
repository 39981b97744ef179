package oxbow.log.segment;

import static oxbow.log.Invariants.invariant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.LogFileUtils;
import org.apache.kafka.storage.internals.log.TransactionIndex;
import org.jspecify.annotations.Nullable;
import oxbow.log.FileSlice;
import oxbow.log.batch.BatchView;
import oxbow.log.io.LogFile;
import oxbow.log.io.LogFiles;

/**
 * One file of the log with its indexes: the active one, which batches are appended to, or a sealed
 * one. Hot path. Appends, and everything else that changes it, happen under the partition's lock;
 * readers bring the end position up to which they may see.
 */
public final class Segment {
  /** A scan that far from an index entry means that entries are missing. */
  private static final int SCAN_BYTES_MAX = 8 << 20;

  // Kafka's transaction index: version 2 | producer id 8 | first offset 8 | last 8 | last stable 8
  private static final int ABORTED_BYTES = 34;
  private static final int ABORTED_FIRST_AT = 10;
  private static final int ABORTED_LAST_AT = 18;

  private final LogFiles files;
  private final long baseOffset;
  private final long createdMs;
  private final SegmentFile file;
  private volatile Path directory;

  /** What follows the usual file names while it does not take part in the log. */
  private volatile String suffix;

  private volatile OffsetIndex offsets;
  private volatile TimeIndex times;
  private volatile @Nullable PositionMemo memo;
  private volatile @Nullable TransactionIndex transactions;
  private volatile boolean hasTransactions;

  private volatile int endPosition;
  private volatile long nextOffset;
  private volatile boolean isSealed;
  private volatile boolean isIndexDamaged;

  /** The largest timestamp and the last offset of its batch; null: ask the time index. */
  private volatile TimeIndex.@Nullable Entry maxTimestamp;

  /** Largest timestamp of the first batch; -1: not read yet. */
  private long firstTimestampMs = -1;

  private int bytesSinceEntry;

  // What the flusher did so far; written under the partition's locks, looked at by appends.
  private volatile int forcedPosition;
  private volatile boolean areIndexesStored;
  private boolean areTransactionsForced = true;

  private Segment(
      LogFiles files,
      Path directory,
      String suffix,
      long baseOffset,
      int endPosition,
      long nextOffset,
      long createdMs,
      int storedOffsets,
      int storedTimes,
      TimeIndex.@Nullable Entry maxTimestamp) {
    this.files = files;
    this.directory = directory;
    this.suffix = suffix;
    this.baseOffset = baseOffset;
    this.endPosition = endPosition;
    this.nextOffset = nextOffset;
    this.createdMs = createdMs;
    this.maxTimestamp = maxTimestamp;
    this.file = new SegmentFile(files, path(LogFileUtils.LOG_FILE_SUFFIX));
    this.offsets =
        new OffsetIndex(files, path(LogFileUtils.INDEX_FILE_SUFFIX), baseOffset, storedOffsets);
    this.times =
        new TimeIndex(files, path(LogFileUtils.TIME_INDEX_FILE_SUFFIX), baseOffset, storedTimes);
  }

  /** A new segment; its file appears with the first append. */
  public static Segment create(LogFiles files, Path directory, long baseOffset, long nowMs) {
    return create(files, directory, "", baseOffset, nowMs);
  }

  /** A new segment that is to replace others, and has another name until it does. */
  public static Segment createCleaned(LogFiles files, Path directory, long baseOffset, long nowMs)
      throws IOException {
    Segment segment = create(files, directory, LogFileUtils.CLEANED_FILE_SUFFIX, baseOffset, nowMs);
    for (Path left : List.of(segment.file.path(), segment.transactionsPath())) files.delete(left);
    segment.createFile();
    return segment;
  }

  private static Segment create(
      LogFiles files, Path directory, String suffix, long baseOffset, long nowMs) {
    return new Segment(
        files,
        directory,
        suffix,
        baseOffset,
        0,
        baseOffset,
        nowMs,
        0,
        0,
        new TimeIndex.Entry(-1, baseOffset));
  }

  /** A file with a segment's content under another name. */
  public static SegmentFile file(LogFiles files, Path path) {
    return new SegmentFile(files, path);
  }

  /**
   * A segment found on disk, with its indexes if they can be used; otherwise they are empty, and
   * {@link #rebuildIndexes} makes new ones. Its end is not known before {@link #readTail}.
   */
  public static Segment found(
      LogFiles files, Path directory, long baseOffset, int sizeBytes, long nowMs)
      throws IOException {
    Segment segment =
        new Segment(files, directory, "", baseOffset, sizeBytes, baseOffset, nowMs, 0, 0, null);
    int storedOffsets = segment.offsets.file().count();
    int storedTimes = segment.times.file().count();
    boolean isIndexed = storedOffsets >= 0 && storedTimes > 0;
    if (isIndexed) {
      segment =
          new Segment(
              files,
              directory,
              "",
              baseOffset,
              sizeBytes,
              baseOffset,
              nowMs,
              storedOffsets,
              storedTimes,
              null);
    }
    segment.areIndexesStored = isIndexed;
    segment.isIndexDamaged = !isIndexed && sizeBytes > 0;
    segment.hasTransactions = files.exists(segment.path(LogFileUtils.TXN_INDEX_FILE_SUFFIX));
    return segment;
  }

  private Path path(String kind) {
    return directory.resolve(LogFileUtils.filenamePrefixFromOffset(baseOffset) + kind + suffix);
  }

  // Facts.

  public long baseOffset() {
    return baseOffset;
  }

  /** Offset that follows its last batch. */
  public long nextOffset() {
    return nextOffset;
  }

  public int sizeBytes() {
    return endPosition;
  }

  public boolean isSealed() {
    return isSealed;
  }

  public SegmentFile file() {
    return file;
  }

  public long createdMs() {
    return createdMs;
  }

  public boolean isIndexDamaged() {
    return isIndexDamaged;
  }

  /** The largest timestamp in it; -1: no record has one. */
  public long maxTimestampMs() throws IOException {
    return maxTimestamp().timestampMs();
  }

  /** Last offset of the first batch that has the largest timestamp. */
  public long maxTimestampOffset() throws IOException {
    return maxTimestamp().offset();
  }

  private TimeIndex.Entry maxTimestamp() throws IOException {
    TimeIndex.Entry known = maxTimestamp;
    if (known == null) {
      known = times.last();
      maxTimestamp = known;
    }
    return known;
  }

  /** The largest timestamp of its first batch, by which its age counts; -1: it has none. */
  public long firstTimestampMs() throws IOException {
    if (firstTimestampMs < 0 && endPosition > 0) {
      BatchCursor cursor = BatchCursor.brief(file, 0, endPosition);
      if (cursor.next()) firstTimestampMs = cursor.maxTimestampMs();
    }
    return firstTimestampMs;
  }

  /** The indexes have no room, or the offset is too far from the base: roll before it. */
  public boolean isFullFor(long lastOffset, int indexBytesMax) {
    return lastOffset - baseOffset > Integer.MAX_VALUE
        || offsets.count() >= indexBytesMax / OffsetIndex.ENTRY_BYTES
        || times.count() >= indexBytesMax / TimeIndex.ENTRY_BYTES - 1;
  }

  // Writing.

  /**
   * Appends whole, stamped batches with one write. If it fails nothing is appended, but bytes may
   * be left behind the end: {@link #cutTorn} removes them.
   */
  public void append(ByteBuffer batches, int indexIntervalBytes) throws IOException {
    int start = endPosition;
    int from = batches.position();
    int bytes = batches.remaining();
    invariant(!isSealed, "a sealed segment is immutable", baseOffset);
    invariant(bytes <= Integer.MAX_VALUE - start, "the caller did not roll first", bytes);
    file.write(batches, start);
    batches.position(from);

    TimeIndex.Entry max = maxTimestamp();
    if (start == 0) firstTimestampMs = BatchView.maxTimestampMs(batches, from);
    int at = from;
    long lastOffset = -1;
    while (at < from + bytes) {
      lastOffset = BatchView.lastOffset(batches, at);
      long timestampMs = BatchView.maxTimestampMs(batches, at);
      if (timestampMs > max.timestampMs()) max = new TimeIndex.Entry(timestampMs, lastOffset);
      if (bytesSinceEntry > indexIntervalBytes) {
        offsets.add(lastOffset, start + at - from);
        times.add(max.timestampMs(), max.offset());
        bytesSinceEntry = 0;
      }
      int batchBytes = BatchView.sizeBytes(batches, at);
      bytesSinceEntry += batchBytes;
      at += batchBytes;
    }
    invariant(at == from + bytes, "a batch is longer than its buffer", at);
    maxTimestamp = max;
    nextOffset = lastOffset + 1;
    endPosition = start + bytes;
    areIndexesStored = false;
    memo().put(lastOffset + 1, start + bytes);
  }

  /** Makes the file of an empty segment, where a log without it would not know its end. */
  public void createFile() throws IOException {
    file.write(ByteBuffer.allocate(0), 0);
  }

  /** Removes what a failed append left behind the end. */
  public void cutTorn() throws IOException {
    file.truncate(endPosition);
    forcedPosition = Math.min(forcedPosition, Math.max(0, endPosition - 1)); // to be forced again
  }

  /** Notes an aborted transaction whose marker lies here. */
  public void addAborted(AbortedTxn aborted) throws IOException {
    TransactionIndex index = transactions();
    index.append(aborted);
    hasTransactions = true;
    areTransactionsForced = false;
  }

  private synchronized TransactionIndex transactions() throws IOException {
    TransactionIndex index = transactions;
    if (index == null) {
      index = new TransactionIndex(baseOffset, transactionsPath().toFile());
      transactions = index;
    }
    return index;
  }

  /**
   * Forgets the aborted transactions whose markers lie at or after an offset, and whatever a crash
   * left of entries that were not forced.
   */
  public void forgetAborted(long offset) throws IOException {
    if (!hasTransactions) return;
    ByteBuffer entries = ByteBuffer.wrap(files.content(transactionsPath()));
    int kept = 0;
    long lastBefore = -1;
    while (entries.limit() - kept >= ABORTED_BYTES) {
      long first = entries.getLong(kept + ABORTED_FIRST_AT);
      long last = entries.getLong(kept + ABORTED_LAST_AT);
      boolean isSound =
          entries.getShort(kept) == AbortedTxn.CURRENT_VERSION
              && last >= baseOffset
              && last > lastBefore
              && first <= last;
      if (!isSound || last >= offset) break;
      lastBefore = last;
      kept += ABORTED_BYTES;
    }
    if (kept == entries.limit()) return;
    TransactionIndex index = transactions;
    if (index != null) index.close();
    transactions = null;
    try (LogFile file = files.openExisting(transactionsPath())) {
      file.truncate(kept);
    }
    areTransactionsForced = false;
  }

  /** Where its aborted transactions are written, if it has any. */
  public Path transactionsPath() {
    return path(LogFileUtils.TXN_INDEX_FILE_SUFFIX);
  }

  /** Nothing is appended any more. */
  public void seal() throws IOException {
    int entries = times.count();
    if (endPosition > 0) times.add(maxTimestampMs(), maxTimestampOffset());
    if (times.count() > entries) areIndexesStored = false;
    isSealed = true;
  }

  /** Completes the time index, so that the next opening knows the largest timestamp. */
  public void noteMaxTimestamp() throws IOException {
    if (endPosition > 0) times.add(maxTimestampMs(), maxTimestampOffset());
  }

  /** Drops the batches from the one that holds an offset on; nobody reads there. */
  public void truncateTo(long offset, int indexIntervalBytes) throws IOException {
    endAt(locate(offset, endPosition), offset);
    readTail(indexIntervalBytes);
  }

  // Reading. A damaged index is only slower: the batches decide.

  /** Position of the first batch that ends at or after an offset; {@code end}: there is none. */
  public int locate(long offset, int end) throws IOException {
    if (offset <= baseOffset) return 0;
    PositionMemo places = memo;
    if (places != null) {
      int position = places.find(offset);
      if (position >= 0 && position <= end) return position;
    }
    if (!isIndexDamaged) {
      try {
        long entry = offsets.floor(offset);
        int start = entry < 0 ? 0 : OffsetIndex.position(entry);
        if (start >= end && start < endPosition) return end;
        BatchCursor cursor = BatchCursor.brief(file, Math.min(start, end), end);
        boolean isThere = cursor.next();
        if (entry < 0 || (isThere && cursor.lastOffset() == offsets.lastOffset(entry))) {
          return locate(cursor, isThere, offset, end, true);
        }
      } catch (DamagedSegmentException _) {
        // Index or batches: walking over all of them tells which.
      }
      isIndexDamaged = true;
    }
    BatchCursor cursor = BatchCursor.brief(file, 0, end);
    return locate(cursor, cursor.next(), offset, end, false);
  }

  /**
   * Position of the first batch at or after an offset up to which everything was flushed. Throws
   * {@link DamagedSegmentException} if the batches end before.
   */
  public int locateFlushed(long offset, int end) throws IOException {
    long entry = isIndexDamaged ? -1 : usableEntry(offset, end);
    BatchCursor cursor = BatchCursor.brief(file, entry < 0 ? 0 : OffsetIndex.position(entry), end);
    long following = baseOffset;
    while (following < offset) {
      if (!cursor.next()) {
        throw new DamagedSegmentException(
            file.path(),
            end,
            "it ends at offset %d, but %d was flushed".formatted(following, offset));
      }
      if (cursor.lastOffset() >= offset) return cursor.position();
      following = cursor.lastOffset() + 1;
    }
    return cursor.followingPosition();
  }

  /** The index entry to look for an offset from; -1: from the start. */
  private long usableEntry(long offset, int end) throws IOException {
    try {
      long entry = offsets.floor(offset - 1);
      if (entry < 0 || OffsetIndex.position(entry) >= end) return -1;
      BatchCursor cursor = BatchCursor.brief(file, OffsetIndex.position(entry), end);
      return cursor.next() && cursor.lastOffset() == offsets.lastOffset(entry) ? entry : -1;
    } catch (DamagedSegmentException _) {
      return -1;
    }
  }

  private int locate(BatchCursor cursor, boolean isThere, long offset, int end, boolean isIndexed)
      throws IOException {
    int start = cursor.position();
    boolean has = isThere;
    while (has) {
      if (cursor.lastOffset() >= offset) {
        if (isIndexed && cursor.position() - start > SCAN_BYTES_MAX) isIndexDamaged = true;
        memo().put(offset, cursor.position());
        return cursor.position();
      }
      has = cursor.next();
    }
    return end;
  }

  /** A part of the file, which stays readable until it is released. */
  public FileSlice slice(int position, int sizeBytes) throws IOException {
    return file.slice(position, sizeBytes);
  }

  /**
   * The last position, at most {@code bytesMax} bytes after one of a batch, at which another batch
   * begins; the position itself if not even one batch fits. Readers that go on there are expected.
   */
  public int boundary(int position, int bytesMax) throws IOException {
    int to = position + bytesMax;
    if (!isIndexDamaged) {
      try {
        long entry = offsets.floorPosition(to);
        int start = entry < 0 ? 0 : OffsetIndex.position(entry);
        if (start <= position) return walkTo(BatchCursor.brief(file, position, endPosition), to);
        BatchCursor cursor = BatchCursor.brief(file, start, endPosition);
        if (!cursor.next()) return start;
        if (cursor.lastOffset() == offsets.lastOffset(entry)) {
          memo().put(cursor.baseOffset(), start);
          return cursor.followingPosition() <= to ? walkOn(cursor, to) : start;
        }
      } catch (DamagedSegmentException _) {
        // Index or batches: walking over all of them tells which.
      }
      isIndexDamaged = true;
    }
    return walkTo(BatchCursor.brief(file, position, endPosition), to);
  }

  private int walkTo(BatchCursor cursor, int to) throws IOException {
    if (cursor.next() && cursor.followingPosition() <= to) return walkOn(cursor, to);
    return cursor.position();
  }

  /** From a batch that ends before {@code to} over all others that do. */
  private int walkOn(BatchCursor cursor, int to) throws IOException {
    int boundary;
    long followingOffset;
    do {
      boundary = cursor.followingPosition();
      followingOffset = cursor.lastOffset() + 1;
    } while (cursor.next() && cursor.followingPosition() <= to);
    memo().put(followingOffset, boundary);
    return boundary;
  }

  /** The largest timestamp of the batch at a position; -1: no record of it has one. */
  public long batchTimestampMs(int position) throws IOException {
    BatchCursor cursor = BatchCursor.brief(file, position, endPosition);
    if (!cursor.next()) throw new DamagedSegmentException(file.path(), position, "no batch");
    return cursor.maxTimestampMs();
  }

  /** Bytes of the batch at a position. */
  public int batchBytes(int position) throws IOException {
    BatchCursor cursor = BatchCursor.brief(file, position, endPosition);
    if (!cursor.next()) throw new DamagedSegmentException(file.path(), position, "no batch");
    memo().put(cursor.lastOffset() + 1, cursor.followingPosition());
    return cursor.sizeBytes();
  }

  private PositionMemo memo() {
    PositionMemo places = memo;
    if (places == null) {
      places = new PositionMemo();
      memo = places;
    }
    return places;
  }

  /** Where to begin looking for a record at or after a time, and not before an offset. */
  public int locateTime(long timestampMs, long offset, int end) throws IOException {
    long from = Math.max(offset, baseOffset);
    if (!isIndexDamaged) from = Math.max(from, times.floor(timestampMs).offset());
    return locate(from, end);
  }

  /** A cursor from a position of a batch on. */
  public BatchCursor cursor(int position, int end) {
    return BatchCursor.at(file, position, end);
  }

  /** An offset above those of the batches before a position, and close to them. */
  public long offsetAt(int position, int end) throws IOException {
    if (position >= end) return nextOffset;
    BatchCursor cursor = BatchCursor.brief(file, position, end);
    try {
      return cursor.next() ? cursor.baseOffset() : nextOffset;
    } catch (DamagedSegmentException _) {
      return nextOffset; // the slice was cut within its first batch
    }
  }

  /** It may know of aborted transactions. */
  public boolean hasAborted() {
    return hasTransactions;
  }

  /** Collects aborted transactions that overlap a range; true: there are none in later segments. */
  public boolean collectAborted(long from, long to, List<AbortedTxn> aborted) throws IOException {
    if (!hasTransactions) return false;
    var found = transactions().collectAbortedTxns(from, to);
    aborted.addAll(found.abortedTransactions());
    return found.isComplete();
  }

  // Opening.

  /**
   * Finds out where the segment ends by walking over the batches behind its last index entry, and
   * completes the indexes. True: they were damaged or absent and had to be made new. Throws {@link
   * DamagedSegmentException} if the batches don't end where the file does.
   */
  public boolean readTail(int indexIntervalBytes) throws IOException {
    if (endPosition == 0) {
      rebuildIndexes(indexIntervalBytes);
      return false;
    }
    if (!isIndexDamaged) {
      try {
        long entry = offsets.last();
        int start = entry < 0 ? 0 : OffsetIndex.position(entry);
        if (start < endPosition) {
          BatchCursor cursor = BatchCursor.brief(file, start, endPosition);
          if (cursor.next() && (entry < 0 || cursor.lastOffset() == offsets.lastOffset(entry))) {
            maxTimestamp = times.last();
            walk(cursor, offsets, times, indexIntervalBytes);
            return false;
          }
        }
      } catch (DamagedSegmentException _) {
        // Index or batches: walking over all of them tells which.
      }
    }
    rebuildIndexes(indexIntervalBytes);
    return true;
  }

  /** Makes both indexes new from the batches. Readers go on with the old ones until then. */
  public void rebuildIndexes(int indexIntervalBytes) throws IOException {
    var newOffsets = new OffsetIndex(files, offsets.file().path(), baseOffset, 0);
    var newTimes = new TimeIndex(files, times.file().path(), baseOffset, 0);
    maxTimestamp = new TimeIndex.Entry(-1, baseOffset);
    BatchCursor cursor = BatchCursor.brief(file, 0, endPosition);
    nextOffset = baseOffset;
    bytesSinceEntry = 0;
    if (cursor.next()) walk(cursor, newOffsets, newTimes, indexIntervalBytes);
    if (isSealed) newTimes.add(maxTimestampMs(), maxTimestampOffset());
    offsets.file().delete();
    times.file().delete();
    offsets = newOffsets;
    times = newTimes;
    areIndexesStored = false;
    isIndexDamaged = false;
  }

  /** Walks from a batch to the end, noting what the writer has to know there. */
  private void walk(
      BatchCursor cursor, OffsetIndex toOffsets, TimeIndex toTimes, int indexIntervalBytes)
      throws IOException {
    TimeIndex.Entry max = maxTimestamp();
    int sinceEntry = 0;
    long following = Math.max(baseOffset, cursor.baseOffset());
    do {
      if (cursor.baseOffset() < following) {
        throw new DamagedSegmentException(
            file.path(),
            cursor.position(),
            "offset %d follows %d".formatted(cursor.baseOffset(), following - 1));
      }
      following = cursor.lastOffset() + 1;
      if (cursor.maxTimestampMs() > max.timestampMs()) {
        max = new TimeIndex.Entry(cursor.maxTimestampMs(), cursor.lastOffset());
      }
      if (sinceEntry > indexIntervalBytes) {
        toOffsets.add(cursor.lastOffset(), cursor.position());
        toTimes.add(max.timestampMs(), max.offset());
        sinceEntry = 0;
      }
      sinceEntry += cursor.sizeBytes();
    } while (cursor.next());
    nextOffset = following;
    maxTimestamp = max;
    bytesSinceEntry = sinceEntry;
  }

  /** Cuts off what follows the last verified batch. */
  public void endAt(int position, long followingOffset) throws IOException {
    file.truncate(position);
    // What was cut must not come back after a power loss, behind a recovery point that passed it.
    file.force();
    endPosition = position;
    nextOffset = followingOffset;
    forcedPosition = Math.min(forcedPosition, position);
    memo = null;
    firstTimestampMs = -1;
    isSealed = false;
    areIndexesStored = false;
    try {
      offsets.truncateTo(followingOffset);
      times.truncateTo(followingOffset);
    } catch (DamagedSegmentException _) {
      isIndexDamaged = true;
    }
    forgetAborted(followingOffset);
  }

  // Flushing: under the partition's maintenance lock.

  /** Forces the batches up to a position, if they aren't yet; true: there was something to do. */
  public boolean force(int position) throws IOException {
    if (forcedPosition >= position) return false;
    file.force();
    forcedPosition = position;
    return true;
  }

  /** All batches and aborted transactions are known to be on disk. */
  public boolean isForced() {
    return unforcedBytes() == 0 && areTransactionsForced;
  }

  /** Bytes not known to be on disk. */
  public int unforcedBytes() {
    return endPosition - forcedPosition;
  }

  /** Everything before a position is known to be on disk. */
  public void assumeForced(int position) {
    forcedPosition = position;
  }

  /** Forces the transaction index, if something was added. */
  public void forceTransactions() throws IOException {
    if (areTransactionsForced) return;
    areTransactionsForced = true;
    files.force(transactionsPath());
  }

  public boolean areIndexesStored() {
    return areIndexesStored;
  }

  /** Index entries that are only in memory. Taken under the partition's lock. */
  public record Unstored(
      OffsetIndex index,
      OffsetIndex.Unstored offsets,
      TimeIndex timeIndex,
      TimeIndex.Unstored times) {}

  public Unstored unstored() {
    return new Unstored(offsets, offsets.unstored(), times, times.unstored());
  }

  /** Writes them, without the partition's lock. */
  public void store(Unstored unstored, boolean isForced) throws IOException {
    unstored.index.store(unstored.offsets, isForced);
    unstored.timeIndex.store(unstored.times, isForced);
  }

  /** Forgets them. Under the partition's lock. */
  public void stored(Unstored unstored) {
    unstored.index.stored(unstored.offsets);
    unstored.timeIndex.stored(unstored.times);
    if (isSealed) areIndexesStored = true;
  }

  // Leaving.

  /** Gives all its files another suffix, as the first step of their deletion. */
  public void markDeleted() throws IOException {
    rename(LogFileUtils.DELETED_FILE_SUFFIX);
  }

  /** Says that it is complete and takes the place of others, whatever happens from now on. */
  public void markSwap() throws IOException {
    // The batches come last: with them the swap is decided.
    renameIndexes(LogFileUtils.SWAP_FILE_SUFFIX);
    file.rename(path(LogFileUtils.LOG_FILE_SUFFIX));
  }

  /** Takes its place in the log. */
  public void markLive() throws IOException {
    rename("");
  }

  private void rename(String newSuffix) throws IOException {
    if (hasTransactions) transactions();
    suffix = newSuffix;
    file.rename(path(LogFileUtils.LOG_FILE_SUFFIX));
    renameIndexes(newSuffix);
  }

  private void renameIndexes(String newSuffix) throws IOException {
    if (hasTransactions) transactions();
    suffix = newSuffix;
    offsets.file().rename(path(LogFileUtils.INDEX_FILE_SUFFIX));
    times.file().rename(path(LogFileUtils.TIME_INDEX_FILE_SUFFIX));
    if (hasTransactions) renameTransactions();
  }

  /** By the port, as all files: Kafka's class only learns the new name. */
  private void renameTransactions() throws IOException {
    TransactionIndex index = transactions();
    Path from = index.file().toPath();
    if (files.exists(from)) files.rename(from, transactionsPath());
    index.renameTo(transactionsPath().toFile());
  }

  /** Deletes its files; slices in use stay readable. */
  public void delete() throws IOException {
    close();
    files.delete(file.path());
    offsets.file().delete();
    times.file().delete();
    TransactionIndex index = transactions;
    if (index != null) index.close();
    if (hasTransactions) files.delete(transactionsPath());
  }

  /** The partition's directory has another name. */
  public void moved(Path newDirectory) {
    directory = newDirectory;
    file.moved(newDirectory);
    offsets.file().moved(newDirectory);
    times.file().moved(newDirectory);
    TransactionIndex index = transactions;
    if (index != null) index.updateParentDir(newDirectory.toFile());
  }

  /** Gives file handles and memory back that nobody needs at the moment. */
  public void rest() {
    file.rest();
    offsets.file().rest();
    times.file().rest();
  }

  /** Closes the files; slices in use stay readable. */
  public void close() throws IOException {
    file.close();
    TransactionIndex index = transactions;
    if (index != null) index.close();
  }
}
