package oxbow.server.cold;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import oxbow.cold.ColdTier;
import oxbow.cold.file.RawCounts.Reason;
import oxbow.cold.offload.Offloader.Status;

/** What the cold tier does and how far behind it is. */
final class ColdMeters {
  private final MeterRegistry meters;

  private ColdMeters(MeterRegistry meters) {
    this.meters = meters;
  }

  static void register(ColdTier tier, MeterRegistry meters) {
    var to = new ColdMeters(meters);
    var offload = tier.offloadCounters();
    to.count("offload.read.bytes", "Bytes of log read to be offloaded", offload.readBytes);
    to.count("offload.files", "Cold files uploaded", offload.uploadedFiles);
    to.count("offload.bytes", "Bytes of cold files uploaded", offload.uploadedBytes);
    to.count("offload.records", "Records committed to tables", offload.committedRecords);
    to.count("offload.commits", "Commits of new files to tables", offload.commits);
    to.count(
        "offload.unresolved",
        "Commits without a clear answer, after which the table was asked",
        offload.unresolved);
    to.count(
        "offload.failures", "Passes of offload that failed and are tried again", offload.failures);
    for (Reason reason : Reason.values()) {
      LongAdder records = offload.raw(reason);
      FunctionCounter.builder("oxbow.cold.raw.records", records, LongAdder::sum)
          .description("Records kept as they came, without columns of their own")
          .tag("reason", reason.name().toLowerCase(Locale.ROOT))
          .register(meters);
    }
    to.gauge(
        "backlog.bytes",
        "Bytes of log that the tables don't have yet",
        tier,
        Status::backlogBytes,
        true);
    to.gauge(
        "lag.ms.max",
        "Longest time that a record has waited for its table",
        tier,
        Status::ageMs,
        false);
    to.gauge(
        "partitions.in.trouble",
        "Partitions whose last offload failed",
        tier,
        status -> status.trouble() == null ? 0 : 1,
        true);
    Gauge.builder("oxbow.cold.store.away.seconds", tier, asked -> asked.storeAway().toSeconds())
        .description("How long the object store has not taken records; 0: it does")
        .register(meters);
    var reads = tier.readCounters();
    to.count("reads", "Reads of cold records", reads.reads);
    to.count("reads.bytes", "Bytes of batches served from the cold tier", reads.servedBytes);
    to.count("reads.failures", "Reads of cold records that failed", reads.failures);
    to.count("reads.refusals", "Reads of cold records refused for their number", reads.refusals);
    to.count("reads.fetches", "Ranges of cold files fetched from the store", reads.fetches);
    to.count(
        "reads.fetched.bytes", "Bytes of cold files fetched from the store", reads.fetchedBytes);
    var upkeep = tier.upkeepCounters();
    to.count("upkeep.expired.files", "Cold files past retention", upkeep.expiredFiles);
    to.count("upkeep.merged.files", "Cold files merged into larger ones", upkeep.mergedFiles);
    to.count("upkeep.compacted.files", "Cold files compacted", upkeep.compactedFiles);
    to.count(
        "upkeep.compacted.records",
        "Records that compaction took out of cold files",
        upkeep.compactedRecords);
    to.count(
        "upkeep.uncompacted.batches",
        "Batches that compaction left alone, because their records can't be read",
        upkeep.uncompactedBatches);
    to.count(
        "upkeep.cleaned.objects", "Objects deleted that no table knows", upkeep.cleanedObjects);
    to.count("upkeep.failures", "Upkeep that failed and is tried again", upkeep.failures);
  }

  private void count(String name, String what, LongAdder counter) {
    FunctionCounter.builder("oxbow.cold." + name, counter, LongAdder::sum)
        .description(what)
        .register(meters);
  }

  private interface Figure {
    long of(Status status);
  }

  private void gauge(String name, String what, ColdTier tier, Figure figure, boolean isSum) {
    Gauge.builder("oxbow.cold." + name, tier, asked -> total(asked, figure, isSum))
        .description(what)
        .register(meters);
  }

  private static double total(ColdTier tier, Figure figure, boolean isSum) {
    var figures = tier.status().stream().mapToLong(figure::of);
    return isSum ? figures.sum() : figures.max().orElse(0);
  }
}
