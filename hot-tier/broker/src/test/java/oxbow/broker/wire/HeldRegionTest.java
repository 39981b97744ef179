package oxbow.broker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HeldRegionTest {
  private static final int SOCKET_BYTES = 50_000;

  /** A socket that takes little at a time. */
  private static final class Socket implements WritableByteChannel {
    final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    final List<Integer> offered = new ArrayList<>();

    @Override
    public int write(ByteBuffer source) {
      offered.add(source.remaining());
      var bytes = new byte[Math.min(SOCKET_BYTES, source.remaining())];
      source.get(bytes);
      taken.writeBytes(bytes);
      return bytes.length;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  @Test
  void aSocketThatTakesLittleIsNotOfferedEverythingEachTime() throws IOException {
    // Given
    var records = new byte[1 << 20];
    new Random(42).nextBytes(records);
    var returns = new AtomicInteger();
    var region = new HeldRegion(ByteBuffer.wrap(records), returns::incrementAndGet);
    var socket = new Socket();
    // When
    while (region.transferred() < region.count()) {
      assertThat(region.transferTo(socket, region.transferred())).isPositive();
    }
    // Then
    assertThat(socket.taken.toByteArray()).isEqualTo(records);
    long offered = socket.offered.stream().mapToLong(Integer::longValue).sum();
    assertThat(offered).isLessThan(3L * records.length);
    assertThat(returns.get()).isZero();
    assertThat(region.release()).isTrue();
    assertThat(returns.get()).isOne();
  }
}
