package oxbow.cold.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.cold.testing.ColdFiles.ORDERS_0;
import static oxbow.cold.testing.ColdFiles.ORDERS_1;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import oxbow.log.testing.BatchBuilder;

class ChunksTest {
  private static final int BATCH_BYTES = batch(0, 1).remaining();

  private static ByteBuffer batch(long baseOffset, int records) {
    BatchBuilder batch = BatchBuilder.at(1_000);
    batch.baseOffset = baseOffset;
    for (int i = 0; i < records; i++) batch.add(1_000, "key", "value");
    return batch.build();
  }

  private static Chunk chunk(long askedOffset, ByteBuffer... batches) {
    int bytes = 0;
    for (ByteBuffer one : batches) bytes += one.remaining();
    ByteBuffer all = ByteBuffer.allocate(bytes);
    for (ByteBuffer one : batches) all.put(one);
    return Chunk.copyOf(askedOffset, all.flip(), new ChunkMemory(0), false);
  }

  @Test
  void aChunkHoldsFromWhereItWasAskedToItsLastRecord() {
    Chunk chunk = chunk(5, batch(7, 2), batch(9, 1));

    assertThat(chunk.holds(4)).isFalse();
    assertThat(chunk.holds(5)).isTrue();
    assertThat(chunk.holds(9)).isTrue();
    assertThat(chunk.holds(10)).isFalse();
  }

  @Test
  void itGivesWholeBatchesUpToTheBoundAndAtLeastOne() {
    Chunk chunk = chunk(0, batch(0, 1), batch(1, 1), batch(2, 1));

    assertThat(chunk.from(1, 1).batches().remaining()).isEqualTo(BATCH_BYTES);
    assertThat(chunk.from(0, 2 * BATCH_BYTES).batches().remaining()).isEqualTo(2 * BATCH_BYTES);
    assertThat(chunk.from(2, 1 << 20).batches().remaining()).isEqualTo(BATCH_BYTES);
  }

  @Test
  void whatIsKeptStaysWithinItsBoundAndPartitionsApart() {
    var chunks = new Chunks(10L * BATCH_BYTES, () -> {});
    for (int i = 0; i < 100; i++) chunks.keep(ORDERS_0, chunk(i, batch(i, 1)), 0);

    long kept = 0;
    for (int i = 0; i < 100; i++) if (chunks.holding(ORDERS_0, i).isPresent()) kept++;
    assertThat(kept).isBetween(1L, 10L);
    assertThat(chunks.holding(ORDERS_1, 99)).isEmpty();
  }

  @Test
  void whatIsForgottenIsGone() {
    var chunks = new Chunks(1 << 20, () -> {});
    chunks.keep(ORDERS_0, chunk(0, batch(0, 3)), chunks.generation());
    assertThat(chunks.holding(ORDERS_0, 2)).isPresent();

    chunks.forget(ORDERS_0);

    assertThat(chunks.holding(ORDERS_0, 2)).isEmpty();
  }

  @Test
  void whatWasReadBeforeSomethingWasForgottenIsNotKept() {
    var chunks = new Chunks(1 << 20, () -> {});
    long generation = chunks.generation();
    chunks.forget(ORDERS_0);

    chunks.keep(ORDERS_0, chunk(0, batch(0, 3)), generation);

    assertThat(chunks.holding(ORDERS_0, 0)).isEmpty();
  }

  @Test
  void aViewSaysWhetherItReachesTheChunksEnd() {
    Chunk chunk = chunk(0, batch(0, 1), batch(1, 1));

    assertThat(chunk.from(0, 1).isToEnd()).isFalse();
    assertThat(chunk.from(1, 1).isToEnd()).isTrue();
    assertThat(chunk.from(0, 1 << 20).isToEnd()).isTrue();
  }

  @Test
  void whatWasReadToItsEndGoesBeforeWhatWaitsForItsReader() {
    var chunks = new Chunks(2L * BATCH_BYTES, () -> {});
    Chunk waiting = chunk(0, batch(0, 1));
    Chunk read = chunk(1, batch(1, 1));
    chunks.keep(ORDERS_0, waiting, 0);
    chunks.keep(ORDERS_0, read, 0);

    chunks.wasRead(ORDERS_0, read);
    chunks.keep(ORDERS_0, chunk(2, batch(2, 1)), 0);

    assertThat(chunks.isHere(ORDERS_0, 0)).isTrue();
    assertThat(chunks.isHere(ORDERS_0, 1)).isFalse();
    assertThat(chunks.isHere(ORDERS_0, 2)).isTrue();
  }

  @Test
  void whatIsBeingSentKeepsItsMemoryUntilItIsReleased() {
    var memory = new ChunkMemory(1 << 20);
    var chunks = new Chunks(BATCH_BYTES, () -> {});
    Chunk sent = Chunk.copyOf(0, batch(0, 1), memory, false);
    chunks.keep(ORDERS_0, sent, 0);
    ByteBuffer view = sent.from(0, 1).batches();

    chunks.keep(ORDERS_0, chunk(1, batch(1, 1)), 0);

    assertThat(chunks.isHere(ORDERS_0, 0)).isFalse();
    assertThat(memory.idleBytes()).isZero();
    assertThat(view).isEqualTo(batch(0, 1));
    sent.release();
    assertThat(memory.idleBytes()).isPositive();
    assertThat(sent.retain()).isFalse();
  }

  @Test
  void whatNobodyAsksForIsDroppedAfterAWhileAndItsMemoryGivenBack() {
    var memory = new ChunkMemory(1 << 20);
    var chunks = new Chunks(1 << 20, memory::shrink);
    Chunk chunk = Chunk.copyOf(0, batch(0, 1), memory, false);
    chunks.keep(ORDERS_0, chunk, 0);
    chunk.release();

    chunks.sweep();
    assertThat(chunks.isHere(ORDERS_0, 0)).isTrue();
    chunks.sweep();

    assertThat(chunks.isHere(ORDERS_0, 0)).isFalse();
    assertThat(memory.idleBytes()).isZero();
  }
}
