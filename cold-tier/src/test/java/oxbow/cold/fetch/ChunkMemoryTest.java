package oxbow.cold.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ChunkMemoryTest {
  private static final int MIB = 1 << 20;

  @Test
  void whatWasGivenBackIsLentAgainToWhoNeedsAboutAsMuch() {
    var memory = new ChunkMemory(4L * MIB);
    ByteBuffer first = memory.take(MIB);
    memory.giveBack(first);

    ByteBuffer small = memory.take(1000);
    ByteBuffer fitting = memory.take(MIB - 1000);

    assertThat(small).isNotSameAs(first);
    assertThat(fitting).isSameAs(first);
    assertThat(fitting.position()).isZero();
    assertThat(fitting.remaining()).isEqualTo(MIB - 1000);
  }

  @Test
  void whatIsKeptForLaterIsBounded() {
    var memory = new ChunkMemory(2L * MIB);
    ByteBuffer[] taken = new ByteBuffer[5];
    for (int i = 0; i < taken.length; i++) taken[i] = memory.take(MIB);
    for (ByteBuffer one : taken) memory.giveBack(one);

    assertThat(memory.idleBytes()).isEqualTo(2L * MIB);
    memory.shrink();
    assertThat(memory.idleBytes()).isZero();
  }
}
