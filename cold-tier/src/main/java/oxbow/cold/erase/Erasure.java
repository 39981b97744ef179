package oxbow.cold.erase;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import oxbow.cold.erase.EraseReport.FoundRecords;
import oxbow.cold.erase.EraseReport.Proof;
import oxbow.cold.erase.EraseReport.Replaced;
import oxbow.cold.erase.EraseReport.State;
import oxbow.log.SealedSegments.Erased;

/** One order to erase keys, and what became of it. Thread-safe. */
public final class Erasure {
  private final String id;
  private final String topic;
  private final ErasedKeys keys;
  private final Instant begun;
  private final TreeMap<Integer, OfPartition> partitions = new TreeMap<>();
  private final List<String> references = new ArrayList<>();
  private final Set<String> deleted = new TreeSet<>();
  private final List<String> problems = new ArrayList<>();
  private State state = State.RUNNING;
  private long logRecords;
  private long coldRecords;
  private long pastRecords;
  private int snapshots;
  private @Nullable Proof proof;
  private @Nullable Instant ended;

  private static final class OfPartition {
    long endOffset;
    int logSegments;
    int logSegmentsRewritten;
    long logRecords;
    int coldFiles;
    final List<Replaced> replaced = new ArrayList<>();
  }

  public Erasure(String id, String topic, ErasedKeys keys, Instant begun) {
    this.id = id;
    this.topic = topic;
    this.keys = keys;
    this.begun = begun;
  }

  ErasedKeys keys() {
    return keys;
  }

  public synchronized EraseReport report() {
    return new EraseReport(
        id,
        topic,
        state,
        keys.digests(),
        keys.readBy(),
        begun,
        ended,
        new FoundRecords(logRecords, coldRecords, pastRecords),
        partitions.entrySet().stream().map(one -> of(one.getKey(), one.getValue())).toList(),
        snapshots,
        references,
        List.copyOf(deleted),
        proof,
        problems);
  }

  private static EraseReport.Partition of(int partition, OfPartition facts) {
    return new EraseReport.Partition(
        partition,
        facts.endOffset,
        facts.logSegments,
        facts.logSegmentsRewritten,
        facts.logRecords,
        facts.coldFiles,
        facts.replaced);
  }

  private OfPartition of(int partition) {
    return partitions.computeIfAbsent(partition, _ -> new OfPartition());
  }

  synchronized void fromLog(int partition, Erased erased) {
    OfPartition facts = of(partition);
    facts.endOffset = erased.endOffset();
    facts.logSegments = erased.segments();
    facts.logSegmentsRewritten = erased.rewrittenSegments();
    facts.logRecords = erased.records();
    logRecords += erased.records();
  }

  /** Where a partition's log ended when erasing began. */
  synchronized long endOffset(int partition) {
    return of(partition).endOffset;
  }

  synchronized void readCold(int partition) {
    of(partition).coldFiles++;
  }

  synchronized void replaced(int partition, Replaced one) {
    of(partition).replaced.add(one);
    coldRecords += one.records();
  }

  synchronized void foundInPast(long records) {
    pastRecords += records;
  }

  synchronized boolean hasFoundAny() {
    return logRecords + coldRecords + pastRecords > 0;
  }

  synchronized void forgot(int count, List<String> names, Set<String> objects) {
    snapshots += count;
    references.addAll(names);
    deleted.addAll(objects);
  }

  synchronized void problem(String what) {
    problems.add(what);
  }

  /** Everything was done; what reading back found decides whether it was enough. */
  synchronized void proved(Proof found, Instant now) {
    proof = found;
    if (!found.isGood()) problems.add("reading everything back found something left");
    for (String unknown : keys.unknownSchemas()) {
      problems.add(
          "some keys are marked with the schema "
              + unknown
              + ", which is not registered: whether they are meant can't be told");
    }
    end(problems.isEmpty() ? State.DONE : State.INCOMPLETE, now);
  }

  synchronized void end(State last, Instant now) {
    state = last;
    ended = now;
  }
}
