package oxbow.server.testing;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** What a broker serves of a partition, byte for byte: clients' consumers show records only. */
public final class RawFetch {
  private static final int ANSWER_BYTES = 1 << 20;
  private static final int WAIT_MS = 500;

  private RawFetch() {}

  /**
   * All whole batches from the start of a partition to an offset.
   *
   * @param bootstrap host and port of a broker
   */
  public static ByteBuffer batches(String bootstrap, TopicIdPartition partition, long end)
      throws IOException {
    ByteBuffer all = ByteBuffer.allocate(32 << 20);
    int colon = bootstrap.lastIndexOf(':');
    try (var socket =
        new Socket(
            bootstrap.substring(0, colon), Integer.parseInt(bootstrap.substring(colon + 1)))) {
      var out = new DataOutputStream(socket.getOutputStream());
      var in = new DataInputStream(socket.getInputStream());
      for (long offset = 0; offset < end; ) {
        MemoryRecords found = fetch(out, in, partition, offset);
        for (RecordBatch batch : found.batches()) {
          batch.ensureValid();
          offset = batch.nextOffset();
        }
        all.put(found.buffer().duplicate().limit(found.validBytes()));
      }
    }
    return all.flip();
  }

  private static MemoryRecords fetch(
      DataOutputStream out, DataInputStream in, TopicIdPartition partition, long offset)
      throws IOException {
    var wanted =
        new FetchRequest.PartitionData(
            partition.topicId(), offset, 0, ANSWER_BYTES, Optional.empty());
    short version = ApiKeys.FETCH.latestVersion();
    FetchRequest request =
        FetchRequest.Builder.forConsumer(
                version, WAIT_MS, 1, Map.of(partition.topicPartition(), wanted))
            .build(version);
    var header = new RequestHeader(ApiKeys.FETCH, version, "raw-fetch", 1);
    ByteBuffer frame = request.serializeWithHeader(header);
    out.writeInt(frame.remaining());
    out.write(frame.array(), frame.arrayOffset() + frame.position(), frame.remaining());
    byte[] answer = new byte[in.readInt()];
    in.readFully(answer);
    var response = (FetchResponse) AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header);
    var data = response.data().responses().getFirst().partitions().getFirst();
    if (data.errorCode() != 0) throw new IOException("fetch was answered with " + data.errorCode());
    return (MemoryRecords) FetchResponse.recordsOrFail(data);
  }
}
