package oxbow.cold.offload;

import static oxbow.cold.store.StoreException.Kind.BUSY;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicIdPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.NewFile;
import oxbow.cold.offload.OffloadState.Committed;
import oxbow.cold.offload.OffloadState.Overtaken;
import oxbow.cold.offload.OffloadState.Unresolved;
import oxbow.cold.offload.OffloadState.Uploaded;
import oxbow.cold.offload.OffloadState.Waiting;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.PageCacheHint;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.log.FileSlice;
import oxbow.log.LogOffsets;
import oxbow.log.SealedSegments;
import oxbow.log.SealedSegments.Backlog;

/**
 * Takes one topic's waiting records into its table. Each step may be repeated: one that failed
 * part-way is begun anew from the state before it. One thread at a time.
 */
public final class TopicOffload {
  private static final Logger log = LoggerFactory.getLogger(TopicOffload.class);
  private static final int READ_BYTES = 4 << 20;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final String UNNAMED = "";
  private static final int ROUNDS_MAX = 10;
  private static final int ATTEMPTS_MAX = 3;

  private final ColdTable table;
  private final SealedSegments segments;
  private final ObjectStore store;
  private final Writers writers;
  private final Consumer<TopicIdPartition> onChange;
  private final Runnable beforeCommit;
  private final OffloadCounters counters;
  private final Map<Integer, Long> tableEnds = new HashMap<>();

  /** Held while a pass goes on: there may be many topics, and a few passes at a time. */
  private ByteBuffer buffer = NOTHING;

  private boolean readsOld;
  private volatile boolean isStopped;

  /** One that nothing has to be done before. */
  public TopicOffload(
      ColdTable table,
      SealedSegments segments,
      ObjectStore store,
      Writers writers,
      Consumer<TopicIdPartition> onChange,
      OffloadCounters counters) {
    this(table, segments, store, writers, onChange, () -> {}, counters);
  }

  /**
   * @param onChange told each partition whose files are other ones now, before the log is
   * @param beforeCommit brings to the bucket what records stand on; throws if it can't
   */
  public TopicOffload(
      ColdTable table,
      SealedSegments segments,
      ObjectStore store,
      Writers writers,
      Consumer<TopicIdPartition> onChange,
      Runnable beforeCommit,
      OffloadCounters counters) {
    this.table = table;
    this.segments = segments;
    this.store = store;
    this.writers = writers;
    this.onChange = onChange;
    this.beforeCommit = beforeCommit;
    this.counters = counters;
  }

  /**
   * Takes one file of each partition into the table, all in one commit. A partition whose records
   * can't be written keeps no other one back.
   *
   * @return how far the table goes now
   * @throws IOException or what else was the first to go wrong, after the rest is done
   */
  List<OffloadState> pass(List<Waiting> waiting) throws IOException {
    return pass(waiting, false);
  }

  /**
   * The same.
   *
   * @param isOld the records are no young ones: what is read of the log is not kept in memory
   */
  List<OffloadState> pass(List<Waiting> waiting, boolean isOld) throws IOException {
    readsOld = isOld;
    List<Uploaded> uploaded = new ArrayList<>();
    Exception failure = null;
    try {
      for (Waiting one : waiting) {
        try {
          write(behindTheTable(one)).ifPresent(uploaded::add);
        } catch (CancellationException e) {
          throw e;
        } catch (IOException | RuntimeException e) {
          log.atWarn()
              .addKeyValue("partition", one.partition().topicPartition())
              .addKeyValue("reason", e.getMessage())
              .log("a cold file was not written");
          failure = e;
          if (isTroubleOfTheStore(e)) break; // the other partitions' would fare no better
        }
      }
    } finally {
      buffer = NOTHING;
    }
    List<OffloadState> done = bringIn(uploaded);
    if (failure instanceof IOException e) throw e;
    if (failure instanceof RuntimeException e) throw e;
    return done;
  }

  /** A pass may have learned where the table ends, and failed before it could tell the log. */
  private Waiting behindTheTable(Waiting waiting) {
    long end = tableEnd(waiting.partition().partition());
    if (end <= waiting.from()) return waiting;
    onChange.accept(waiting.partition());
    segments.committed(waiting.partition(), end);
    return new Waiting(waiting.partition(), end);
  }

  /** Whether the store is away or lets nobody in, which concerns all topics alike. */
  static boolean isTroubleOfTheStore(Throwable failure) {
    return failure instanceof StoreException known && known.isOfAllCalls();
  }

  private List<OffloadState> bringIn(List<Uploaded> uploaded) {
    List<OffloadState> done = new ArrayList<>();
    List<OffloadState> states = new ArrayList<>(uploaded);
    for (int round = 0; !states.isEmpty(); round++) {
      if (round == ROUNDS_MAX) {
        throw new StoreException(BUSY, "other writers keep moving the table on; tried " + round);
      }
      List<Uploaded> toCommit = only(Uploaded.class, states);
      List<Unresolved> toResolve = only(Unresolved.class, states);
      states.removeAll(toCommit);
      states.removeAll(toResolve);
      states.forEach(this::settle);
      done.addAll(states);
      states = new ArrayList<>();
      if (!toCommit.isEmpty()) states.addAll(commit(toCommit));
      if (!toResolve.isEmpty()) states.addAll(resolve(toResolve));
    }
    return done;
  }

  private static <T> List<T> only(Class<T> type, List<OffloadState> states) {
    return states.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** Writes one file of what waits, checks it and uploads it; empty: nothing waits. */
  private Optional<Uploaded> write(Waiting waiting) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try (ColdFileWriter writer = writers.open(waiting.partition())) {
        Optional<ColdFile> finished = fill(writer, waiting.partition(), waiting.from());
        if (finished.isEmpty()) return Optional.empty();
        if (writers.hasLearned() && attempt < ATTEMPTS_MAX) continue;
        return Optional.of(waiting.uploaded(upload(finished.get(), writer, waiting.partition())));
      }
    }
  }

  private NewFile upload(ColdFile unnamed, ColdFileWriter writer, TopicIdPartition partition)
      throws IOException {
    writers.verify(unnamed, writer.path());
    ColdFile file = unnamed.named(table.name(unnamed, writers.attempt(partition)));
    store.put(file.name(), writer.path());
    counters.uploaded(file, writer.raw());
    return new NewFile(file, writer.metrics());
  }

  /** Takes what waits now: whatever comes in meanwhile would never let it end. */
  private Optional<ColdFile> fill(ColdFileWriter writer, TopicIdPartition partition, long from)
      throws IOException {
    long until = segments.backlog(partition).map(Backlog::endOffset).orElse(from);
    long baseOffset = -1;
    long end = from;
    while (end < until && writer.bytes() < writers.fileBytes()) {
      if (isStopped) throw new CancellationException("the cold tier is being closed");
      Optional<SealedSegments.Range> taken = segments.take(partition, end, READ_BYTES);
      if (taken.isEmpty()) break;
      SealedSegments.Range range = taken.get();
      try {
        if (baseOffset < 0) baseOffset = range.baseOffset();
        // Deleted records are no part of the log any more: the file ends before such a gap.
        if (range.baseOffset() != end && end > baseOffset) break;
        writer.add(read(range.slice()), range.baseOffset(), aborted(range));
        end = range.endOffset();
      } finally {
        range.release();
      }
    }
    if (baseOffset < 0 || end == baseOffset) return Optional.empty();
    return Optional.of(writer.finish(UNNAMED, end));
  }

  private ByteBuffer read(FileSlice slice) throws IOException {
    if (buffer.capacity() < slice.sizeBytes()) {
      int bytes = Integer.highestOneBit(Math.max(1, slice.sizeBytes() - 1)) * 2;
      buffer = ByteBuffer.allocate(Math.max(slice.sizeBytes(), bytes));
    }
    buffer.clear().limit(slice.sizeBytes());
    FileChannel channel = slice.channel();
    long position = slice.position();
    while (buffer.hasRemaining()) {
      int count = channel.read(buffer, position);
      if (count < 0) throw new IOException("a segment ended inside a range that it holds");
      position += count;
    }
    counters.readBytes.add(slice.sizeBytes());
    if (readsOld) {
      slice.path().ifPresent(path -> PageCacheHint.drop(path, slice.position(), slice.sizeBytes()));
    }
    return buffer.flip();
  }

  private static List<ColdFileWriter.Aborted> aborted(SealedSegments.Range range) {
    return range.aborted().stream()
        .map(one ->
            new ColdFileWriter.Aborted(one.producerId(), one.firstOffset(), one.lastOffset()))
        .toList();
  }

  private List<? extends OffloadState> commit(List<Uploaded> uploaded) {
    beforeCommit.run();
    try {
      table.append(uploaded.stream().map(Uploaded::added).toList(), expectedEnds(uploaded));
      for (Uploaded one : uploaded) {
        tableEnds.put(one.partition().partition(), one.file().endOffset());
      }
      counters.commits.increment();
      return uploaded.stream().map(Uploaded::committed).toList();
    } catch (StoreException e) {
      return switch (e.kind()) {
        case EXISTS, OUTCOME_UNKNOWN -> {
          counters.unresolved.increment();
          yield uploaded.stream().map(Uploaded::unresolved).toList();
        }
        default -> throw e;
      };
    }
  }

  private List<OffloadState> resolve(List<Unresolved> unresolved) {
    readTableEnds();
    List<OffloadState> resolved = new ArrayList<>();
    for (Unresolved one : unresolved) {
      int partition = one.partition().partition();
      Set<String> names =
          table.files(partition).stream().map(ColdFile::name).collect(Collectors.toSet());
      resolved.add(one.resolved(tableEnd(partition), names.contains(one.file().name())));
    }
    return resolved;
  }

  private Map<Integer, Long> expectedEnds(List<Uploaded> uploaded) {
    Map<Integer, Long> expected = new HashMap<>();
    for (Uploaded one : uploaded) {
      int partition = one.partition().partition();
      Long end = tableEnds.get(partition);
      if (end != null) expected.put(partition, end);
    }
    return expected;
  }

  /** Where the table ends as far as is known; -1: it has nothing of the partition. */
  private long tableEnd(int partition) {
    return tableEnds.getOrDefault(partition, -1L);
  }

  private void readTableEnds() {
    tableEnds.clear();
    tableEnds.putAll(table.ends());
  }

  /** Tells the log; a file that will never be in the table goes. */
  private void settle(OffloadState state) {
    onChange.accept(state.partition());
    switch (state) {
      case Committed committed -> {
        segments.committed(committed.partition(), committed.file().endOffset());
        counters.committed(committed.file());
        log.atDebug()
            .addKeyValue("partition", committed.partition().topicPartition())
            .addKeyValue("from", committed.file().baseOffset())
            .addKeyValue("to", committed.file().endOffset())
            .log("offloaded");
      }
      case Overtaken overtaken -> {
        log.atWarn()
            .addKeyValue("partition", overtaken.partition().topicPartition())
            .addKeyValue("from", overtaken.file().baseOffset())
            .addKeyValue("tableEnd", overtaken.tableEnd())
            .log("another writer has moved the table on");
        segments.committed(overtaken.partition(), overtaken.tableEnd());
        remove(overtaken.file());
      }
      default -> throw new IllegalStateException("not the end of the way: " + state);
    }
  }

  /** It may have been in the table, and merged since: then readers may still be at it. */
  private void remove(ColdFile file) {
    try {
      Set<String> _ = table.purge(List.of(file.name()));
    } catch (StoreException e) {
      log.atDebug()
          .addKeyValue("file", file.name())
          .addKeyValue("reason", e.getMessage())
          .log("a file that is of no use stays until the bucket is cleaned");
    }
  }

  /** Ends a pass soon, with what is written so far thrown away. */
  void stop() {
    isStopped = true;
  }

  /** Asks the table where it ends for partitions taken over, and tells the log. */
  void takeOver(Collection<TopicIdPartition> partitions) {
    readTableEnds();
    Map<Integer, Long> starts = table.starts();
    for (TopicIdPartition partition : partitions) {
      int index = partition.partition();
      if (tableEnds.containsKey(index)) {
        segments.found(partition, starts.getOrDefault(index, 0L), tableEnd(index));
      } else {
        segments.offsets(partition).ifPresent(offsets -> foundNothing(partition, offsets));
      }
    }
  }

  /**
   * The table has nothing of a partition: whatever is left of it here goes there, from the start.
   */
  private void foundNothing(TopicIdPartition partition, LogOffsets offsets) {
    if (offsets.logStart() < offsets.localStart()) {
      log.atError()
          .addKeyValue("partition", partition.topicPartition())
          .addKeyValue("from", offsets.logStart())
          .addKeyValue("to", offsets.localStart())
          .log("the table lacks records that left this disk: is it the right bucket?");
    }
    segments.found(partition, offsets.localStart(), offsets.localStart());
  }
}
