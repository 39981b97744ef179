package oxbow.log;

import java.util.concurrent.atomic.LongAdder;

/** What happened in all logs since start. Any thread. */
final class LogCounters {
  final LongAdder appends = new LongAdder();
  final LongAdder appendedBytes = new LongAdder();
  final LongAdder duplicates = new LongAdder();
  final LongAdder refusedForSpace = new LongAdder();
  final LongAdder rolls = new LongAdder();
  final LongAdder flushes = new LongAdder();
  final LongAdder flushNanos = new LongAdder();
  final LongAdder recoveredPartitions = new LongAdder();
  final LongAdder verifiedBytes = new LongAdder();
  final LongAdder truncatedBytes = new LongAdder();
  final LongAdder rebuiltIndexes = new LongAdder();
  final LongAdder deletedSegments = new LongAdder();
  final LongAdder deletedBytes = new LongAdder();
  final LongAdder brokenInvariants = new LongAdder();

  LogStats stats(int partitions, int offlinePartitions) {
    return new LogStats(
        appends.sum(),
        appendedBytes.sum(),
        duplicates.sum(),
        refusedForSpace.sum(),
        rolls.sum(),
        flushes.sum(),
        flushNanos.sum(),
        recoveredPartitions.sum(),
        verifiedBytes.sum(),
        truncatedBytes.sum(),
        rebuiltIndexes.sum(),
        deletedSegments.sum(),
        deletedBytes.sum(),
        brokenInvariants.sum(),
        partitions,
        offlinePartitions);
  }
}
