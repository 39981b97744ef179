package oxbow.broker.replica;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;
import oxbow.log.LogStats;
import oxbow.log.Logs;
import oxbow.log.batch.BatchCounters;
import oxbow.log.clean.CleanCounters;

/** What the logs of this broker count of themselves, asked when somebody scrapes. */
public final class LogMeters {
  private final Logs logs;
  private final MeterRegistry registry;

  private LogMeters(Logs logs, MeterRegistry registry) {
    this.logs = logs;
    this.registry = registry;
  }

  public static void register(Logs logs, MeterRegistry registry) {
    var meters = new LogMeters(logs, registry);
    meters.appends();
    meters.refusals(logs.batchCounters());
    meters.recovery();
    meters.compaction(logs.cleanCounters());
    meters.disk();
  }

  private void appends() {
    count("appends", "Appends, each of a batch or several", LogStats::appends);
    bytes("appended", "Bytes of batches appended", LogStats::appendedBytes);
    count("duplicates", "Appends that were a repetition of an earlier one", LogStats::duplicates);
    count("refused.for.space", "Appends refused for a full disk", LogStats::refusedForSpace);
    count("rolls", "Segments sealed", LogStats::rolls);
    count("deleted.segments", "Segments that retention removed", LogStats::deletedSegments);
    bytes("deleted", "Bytes that retention removed", LogStats::deletedBytes);
    count(
        "broken.invariants",
        "Bugs that showed themselves and took a partition offline",
        LogStats::brokenInvariants);
    FunctionTimer.builder(
            "oxbow.log.fsyncs",
            logs,
            all -> all.stats().flushes(),
            all -> all.stats().flushNanos(),
            TimeUnit.NANOSECONDS)
        .description("Fsyncs of segments")
        .register(registry);
  }

  private void refusals(BatchCounters counters) {
    refused("corrupt", counters.corrupt);
    refused("invalid", counters.invalid);
    refused("too_large", counters.tooLarge);
    refused("bomb", counters.bombs);
    refused("bad_record", counters.badRecords);
    count(
        "rewritten",
        "Batches stored in another codec than they came with",
        "batches",
        counters.rewritten);
  }

  private void refused(String reason, LongAdder counter) {
    FunctionCounter.builder("oxbow.log.batches.refused", counter, LongAdder::sum)
        .tag("reason", reason)
        .description("Batches refused, from clients and from other brokers")
        .register(registry);
  }

  private void recovery() {
    count(
        "recovered.partitions",
        "Logs that were verified at the start",
        LogStats::recoveredPartitions);
    bytes("recovery.read", "Bytes read to verify logs", LogStats::verifiedBytes);
    bytes("recovery.truncated", "Bytes cut off for being no whole batch", LogStats::truncatedBytes);
    count(
        "recovery.rebuilt.indexes",
        "Segments whose indexes were rebuilt",
        LogStats::rebuiltIndexes);
  }

  private void compaction(CleanCounters counters) {
    count("compaction.rounds", "Rounds of compaction over a log", "rounds", counters.rounds);
    count("compaction.read", "Bytes read by compaction", "bytes", counters.readBytes);
    count(
        "compaction.written",
        "Bytes that compaction wrote to new segments",
        "bytes",
        counters.writtenBytes);
    count(
        "compaction.dropped",
        "Records that compaction left out",
        "records",
        counters.droppedRecords);
    count(
        "compaction.oversized",
        "Batches too large to be opened, and kept as they are",
        "batches",
        counters.oversizedBatches);
    count(
        "compaction.abandoned",
        "Rounds of compaction ended early by a full disk or a changed log",
        "rounds",
        counters.abandonedRounds);
    count(
        "compaction.uncleanable",
        "Logs that compaction leaves alone since a damaged batch was found in them",
        "partitions",
        counters.uncleanablePartitions);
  }

  private void disk() {
    Gauge.builder("oxbow.log.disk.usable", logs, Logs::usableBytes)
        .baseUnit("bytes")
        .description("Free bytes of the disk that logs lie on")
        .register(registry);
    Gauge.builder("oxbow.log.disk.total", logs, Logs::totalBytes)
        .baseUnit("bytes")
        .description("Size of the disk that logs lie on")
        .register(registry);
  }

  private void count(String name, String what, ToLongFunction<LogStats> value) {
    counter(name, what, value).register(registry);
  }

  private void bytes(String name, String what, ToLongFunction<LogStats> value) {
    counter(name, what, value).baseUnit("bytes").register(registry);
  }

  private FunctionCounter.Builder<Logs> counter(
      String name, String what, ToLongFunction<LogStats> value) {
    return FunctionCounter.builder("oxbow.log." + name, logs, all -> value.applyAsLong(all.stats()))
        .description(what);
  }

  private void count(String name, String what, String unit, LongAdder counter) {
    FunctionCounter.builder("oxbow.log." + name, counter, LongAdder::sum)
        .baseUnit(unit)
        .description(what)
        .register(registry);
  }
}
