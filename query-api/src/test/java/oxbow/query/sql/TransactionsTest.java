package oxbow.query.sql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.log.PartitionLog;
import oxbow.log.testing.BatchBuilder;
import oxbow.query.Topics.Topic;
import oxbow.query.testing.TestLake;

/** What was aborted is no row, and what is not decided yet is none yet, in either tier. */
class TransactionsTest {
  private static final long TIME = 1_700_000_000_000L;
  private static final String VALUES = "SELECT value::VARCHAR FROM orders ORDER BY kafka_offset";

  @TempDir Path directory;
  private TestLake lake;
  private Topic orders;
  private final int[] sequences = new int[3];

  @BeforeEach
  void open() {
    lake = new TestLake(directory);
    orders = lake.topic("orders", 1, TestLake.COLD);
  }

  @AfterEach
  void close() {
    lake.close();
  }

  @Test
  void abortedRecordsAreNoRowsInEitherTier() {
    begin(1, "paid 1");
    begin(2, "taken back 1");
    end(1, ControlRecordType.COMMIT);
    begin(2, "taken back 2");
    end(2, ControlRecordType.ABORT);
    begin(2, "paid 2");
    end(2, ControlRecordType.COMMIT);
    List<List<String>> paid = List.of(List.of("paid 1"), List.of("paid 2"));

    assertThat(lake.rows(VALUES)).isEqualTo(paid);
    assertThat(lake.rows("SELECT count(*) FROM orders")).containsExactly(List.of("2"));
    lake.offload(orders);
    assertThat(lake.rows(VALUES)).isEqualTo(paid);
    begin(1, "taken back 3");
    end(1, ControlRecordType.ABORT);
    assertThat(lake.rows("SELECT count(*) FROM orders")).containsExactly(List.of("2"));
  }

  @Test
  void whatFollowsAnOpenTransactionIsSeenOnceItEnds() {
    begin(1, "paid");
    end(1, ControlRecordType.COMMIT);
    begin(1, "perhaps");
    begin(2, "behind it");
    end(2, ControlRecordType.COMMIT);

    assertThat(lake.rows(VALUES)).containsExactly(List.of("paid"));
    end(1, ControlRecordType.ABORT);
    assertThat(lake.rows(VALUES)).containsExactly(List.of("paid"), List.of("behind it"));
  }

  private void begin(int producer, String value) {
    BatchBuilder batch =
        BatchBuilder.at(TIME).producer(producer, 0, sequences[producer]++).transactional();
    batch.add(TIME, null, value.getBytes(UTF_8));
    lake.append(orders.partition(0), batch.build());
  }

  private void end(int producer, ControlRecordType type) {
    ByteBuffer marker =
        MemoryRecords.withEndTransactionMarker(
                0,
                TIME,
                RecordBatch.NO_PARTITION_LEADER_EPOCH,
                producer,
                (short) 0,
                new EndTransactionMarker(type, 0))
            .buffer();
    PartitionLog log = lake.log(orders.partition(0));
    log.append(marker, 0, AppendOrigin.COORDINATOR);
    log.advanceHighWatermark(log.offsets().logEnd());
  }
}
