package oxbow.broker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import oxbow.broker.testing.RandomMessages;

final class HostileRequestTest {
  private static final long SEED = 4_711;
  private static final int MIB = 1 << 20;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final RequestDecoder decoder = new RequestDecoder(everything(), 16 * MIB);

  /** Bytes chosen so that as many as possible look like huge lengths, in both encodings. */
  @ParameterizedTest
  @EnumSource
  void smallFramesThatClaimMuchAllocateLittle(ApiKeys api) {
    var random = new Random(SEED);
    byte[] huge = {0x7f, -1, -1, -1, (byte) 0x80, 0x07, 0, 1, 2};
    for (short version : api.allVersions()) {
      if (!api.isVersionEnabled(version, false)) continue;
      for (int round = 0; round < 200; round++) {
        ByteBuf frame = Unpooled.buffer(256).writeShort(api.id).writeShort(version).writeInt(1);
        frame.writeShort(-1);
        if (api.requestHeaderVersion(version) >= 2) frame.writeByte(0);
        for (int i = random.nextInt(200); i > 0; i--) {
          frame.writeByte(
              random.nextInt(3) > 0 ? huge[random.nextInt(huge.length)] : random.nextInt());
        }
        long before = threads.getCurrentThreadAllocatedBytes();
        try {
          decoder.decode(frame);
        } catch (BadRequestException expected) {
          assertThat(expected.reason()).isEqualTo(BadRequestException.Reason.MALFORMED);
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before)
            .as("seed %s: %s v%s, round %s", SEED, api, version, round)
            .isLessThan(MIB);
      }
    }
  }

  @Test
  void aLargeFrameOfEmptyNamesIsRefusedBeforeItFillsTheHeap() {
    int names = 500_000;
    ByteBuf frame = metadataOf(names);
    frame.writeZero(Short.BYTES * names);
    long before = threads.getCurrentThreadAllocatedBytes();

    assertThatExceptionOfType(BadRequestException.class)
        .isThrownBy(() -> decoder.decode(frame))
        .withMessageContaining("too many");
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(32 * MIB);
  }

  @Test
  void aLargeFrameThatClaimsMillionsOfElementsIsRefusedBeforeItsListIsMade() {
    ByteBuf frame = metadataOf(64 * MIB);
    frame.writeZero(80 * MIB);
    long before = threads.getCurrentThreadAllocatedBytes();

    assertThatExceptionOfType(BadRequestException.class).isThrownBy(() -> decoder.decode(frame));
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(32 * MIB);
  }

  @Test
  void unknownApisAndVersionsAreToldApart() {
    var few = new RequestDecoder(new ApiTable().serve(ApiKeys.METADATA, r -> {}), MIB);

    assertThat(refusal(few, (short) 4_000, (short) 0))
        .isEqualTo(BadRequestException.Reason.UNKNOWN_API);
    assertThat(refusal(few, ApiKeys.FETCH.id, (short) 12))
        .isEqualTo(BadRequestException.Reason.UNKNOWN_API);
    assertThat(refusal(few, ApiKeys.METADATA.id, (short) 99))
        .isEqualTo(BadRequestException.Reason.UNKNOWN_VERSION);
    assertThat(refusal(few, ApiKeys.METADATA.id, (short) -1))
        .isEqualTo(BadRequestException.Reason.UNKNOWN_VERSION);
    assertThat(refusal(few, ApiKeys.METADATA.id, (short) 12))
        .isEqualTo(BadRequestException.Reason.MALFORMED);
  }

  @Test
  void recordsAreViewsOfTheFrameAndOtherRequestsBorrowNothing() {
    var request = new RandomMessages(SEED).request(ApiKeys.METADATA, (short) 12);
    ByteBuf metadata = frame(ApiKeys.METADATA, (short) 12, request);
    ByteBuf produce = produce(new byte[100]);

    DecodedRequest decoded = decoder.decode(produce);

    assertThat(decoded.isBorrowing()).isTrue();
    assertThat(decoder.decode(metadata).isBorrowing()).isFalse();
    var records =
        ((ProduceRequest) decoded.body())
            .data()
            .topicData()
            .iterator()
            .next()
            .partitionData()
            .getFirst()
            .records();
    var view = ((MemoryRecords) records).buffer();
    view.put(0, (byte) 42);
    assertThat(produce.indexOf(0, produce.writerIndex(), (byte) 42)).isPositive();
  }

  private static BadRequestException.Reason refusal(RequestDecoder by, short api, short version) {
    ByteBuf frame = Unpooled.buffer().writeShort(api).writeShort(version).writeInt(1);
    try {
      by.decode(frame);
    } catch (BadRequestException e) {
      return e.reason();
    }
    throw new AssertionError("it was read");
  }

  private static ByteBuf metadataOf(int names) {
    ByteBuf frame = Unpooled.buffer().writeShort(ApiKeys.METADATA.id).writeShort(8).writeInt(1);
    return frame.writeShort(-1).writeInt(names);
  }

  private static ByteBuf frame(ApiKeys api, short version, ApiMessage body) {
    var header = new RequestHeader(api, version, "c", 1);
    return Unpooled.wrappedBuffer(
        RequestUtils.serialize(header.data(), header.headerVersion(), body, version));
  }

  private static ByteBuf produce(byte[] records) {
    var data = new ProduceRequestData();
    var topic = new ProduceRequestData.TopicProduceData().setTopicId(Uuid.ONE_UUID);
    topic
        .partitionData()
        .add(
            new ProduceRequestData.PartitionProduceData()
                .setRecords(MemoryRecords.readableRecords(ByteBuffer.wrap(records))));
    data.topicData().add(topic);
    return frame(ApiKeys.PRODUCE, (short) 13, data);
  }

  private static ApiTable everything() {
    var apis = new ApiTable();
    for (ApiKeys api : ApiKeys.values()) apis.serve(api, request -> {});
    return apis;
  }
}
