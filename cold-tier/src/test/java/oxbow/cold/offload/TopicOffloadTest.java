package oxbow.cold.offload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.apache.kafka.common.TopicIdPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFileWriter;
import oxbow.cold.file.RawCounts.Reason;
import oxbow.cold.store.Request;
import oxbow.cold.store.StoreException;
import oxbow.cold.table.ColdTable;
import oxbow.cold.testing.ColdFiles;
import oxbow.cold.testing.MemoryObjectStore;
import oxbow.cold.testing.StoreFault;

class TopicOffloadTest {
  private static final String ORDER =
      """
      {"type": "record", "name": "Order", "fields": [{"name": "n", "type": "int"}]}\
      """;

  @TempDir Path directory;

  private OneTopic topic;
  private MemoryObjectStore bucket;
  private ColdTable table;
  private final OffloadCounters counters = new OffloadCounters();

  @BeforeEach
  void open() {
    topic = new OneTopic(directory);
    bucket = new MemoryObjectStore(topic.clock);
    table = topic.table(bucket);
  }

  @AfterEach
  void close() {
    topic.close();
  }

  private TopicOffload offload() {
    return offload(topic.writers(table));
  }

  private TopicOffload offload(Writers writers) {
    TopicOffload offload = topic.offload(table, bucket, writers, counters);
    offload.takeOver(List.of(ColdFiles.ORDERS_0, ColdFiles.ORDERS_1));
    return offload;
  }

  @Test
  void aPassTakesAllPartitionsInOneCommit() throws IOException {
    topic.append(topic.log0, 10);
    topic.append(topic.log1, 5);

    List<OffloadState> done = offload().pass(topic.waiting());

    assertThat(done).hasSize(2).allMatch(state -> state instanceof OffloadState.Committed);
    assertThat(counters.commits.sum()).isEqualTo(1);
    assertThat(OneTopic.ranges(table.files(0))).containsExactly("0-10");
    assertThat(OneTopic.ranges(table.files(1))).containsExactly("0-5");
    assertThat(topic.log0.offsets().coldEnd()).isEqualTo(10);
  }

  @Test
  void aCommitWhoseReplyWasLostIsFoundAndNotSentAgain() throws IOException {
    TopicOffload offload = offload();
    topic.append(topic.log0, 10);
    bucket.failNext(Request.PUT, name -> name.startsWith("catalog/"), StoreFault.LOST_REPLY);

    offload.pass(topic.waiting());

    assertThat(OneTopic.ranges(table.files(0))).containsExactly("0-10");
    assertThat(OneTopic.dataObjects(bucket)).isEqualTo(1);
    assertThat(topic.log0.offsets().coldEnd()).isEqualTo(10);
  }

  @Test
  void whoWasOvertakenThrowsItsFileAwayAndGoesOnBehindTheOther() throws IOException {
    TopicOffload stale = offload();
    topic.append(topic.log0, 10);
    anotherLeaderCommits(10);

    List<OffloadState> done = stale.pass(topic.waiting());
    topic.append(topic.log0, 3);
    List<OffloadState> after = stale.pass(topic.waiting());

    assertThat(done).singleElement().isInstanceOf(OffloadState.Overtaken.class);
    assertThat(after).singleElement().isInstanceOf(OffloadState.Committed.class);
    assertThat(OneTopic.ranges(table.files(0))).containsExactly("0-10", "10-13");
    assertThat(OneTopic.dataObjects(bucket)).isEqualTo(2);
  }

  @Test
  void whatAFailedPassLearnedOfTheTableReachesTheLogWithTheNext() throws IOException {
    TopicOffload stale = offload();
    topic.append(topic.log0, 13);
    anotherLeaderCommits(10);
    stale.takeOver(List.of()); // knows where the table ends, and has told nobody

    List<OffloadState> done = stale.pass(topic.waiting());

    assertThat(done).singleElement().isInstanceOf(OffloadState.Committed.class);
    assertThat(OneTopic.ranges(table.files(0))).containsExactly("0-10", "10-13");
  }

  /** With a replica of the log of its own. */
  private void anotherLeaderCommits(int records) throws IOException {
    try (var other = new OneTopic(directory.resolve("other"))) {
      other.append(other.log0, records);
      TopicOffload offload = other.offload(table, bucket, other.writers(table), counters);
      offload.takeOver(List.of(ColdFiles.ORDERS_0));
      List<OffloadState> _ = offload.pass(other.waiting());
    }
  }

  @Test
  void aPartitionThatCanNotBeWrittenKeepsNoOtherBack() {
    topic.append(topic.log0, 10);
    topic.append(topic.log1, 5);
    TopicOffload offload = offload(new Refusing(topic.writers(table), ColdFiles.ORDERS_0));

    assertThatThrownBy(() -> offload.pass(topic.waiting())).hasMessage("the disk is broken");

    assertThat(table.files(0)).isEmpty();
    assertThat(OneTopic.ranges(table.files(1))).containsExactly("0-5");
    assertThat(topic.log1.offsets().coldEnd()).isEqualTo(5);
  }

  @Test
  void nothingLeavesTheLogWhileTheStoreIsAway() throws IOException {
    TopicOffload offload = offload();
    topic.append(topic.log0, 10);
    bucket.goAway();

    assertThatThrownBy(() -> offload.pass(topic.waiting())).isInstanceOf(StoreException.class);
    assertThat(topic.log0.offsets().coldEnd()).isZero();
    bucket.heal();
    List<OffloadState> _ = offload.pass(topic.waiting());

    assertThat(OneTopic.ranges(table.files(0))).containsExactly("0-10");
  }

  @Test
  void aFileEndsWhereRecordsWereDeletedAndTheNextBeginsBehindThem() throws IOException {
    TopicOffload offload = offload();
    topic.append(topic.log0, 10);
    List<OffloadState> _ = offload.pass(topic.waiting());
    topic.append(topic.log0, 20);
    topic.log0.deleteBefore(25);

    List<OffloadState> _ = offload.pass(topic.waiting());

    assertThat(OneTopic.ranges(table.files(0))).containsExactly("0-10", "25-30");
  }

  @Test
  void aSchemaThatIsMetOnTheWayGetsItsColumnsBeforeTheFileIsUploaded() throws IOException {
    topic.schemas.register("elsewhere", 7, ORDER);
    topic.append(topic.log0, framed(7, 84), framed(7, 2));

    List<OffloadState> _ = offload().pass(topic.waiting());

    assertThat(table.layout().columns()).extracting(column -> column.name()).containsExactly("n");
    assertThat(OneTopic.dataObjects(bucket)).isEqualTo(1);
    for (Reason reason : Reason.values()) assertThat(counters.raw(reason).sum()).isZero();
  }

  @Test
  void aTableThatLostEverythingGetsWhatTheDiskStillHas() throws IOException {
    topic.append(topic.log0, 10);
    List<OffloadState> _ = offload().pass(topic.waiting());
    bucket = new MemoryObjectStore(topic.clock);
    table = topic.table(bucket);

    List<OffloadState> _ = offload().pass(topic.waiting());

    assertThat(OneTopic.ranges(table.files(0))).containsExactly("0-10");
  }

  @Test
  void whatComesInDuringAPassDoesNotKeepItFromItsEnd() throws IOException {
    // Given
    topic.append(topic.log0, 10);
    var busy =
        new Through(topic.writers(table)) {
          @Override
          public long fileBytes() {
            if (topic.log0.offsets().logEnd() < 1000) topic.append(topic.log0, 1);
            return super.fileBytes();
          }
        };
    // When
    List<OffloadState> done = offload(busy).pass(topic.waiting());
    // Then
    assertThat(done).singleElement().isInstanceOf(OffloadState.Committed.class);
    assertThat(topic.log0.offsets().coldEnd()).isBetween(10L, 20L);
  }

  @Test
  void aPassThatIsStoppedLeavesNothingBehind() {
    topic.append(topic.log0, 10);
    TopicOffload offload = offload();
    offload.stop();

    assertThatThrownBy(() -> offload.pass(topic.waiting()))
        .isInstanceOf(CancellationException.class);

    assertThat(directory.toFile().list((_, name) -> name.endsWith(".tmp"))).isEmpty();
    assertThat(topic.log0.offsets().coldEnd()).isZero();
  }

  private static byte[] framed(int schemaId, int body) {
    return ByteBuffer.allocate(6).put((byte) 0).putInt(schemaId).put((byte) body).array();
  }

  /** Has no place for one partition's files. */
  private static final class Refusing extends Through {
    private final TopicIdPartition refused;

    Refusing(Writers writers, TopicIdPartition refused) {
      super(writers);
      this.refused = refused;
    }

    @Override
    public ColdFileWriter open(TopicIdPartition partition) throws IOException {
      if (partition.equals(refused)) throw new IOException("the disk is broken");
      return super.open(partition);
    }
  }

  /** Lets something happen at each step of the way. */
  private static class Through implements Writers {
    private final Writers writers;

    Through(Writers writers) {
      this.writers = writers;
    }

    @Override
    public ColdFileWriter open(TopicIdPartition partition) throws IOException {
      return writers.open(partition);
    }

    @Override
    public boolean hasLearned() {
      return writers.hasLearned();
    }

    @Override
    public String attempt(TopicIdPartition partition) {
      return writers.attempt(partition);
    }

    @Override
    public long fileBytes() {
      return writers.fileBytes();
    }

    @Override
    public void verify(ColdFile file, Path path) throws IOException {
      writers.verify(file, path);
    }
  }
}
