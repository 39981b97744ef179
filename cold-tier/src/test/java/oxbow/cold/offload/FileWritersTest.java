package oxbow.cold.offload;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FileWritersTest {
  private static final long MIB = 1 << 20;

  @Test
  void aDiskWithLittleRoomGetsFilesThatFit() {
    assertThat(FileWriters.fileBytes(128 * MIB, 1_000 * MIB)).isEqualTo(128 * MIB);
    assertThat(FileWriters.fileBytes(128 * MIB, 60 * MIB)).isEqualTo(30 * MIB);
    assertThat(FileWriters.fileBytes(128 * MIB, MIB)).isEqualTo(MIB);
  }
}
