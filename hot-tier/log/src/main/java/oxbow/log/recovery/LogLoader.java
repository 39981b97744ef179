package oxbow.log.recovery;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.storage.internals.epoch.LeaderEpochFileCache;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.CompletedTxn;
import org.apache.kafka.storage.internals.log.EpochEntry;
import org.apache.kafka.storage.internals.log.LogFileUtils;
import org.apache.kafka.storage.internals.log.LogOffsetMetadata;
import org.apache.kafka.storage.internals.log.ProducerAppendInfo;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.log.batch.BatchView;
import oxbow.log.io.LogFiles;
import oxbow.log.segment.BatchCursor;
import oxbow.log.segment.DamagedSegmentException;
import oxbow.log.segment.Segment;

/**
 * Opens the files of one partition. What lies below the recovery point was flushed and is only
 * looked at where it ends; what lies above is read in full, checked, and cut at the first batch
 * that isn't whole.
 *
 * <pre>
 *  segment 0      segment 300    segment 700 (active)
 * |..............|..............|......|############|~~~~
 *                                      |            `- torn: cut
 *                                      `- recovery point: verified from here on
 * </pre>
 */
public final class LogLoader {
  private static final Logger log = LoggerFactory.getLogger(LogLoader.class);

  /** Kafka's {@code transaction.max.timeout.ms}; only its own metrics ask for it. */
  private static final int TRANSACTION_MS_MAX = 15 * 60_000;

  private static final int NO_ENTRIES = Integer.MAX_VALUE;

  private final LogFiles files;
  private final Path directory;
  private final TopicPartition partition;
  private final Time time;
  private final Settings settings;
  private final List<Segment> segments = new ArrayList<>();
  private long verifiedBytes;
  private long truncatedBytes;
  private int rebuiltIndexes;
  private boolean isShortened;
  private @Nullable DamagedSegmentException gap;

  /**
   * What is known of a partition before its files are looked at.
   *
   * @param recoveryPoint everything below is on disk
   * @param logStart the log start last written down
   * @param coldEnd the cold tier's end last written down; zero: it has nothing
   * @param compactedEnd offsets may be missing between two segments, of which the second begins
   *     here or before: they were compacted
   * @param indexIntervalBytes distance of index entries made anew
   * @param producerExpirationMs how long a silent producer's state is kept
   */
  public record Settings(
      long recoveryPoint,
      long logStart,
      long coldEnd,
      long compactedEnd,
      int indexIntervalBytes,
      int producerExpirationMs) {}

  /**
   * A partition's files, open.
   *
   * @param segments in offset order, the last one active; never empty
   * @param recoveryPoint everything below is on disk
   * @param isChanged it was not as a clean stop leaves it
   * @param verifiedBytes bytes that had to be read in full
   * @param truncatedBytes bytes cut off because they weren't whole batches
   * @param rebuiltIndexes segments whose indexes were damaged or absent
   * @param gap two segments between which offsets are missing; damage, unless they were compacted
   */
  public record Loaded(
      List<Segment> segments,
      ProducerStateManager producers,
      LeaderEpochFileCache epochs,
      EpochFile epochFile,
      long logStart,
      long recoveryPoint,
      boolean isChanged,
      long verifiedBytes,
      long truncatedBytes,
      int rebuiltIndexes,
      @Nullable DamagedSegmentException gap) {}

  private LogLoader(
      LogFiles files, Path directory, TopicPartition partition, Time time, Settings settings) {
    this.files = files;
    this.directory = directory;
    this.partition = partition;
    this.time = time;
    this.settings = settings;
  }

  /**
   * Opens a partition. Throws {@link DamagedSegmentException} where records that were flushed are
   * damaged or missing.
   */
  public static Loaded load(
      LogFiles files, Path directory, TopicPartition partition, Time time, Settings settings)
      throws IOException {
    return new LogLoader(files, directory, partition, time, settings).load();
  }

  /** What stands for a partition whose files can't be used: empty, and only there to be offline. */
  public static Loaded unusable(
      LogFiles files, Path directory, TopicPartition partition, Time time, Settings settings) {
    long start = Math.max(0, settings.logStart);
    Path nowhere = directory.resolve("unusable");
    try {
      var epochFile = new EpochFile(files, directory);
      var producers =
          new ProducerStateManager(
              partition,
              nowhere.toFile(),
              TRANSACTION_MS_MAX,
              new ProducerStateManagerConfig(settings.producerExpirationMs, false),
              time);
      return new Loaded(
          List.of(Segment.create(files, nowhere, start, time.milliseconds())),
          producers,
          new LeaderEpochFileCache(partition, epochFile, new ImmediateScheduler()),
          epochFile,
          start,
          settings.recoveryPoint,
          false,
          0,
          0,
          0,
          null);
    } catch (IOException e) {
      throw new UncheckedIOException("no file is read or written here", e);
    }
  }

  private Loaded load() throws IOException {
    List<Long> bases = tidy();
    if (isColdEndCutOff(bases)) {
      dropFrom(bases, Math.max(settings.logStart, settings.coldEnd));
      bases = List.of();
    }
    long firstBase = bases.isEmpty() ? 0 : bases.getFirst();
    boolean isTrimmed = settings.coldEnd > 0 && settings.coldEnd >= firstBase;
    long logStart = isTrimmed ? settings.logStart : Math.max(settings.logStart, firstBase);
    int first = 0;
    while (first + 1 < bases.size() && bases.get(first + 1) <= logStart) first++;
    for (Long base : bases.subList(0, first)) deleteSegment(base);
    openSegments(bases.subList(first, bases.size()));
    // A segment dropped here must not come back behind records that take its place.
    if (isShortened) files.forceDirectory(directory);
    long localStart = Math.max(logStart, settings.coldEnd);
    if (segments.isEmpty())
      segments.add(Segment.create(files, directory, localStart, time.milliseconds()));

    Segment active = segments.getLast();
    if (active.nextOffset() < localStart) {
      log.atWarn()
          .addKeyValue("partition", partition)
          .addKeyValue("logStart", logStart)
          .addKeyValue("coldEnd", settings.coldEnd)
          .addKeyValue("logEnd", active.nextOffset())
          .log("log ends before it may and begins anew");
      for (Segment segment : segments) segment.delete();
      files.forceDirectory(directory);
      segments.clear();
      segments.add(Segment.create(files, directory, localStart, time.milliseconds()));
      active = segments.getLast();
    }
    long logEnd = active.nextOffset();
    long recoveryPoint = Math.min(settings.recoveryPoint, logEnd);
    if (!isTrimmed) logStart = Math.max(logStart, segments.getFirst().baseOffset());

    var epochFile = new EpochFile(files, directory);
    var scheduler = new ImmediateScheduler();
    var epochs = new LeaderEpochFileCache(partition, epochFile, scheduler);
    var producers =
        new ProducerStateManager(
            partition,
            directory.toFile(),
            TRANSACTION_MS_MAX,
            new ProducerStateManagerConfig(settings.producerExpirationMs, false),
            time);
    producers.truncateAndReload(logStart, recoveryPoint, time.milliseconds());
    completeEpochs(epochs, logStart);
    long replayFrom = producers.mapEndOffset();
    active.forgetAborted(replayFrom);
    replay(segments, producers, epochs, replayFrom);
    producers.updateMapEndOffset(logEnd);
    epochs.truncateFromEndAsyncFlush(logEnd);
    if (logStart > 0) epochs.truncateFromStartAsyncFlush(logStart);
    return new Loaded(
        segments,
        producers,
        epochs,
        epochFile,
        logStart,
        recoveryPoint,
        replayFrom < logEnd || verifiedBytes + truncatedBytes + rebuiltIndexes > 0,
        verifiedBytes,
        truncatedBytes,
        rebuiltIndexes,
        gap);
  }

  /**
   * Segments between the cold tier's end and the oldest one that is left are missing; false: none
   * are. Nothing that is left was known to be flushed, else they are a loss.
   */
  private boolean isColdEndCutOff(List<Long> bases) throws DamagedSegmentException {
    if (bases.isEmpty() || settings.coldEnd == 0) return false;
    long base = bases.getFirst();
    if (base <= Math.max(settings.logStart, settings.coldEnd)) return false;
    if (base > settings.recoveryPoint) return true;
    throw new DamagedSegmentException(
        directory,
        0,
        "the oldest segment begins at offset %d, the cold tier ends at %d"
            .formatted(base, settings.coldEnd));
  }

  /** Completes deletions and swaps that a stop interrupted; the segments' base offsets, sorted. */
  private List<Long> tidy() throws IOException {
    Set<String> names = new HashSet<>(files.list(directory));
    for (String name : List.copyOf(names)) tidyIndexOfSwap(name, names);
    for (String name : List.copyOf(names)) {
      if (name.endsWith(LogFileUtils.DELETED_FILE_SUFFIX)
          || name.endsWith(LogFileUtils.CLEANED_FILE_SUFFIX)
          || name.endsWith(".tmp")) {
        files.delete(directory.resolve(name));
        names.remove(name);
      }
    }
    for (String name : List.copyOf(names)) {
      if (name.endsWith(LogFileUtils.LOG_FILE_SUFFIX + LogFileUtils.SWAP_FILE_SUFFIX)) {
        completeSwap(name, names);
      }
    }
    Set<Long> bases = new TreeSet<>();
    for (String name : names) {
      if (name.endsWith(LogFileUtils.LOG_FILE_SUFFIX)) {
        bases.add(LogFileUtils.offsetFromFileName(name));
      }
    }
    for (String name : names) {
      boolean isIndex =
          name.endsWith(LogFileUtils.INDEX_FILE_SUFFIX)
              || name.endsWith(LogFileUtils.TIME_INDEX_FILE_SUFFIX)
              || name.endsWith(LogFileUtils.TXN_INDEX_FILE_SUFFIX);
      if (isIndex && !bases.contains(LogFileUtils.offsetFromFileName(name))) {
        files.delete(directory.resolve(name));
      }
    }
    return new ArrayList<>(bases);
  }

  /**
   * The indexes of a segment get the swap suffix before it does and lose it after. One that has it
   * alone belongs to a swap that was not decided yet, or to one that was nearly done; its
   * transactions are not made anew from the batches, so they must not get lost.
   */
  private void tidyIndexOfSwap(String name, Set<String> names) throws IOException {
    String suffix = LogFileUtils.SWAP_FILE_SUFFIX;
    String log = LogFileUtils.LOG_FILE_SUFFIX;
    if (!name.endsWith(suffix) || name.endsWith(log + suffix)) return;
    String segment = LogFileUtils.filenamePrefixFromOffset(LogFileUtils.offsetFromFileName(name));
    if (names.contains(segment + log + suffix)) return;
    names.remove(name);
    if (names.contains(segment + log + LogFileUtils.CLEANED_FILE_SUFFIX)) {
      files.delete(directory.resolve(name));
    } else {
      String live = name.substring(0, name.length() - suffix.length());
      files.rename(directory.resolve(name), directory.resolve(live));
      names.add(live);
    }
  }

  /**
   * A segment with that suffix was complete before it got it. It takes the place of those whose
   * offsets it covers.
   */
  private void completeSwap(String swap, Set<String> names) throws IOException {
    String suffix = LogFileUtils.SWAP_FILE_SUFFIX;
    Path swapFile = directory.resolve(swap);
    long base = LogFileUtils.offsetFromFileName(swap);
    int bytes = Math.toIntExact(files.sizeBytes(swapFile));
    long end = base;
    BatchCursor cursor = BatchCursor.at(Segment.file(files, swapFile), 0, bytes);
    while (cursor.next()) end = cursor.lastOffset() + 1;
    for (String name : List.copyOf(names)) {
      if (!name.endsWith(LogFileUtils.LOG_FILE_SUFFIX)) continue;
      long other = LogFileUtils.offsetFromFileName(name);
      if (other < base || other >= Math.max(end, base + 1)) continue;
      for (String file : segmentFiles(other)) {
        files.delete(directory.resolve(file));
        names.remove(file);
      }
    }
    files.forceDirectory(directory); // else the old could come back beside the new
    for (String file : segmentFiles(base)) {
      if (names.remove(file + suffix)) {
        files.rename(directory.resolve(file + suffix), directory.resolve(file));
        isShortened = true;
        names.add(file);
      }
    }
  }

  private static List<String> segmentFiles(long base) {
    String prefix = LogFileUtils.filenamePrefixFromOffset(base);
    return List.of(
        prefix + LogFileUtils.LOG_FILE_SUFFIX,
        prefix + LogFileUtils.INDEX_FILE_SUFFIX,
        prefix + LogFileUtils.TIME_INDEX_FILE_SUFFIX,
        prefix + LogFileUtils.TXN_INDEX_FILE_SUFFIX);
  }

  private void deleteSegment(long base) throws IOException {
    isShortened = true;
    for (String file : segmentFiles(base)) files.delete(directory.resolve(file));
  }

  private void openSegments(List<Long> bases) throws IOException {
    for (int i = 0; i < bases.size(); i++) {
      long base = bases.get(i);
      long nextBase = i + 1 < bases.size() ? bases.get(i + 1) : Long.MAX_VALUE;
      Segment segment = find(base);
      boolean isWhole;
      try {
        isWhole = nextBase <= settings.recoveryPoint ? trust(segment) : verify(segment);
      } catch (DamagedSegmentException e) {
        if (nextBase > settings.coldEnd) throw e;
        isWhole = false;
      }
      segments.add(segment);
      if (nextBase == Long.MAX_VALUE) return;

      boolean isFlushed = nextBase <= settings.recoveryPoint;
      boolean isGap = segment.nextOffset() < nextBase && nextBase > settings.compactedEnd;
      if (segment.nextOffset() > nextBase) throw misfit(segment, nextBase);
      if ((isGap || !isWhole) && nextBase <= settings.coldEnd) {
        dropTrimmed();
        continue;
      }
      if (!isWhole || (isGap && !isFlushed)) {
        dropFrom(bases.subList(i + 1, bases.size()), segment.nextOffset());
        return;
      }
      if (isGap && gap == null) gap = misfit(segment, nextBase);
      segment.seal();
    }
  }

  /**
   * Everything up to here is in the cold tier, and trimming was interrupted: names of files that
   * were on their way out come back after a power loss as they like.
   */
  private void dropTrimmed() throws IOException {
    for (Segment segment : segments) segment.delete();
    segments.clear();
    isShortened = true;
  }

  private static DamagedSegmentException misfit(Segment segment, long nextBase) {
    return new DamagedSegmentException(
        segment.file().path(),
        segment.sizeBytes(),
        "it ends at offset %d, the next segment begins at %d"
            .formatted(segment.nextOffset(), nextBase));
  }

  private Segment find(long base) throws IOException {
    Path file =
        directory.resolve(
            LogFileUtils.filenamePrefixFromOffset(base) + LogFileUtils.LOG_FILE_SUFFIX);
    long bytes = files.sizeBytes(file);
    if (bytes > Integer.MAX_VALUE) {
      throw new DamagedSegmentException(file, bytes, "no segment is that large");
    }
    return Segment.found(files, directory, base, (int) bytes, time.milliseconds());
  }

  /** A segment flushed in full: only how it ends is looked at; true. */
  private boolean trust(Segment segment) throws IOException {
    if (segment.readTail(NO_ENTRIES)) {
      segment.rebuildIndexes(settings.indexIntervalBytes);
      noteRebuilt(segment);
    }
    segment.assumeForced(segment.sizeBytes());
    return true;
  }

  private void noteRebuilt(Segment segment) {
    rebuiltIndexes++;
    log.atWarn()
        .addKeyValue("partition", partition)
        .addKeyValue("segment", segment.baseOffset())
        .log("damaged or absent index rebuilt");
  }

  /** A segment of which the rest, or nothing, was flushed; false: its end was cut off. */
  private boolean verify(Segment segment) throws IOException {
    int size = segment.sizeBytes();
    int from = 0;
    long expected = segment.baseOffset();
    if (settings.recoveryPoint > segment.baseOffset()) {
      expected = settings.recoveryPoint;
      from = segment.locateFlushed(expected, size);
    }
    var verifier = new BatchVerifier(segment.file(), from, size, expected);
    verifier.run();
    verifiedBytes += verifier.position() - from;
    boolean isWhole = verifier.position() == size;
    if (!isWhole) {
      truncatedBytes += size - verifier.position();
      log.atWarn()
          .addKeyValue("partition", partition)
          .addKeyValue("segment", segment.baseOffset())
          .addKeyValue("position", verifier.position())
          .addKeyValue("bytes", size - verifier.position())
          .log("torn end of log cut off");
      segment.endAt(verifier.position(), verifier.nextOffset());
    }
    boolean wasIndexed = segment.areIndexesStored();
    if (segment.readTail(settings.indexIntervalBytes) && wasIndexed) noteRebuilt(segment);
    segment.assumeForced(from);
    return isWhole;
  }

  /** Segments behind a cut: never known to be flushed, and unreachable now. */
  private void dropFrom(List<Long> bases, long logEnd) throws IOException {
    for (Long base : bases) {
      Path file =
          directory.resolve(
              LogFileUtils.filenamePrefixFromOffset(base) + LogFileUtils.LOG_FILE_SUFFIX);
      truncatedBytes += files.sizeBytes(file);
      log.atWarn()
          .addKeyValue("partition", partition)
          .addKeyValue("segment", base)
          .addKeyValue("logEnd", logEnd)
          .log("segment behind the torn end of log dropped");
      deleteSegment(base);
    }
  }

  /** Brings producers, aborted transactions and epochs from an offset to the end of the log. */
  public static void replay(
      Iterable<Segment> segments,
      ProducerStateManager producers,
      LeaderEpochFileCache epochs,
      long from)
      throws IOException {
    for (Segment segment : segments) {
      if (segment.nextOffset() <= from) continue;
      segment.forgetAborted(from);
      int start = segment.locate(from, segment.sizeBytes());
      BatchCursor cursor = segment.cursor(start, segment.sizeBytes());
      while (cursor.next()) {
        noteEpoch(epochs, cursor);
        if (BatchView.producerId(cursor.header(), cursor.headerAt()) >= 0) {
          replay(producers, segment, cursor);
        }
      }
    }
  }

  private static void replay(ProducerStateManager producers, Segment segment, BatchCursor cursor)
      throws IOException {
    ByteBuffer header = cursor.header();
    int at = cursor.headerAt();
    ProducerAppendInfo append =
        producers.prepareUpdate(BatchView.producerId(header, at), AppendOrigin.REPLICATION);
    Optional<CompletedTxn> completed = Optional.empty();
    if (BatchView.isControl(header, at)) {
      RecordBatch batch = MemoryRecords.readableRecords(cursor.batch()).batchIterator().next();
      completed = append.append(batch, Optional.empty());
    } else {
      append.appendDataBatch(
          BatchView.producerEpoch(header, at),
          BatchView.baseSequence(header, at),
          BatchView.lastSequence(header, at),
          BatchView.maxTimestampMs(header, at),
          new LogOffsetMetadata(cursor.baseOffset(), segment.baseOffset(), cursor.position()),
          cursor.lastOffset(),
          BatchView.isTransactional(header, at));
    }
    producers.update(append);
    if (completed.isPresent()) {
      CompletedTxn transaction = completed.get();
      long lastStable = producers.lastStableOffset(transaction);
      if (transaction.isAborted()) segment.addAborted(new AbortedTxn(transaction, lastStable));
      producers.completeTxn(transaction);
    }
  }

  private static boolean noteEpoch(LeaderEpochFileCache epochs, BatchCursor cursor) {
    int epoch = BatchView.leaderEpoch(cursor.header(), cursor.headerAt());
    if (epoch < 0 || epoch <= epochs.latestEpoch().orElse(-1)) return false;
    epochs.assign(epoch, cursor.baseOffset());
    return true;
  }

  /**
   * Takes the epochs of the oldest records from their batches, where the file was damaged or speaks
   * of a later log start than the one that was written down.
   */
  private void completeEpochs(LeaderEpochFileCache epochs, long logStart) throws IOException {
    List<EpochEntry> known = epochs.epochEntries();
    long missingEnd = known.isEmpty() ? Long.MAX_VALUE : known.getFirst().startOffset();
    if (missingEnd <= logStart) return;
    epochs.clear();
    int added = 0;
    for (Segment segment : segments) {
      int start = segment.locate(logStart, segment.sizeBytes());
      BatchCursor cursor = segment.cursor(start, segment.sizeBytes());
      while (cursor.next() && cursor.baseOffset() < missingEnd) {
        if (!noteEpoch(epochs, cursor) && added == 0) break; // batches without epochs
        added++;
      }
    }
    if (!known.isEmpty()) epochs.assign(known);
    if (added > 0) {
      log.atInfo()
          .addKeyValue("partition", partition)
          .log("leader epochs of the oldest records taken from their batches");
    }
  }
}
