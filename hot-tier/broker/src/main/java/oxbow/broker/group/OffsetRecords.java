package oxbow.broker.group;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordHelpers;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.OffsetAndMetadata;

/** Groups' offsets as the records that a coordinator finds them in. */
public final class OffsetRecords {
  private static final int RECORDS_PER_BATCH = 500;

  private OffsetRecords() {}

  /**
   * The log of each offsets partition that holds some of these, from offset zero on.
   *
   * @param partitions of the offsets topic
   * @param nowMs when they are taken to have been committed: they expire some time after
   */
  public static Map<Integer, List<ByteBuffer>> logs(
      List<CommittedOffset> offsets, int partitions, long nowMs) {
    Map<Integer, List<SimpleRecord>> records = new HashMap<>();
    var serde = new GroupCoordinatorRecordSerde();
    for (CommittedOffset one : offsets) {
      CoordinatorRecord record =
          GroupCoordinatorRecordHelpers.newOffsetCommitRecord(
              one.group(),
              one.topic(),
              one.partition(),
              new OffsetAndMetadata(
                  one.offset(),
                  one.leaderEpoch() < 0 ? OptionalInt.empty() : OptionalInt.of(one.leaderEpoch()),
                  one.metadata(),
                  nowMs,
                  OptionalLong.empty(),
                  Uuid.ZERO_UUID));
      records
          .computeIfAbsent(Utils.abs(one.group().hashCode()) % partitions, _ -> new ArrayList<>())
          .add(new SimpleRecord(nowMs, serde.serializeKey(record), serde.serializeValue(record)));
    }
    Map<Integer, List<ByteBuffer>> logs = new HashMap<>();
    records.forEach((partition, all) -> logs.put(partition, batches(all)));
    return logs;
  }

  private static List<ByteBuffer> batches(List<SimpleRecord> records) {
    List<ByteBuffer> batches = new ArrayList<>();
    for (int from = 0; from < records.size(); from += RECORDS_PER_BATCH) {
      List<SimpleRecord> some =
          records.subList(from, Math.min(records.size(), from + RECORDS_PER_BATCH));
      batches.add(
          MemoryRecords.withRecords(from, Compression.NONE, 0, some.toArray(SimpleRecord[]::new))
              .buffer());
    }
    return batches;
  }
}
