package oxbow.cold.shred;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SpareArraysTest {
  /** Nobody else asks for so much. */
  private static final int LENGTH = (1 << 25) - 1000;

  @Test
  void whatWasGivenBackIsGivenAgainAndToOneOnly() {
    byte[] first = SpareArrays.bytes(LENGTH);
    SpareArrays.giveBack(first);

    byte[] second = SpareArrays.bytes(LENGTH - 1);
    byte[] third = SpareArrays.bytes(LENGTH);

    assertThat(second).isSameAs(first).hasSizeGreaterThanOrEqualTo(LENGTH);
    assertThat(third).isNotSameAs(first);
  }

  @Test
  void aLongerOneBeginsWithWhatTheOtherHeld() {
    long[] before = SpareArrays.longs(10_000);
    for (int i = 0; i < 10_000; i++) before[i] = i * 3L;
    int[] few = {1, 2, 3};

    long[] longer = SpareArrays.grown(before, 10_000, 20_000);
    int[] more = SpareArrays.grown(few, 2, 9_000);

    assertThat(longer).hasSizeGreaterThanOrEqualTo(20_000).isNotSameAs(before);
    for (int i = 0; i < 10_000; i++) assertThat(longer[i]).isEqualTo(i * 3L);
    assertThat(more).hasSizeGreaterThanOrEqualTo(9_000).startsWith(1, 2);
  }

  @Test
  void littleOnesAreExactAndNotKept() {
    byte[] little = SpareArrays.bytes(100);
    SpareArrays.giveBack(little);

    assertThat(little).hasSize(100);
    assertThat(SpareArrays.bytes(100)).isNotSameAs(little);
  }
}
