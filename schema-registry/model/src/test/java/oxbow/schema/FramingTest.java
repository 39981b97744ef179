package oxbow.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FramingTest {
  private static final UUID GUID = UUID.fromString("89791762-2336-4186-9674-299b90a802e2");

  @Test
  void readsAnIdAndStopsAtTheData() {
    ByteBuffer bytes = bytes("00 00000102 aabb");

    assertThat(Framing.schemaId(bytes)).isEqualTo(0x102);
    assertThat(Framing.read(bytes)).contains(new Framing.Mark.Id(0x102));
    assertThat(bytes.remaining()).isEqualTo(2);
  }

  @Test
  void readsAGuidWhateverTheBuffersByteOrder() {
    ByteBuffer bytes = bytes("01 89791762233641869674299b90a802e2 aa");
    bytes.order(ByteOrder.LITTLE_ENDIAN);

    assertThat(Framing.schemaId(bytes)).isEqualTo(Framing.NO_ID);
    assertThat(Framing.read(bytes)).contains(new Framing.Mark.Guid(GUID));
    assertThat(bytes.remaining()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "00000001", "0000000001", "02 00000001", "01 8979176223364186"})
  void bytesWithoutAMarkStayAsTheyAre(String hex) {
    ByteBuffer bytes = bytes(hex);
    boolean isMarked = hex.equals("0000000001");

    assertThat(Framing.read(bytes).isPresent()).isEqualTo(isMarked);
    assertThat(bytes.position()).isEqualTo(isMarked ? 5 : 0);
  }

  @Test
  void aNegativeIdIsNone() {
    assertThat(Framing.read(bytes("00 ffffffff"))).isEmpty();
  }

  @Test
  void writesWhatItReads() {
    for (Framing.Mark mark :
        new Framing.Mark[] {new Framing.Mark.Id(7), new Framing.Mark.Guid(GUID)}) {
      assertThat(Framing.read(ByteBuffer.wrap(Framing.write(mark)))).contains(mark);
    }
    assertThat(Framing.write(new Framing.Mark.Id(258))).isEqualTo(bytes("0000000102").array());
  }

  @ParameterizedTest
  @CsvSource({"00, 0", "0200, 0", "0202, 1", "040204, 1 2", "06 00 8002 02, 0 128 1"})
  void readsTheMessagePathOfProtobuf(String hex, String path) {
    int[] expected = Arrays.stream(path.split(" ")).mapToInt(Integer::parseInt).toArray();

    assertThat(Framing.readMessagePath(bytes(hex))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "80", "01", "0201", "04 02", "ffffffffff01", "feffffff0f"})
  void refusesBrokenMessagePaths(String hex) {
    assertThatThrownBy(() -> Framing.readMessagePath(bytes(hex)))
        .isInstanceOf(UndecodableException.class);
  }

  @Test
  void messagePathsComeBack() {
    var random = new Random(42);
    assertThat(Framing.writeMessagePath(0)).containsExactly(0);
    for (int i = 0; i < 1_000; i++) {
      int[] path = random.ints(1 + random.nextInt(5), 0, 1 << random.nextInt(1, 31)).toArray();

      assertThat(Framing.readMessagePath(ByteBuffer.wrap(Framing.writeMessagePath(path))))
          .isEqualTo(path);
    }
  }

  private static ByteBuffer bytes(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
  }
}
