package oxbow.broker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.FileRegion;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import oxbow.broker.testing.TestSlice;

final class ResponseEncoderTest {
  private static final int FILE_BYTES = 200_000;
  private static final RequestHeader FETCH =
      new RequestHeader(ApiKeys.FETCH, ApiKeys.FETCH.latestVersion(), "c", 77);

  private final byte[] content = new byte[FILE_BYTES];
  private final ByteBuf buffer = Unpooled.directBuffer(64);
  private Path file;
  private FileChannel channel;

  @BeforeEach
  void write(@TempDir Path directory) throws IOException {
    new Random(1).nextBytes(content);
    file = Files.write(directory.resolve("segment"), content);
    channel = FileChannel.open(file);
  }

  @AfterEach
  void close() throws IOException {
    channel.close();
    buffer.release();
  }

  @Test
  void slicesOfAnySizeArriveBetweenTheirMetadata() throws IOException {
    var slices =
        List.of(slice(0, 100), slice(100, 50_000), slice(60_000, 1), slice(70_000, 130_000));
    var many = List.of(slice(10, 20), slice(30, 40_000));
    var response =
        fetch(
            new SlicedRecords(slices.get(0)),
            new SlicedRecords(slices.get(1)),
            MemoryRecords.readableRecords(ByteBuffer.wrap(content, 5, 30).slice()),
            new SlicedRecords(slices.get(2)),
            new SlicedRecords(slices.get(3)),
            new SlicedRecords(new ArrayList<>(many)));

    EncodedResponse encoded = new ResponseEncoder(FETCH, response).encode(buffer, 32 * 1024);
    byte[] sent = sent(encoded);

    assertThat(encoded.cuts()).hasSize(3);
    assertThat(sent).hasSize((int) encoded.frameBytes());
    assertThat(records(sent))
        .containsExactly(
            part(0, 100),
            part(100, 50_000),
            part(5, 30),
            part(60_000, 1),
            part(70_000, 130_000),
            part(10, 40_020));
    assertThat(slices).allMatch(slice -> slice.releases() == 1);
    assertThat(many).allMatch(slice -> slice.releases() == 1);
  }

  @Test
  void manyShortSlicesDoNotMakeALargeBuffer() throws IOException {
    var slices = new ArrayList<TestSlice>();
    for (int i = 0; i < 100; i++) slices.add(slice(i, 2_000));
    var records = slices.stream().map(SlicedRecords::new).toArray(BaseRecords[]::new);

    EncodedResponse encoded = new ResponseEncoder(FETCH, fetch(records)).encode(buffer, 2_000);

    assertThat(buffer.readableBytes()).isLessThan(20_000);
    assertThat(encoded.cuts()).hasSize(96);
    sent(encoded);
    assertThat(slices).allMatch(slice -> slice.releases() == 1);
  }

  @Test
  void kafkasOwnFileRecordsAreCopied() throws IOException {
    try (FileRecords records = FileRecords.open(file.toFile(), false)) {
      EncodedResponse encoded = new ResponseEncoder(FETCH, fetch(records)).encode(buffer, 0);

      assertThat(encoded.cuts()).isEmpty();
      assertThat(records(sent(encoded))).containsExactly(content);
    }
  }

  @Test
  void aFileShorterThanItsSliceFailsAndEverythingIsGivenBack() {
    var slices = List.of(slice(0, 150_000), slice(FILE_BYTES - 10, 20), slice(0, 120_000));
    var response = fetch(slices.stream().map(SlicedRecords::new).toArray(BaseRecords[]::new));
    buffer.writeInt(42);

    assertThatThrownBy(() -> new ResponseEncoder(FETCH, response).encode(buffer, 100))
        .hasCauseInstanceOf(EOFException.class);
    ResponseEncoder.discard(response);

    assertThat(slices).allMatch(slice -> slice.releases() == 1);
    assertThat(buffer.readableBytes()).isEqualTo(Integer.BYTES);
  }

  @Test
  void aValueTheVersionCanNotSayIsRefusedBeforeAnythingIsWritten() {
    var header = new RequestHeader(ApiKeys.FIND_COORDINATOR, (short) 4, "c", 1);
    var response = new FindCoordinatorResponse(new FindCoordinatorResponseData().setNodeId(3));

    assertThatThrownBy(() -> new ResponseEncoder(header, response).encode(buffer, 0))
        .isInstanceOf(UnsupportedVersionException.class);
    assertThat(buffer.isReadable()).isFalse();
  }

  @Test
  void anAnswerThatIsGivenUpGivesItsFilesBackOnce() {
    var slice = slice(0, 1_000);
    FetchResponse response = fetch(new SlicedRecords(slice));

    ResponseEncoder.discard(response);
    ResponseEncoder.discard(response);

    assertThat(slice.releases()).isEqualTo(1);
  }

  private TestSlice slice(long position, int bytes) {
    return new TestSlice(channel, position, bytes);
  }

  private byte[] part(int position, int bytes) {
    byte[] part = new byte[bytes];
    System.arraycopy(content, position, part, 0, bytes);
    return part;
  }

  private static FetchResponse fetch(BaseRecords... all) {
    var topic = new FetchableTopicResponse().setTopicId(Uuid.ONE_UUID);
    for (int i = 0; i < all.length; i++) {
      topic.partitions().add(new PartitionData().setPartitionIndex(i).setRecords(all[i]));
    }
    return FetchResponse.of(new FetchResponseData().setResponses(List.of(topic)));
  }

  /** What a socket would get. */
  private byte[] sent(EncodedResponse encoded) throws IOException {
    var bytes = new ByteArrayOutputStream();
    WritableByteChannel out = Channels.newChannel(bytes);
    for (EncodedResponse.Cut cut : encoded.cuts()) {
      buffer.readBytes(bytes, cut.position() - buffer.readerIndex());
      FileRegion region = cut.region();
      while (region.transferred() < region.count()) region.transferTo(out, region.transferred());
      region.release();
    }
    buffer.readBytes(bytes, buffer.readableBytes());
    return bytes.toByteArray();
  }

  private static List<byte[]> records(byte[] sent) {
    ByteBuffer bytes = ByteBuffer.wrap(sent);
    assertThat(bytes.getInt()).isEqualTo(bytes.remaining());
    var response = (FetchResponse) AbstractResponse.parseResponse(bytes, FETCH);
    var records = new ArrayList<byte[]>();
    for (PartitionData partition : response.data().responses().getFirst().partitions()) {
      ByteBuffer of = ((MemoryRecords) partition.records()).buffer();
      byte[] copy = new byte[of.remaining()];
      of.get(copy);
      records.add(copy);
    }
    return records;
  }
}
