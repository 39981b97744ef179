package oxbow.broker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import oxbow.broker.testing.RandomMessages;

final class WireCodecTest {
  private static final long SEED = 20_261_120;
  private static final int ROUNDS = 20;

  @ParameterizedTest
  @EnumSource
  void everyVersionIsWrittenAndReadAsKafkaDoesIt(ApiKeys api) {
    var messages = new RandomMessages(SEED + api.id);
    for (short version : api.allVersions()) {
      for (int round = 0; round < ROUNDS; round++) {
        check(messages.request(api, version), api.messageType.newRequest(), version);
        check(messages.response(api, version), api.messageType.newResponse(), version);
      }
    }
  }

  private static void check(ApiMessage message, ApiMessage empty, short version) {
    byte[] expected = kafkasBytes(message, version);
    ByteBuf ours = Unpooled.directBuffer();
    try {
      var cache = new ObjectSerializationCache();
      int size = message.size(cache, version);
      message.write(new ResponseBytes(ours, 0), cache, version);

      assertThat(bytes(ours)).as("seed %s: %s v%s", SEED, message, version).isEqualTo(expected);
      assertThat(size).isEqualTo(expected.length);

      empty.read(new RequestBytes(ours, Integer.MAX_VALUE), version);
      assertThat(empty).as("seed %s, v%s", SEED, version).isEqualTo(message);
      assertThat(ours.isReadable()).isFalse();
    } finally {
      ours.release();
    }
  }

  @Test
  void numbersOfAnyLengthComeBack() {
    var random = new Random(SEED);
    ByteBuf buffer = Unpooled.directBuffer();
    var out = new ResponseBytes(buffer, 0);
    var in = new RequestBytes(buffer, Integer.MAX_VALUE);
    var kafka = new ByteBufferAccessor(ByteBuffer.allocate(64));
    Stream<Long> edges =
        Stream.of(
            0L, -1L, 1L, Long.MIN_VALUE, Long.MAX_VALUE, (long) Integer.MIN_VALUE, 127L, 128L);
    List<Long> values =
        Stream.concat(
                edges, Stream.generate(() -> random.nextLong() >> random.nextInt(64)).limit(10_000))
            .toList();
    for (long value : values) {
      buffer.clear();
      kafka.buffer().clear();
      out.writeVarlong(value);
      out.writeVarint((int) value);
      out.writeUnsignedVarint((int) value);
      out.writeDouble(Double.longBitsToDouble(value));
      kafka.writeVarlong(value);
      kafka.writeVarint((int) value);
      kafka.writeUnsignedVarint((int) value);
      kafka.writeDouble(Double.longBitsToDouble(value));
      kafka.flip();

      assertThat(buffer.nioBuffer()).as("%s", value).isEqualTo(kafka.buffer());
      assertThat(in.readVarlong()).isEqualTo(value);
      assertThat(in.readVarint()).isEqualTo((int) value);
      assertThat(in.readUnsignedVarint()).isEqualTo((int) value);
      assertThat(Double.doubleToRawLongBits(in.readDouble())).isEqualTo(value);
    }
    buffer.release();
  }

  private static byte[] kafkasBytes(ApiMessage message, short version) {
    var cache = new ObjectSerializationCache();
    var buffer = ByteBuffer.allocate(message.size(cache, version));
    message.write(new ByteBufferAccessor(buffer), cache, version);
    return buffer.array();
  }

  private static byte[] bytes(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.getBytes(buffer.readerIndex(), bytes);
    return bytes;
  }
}
