package oxbow.broker.group;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.server.util.PartitionMetadataClient;
import oxbow.broker.replica.Partitions;

/** Where partitions led here end, for the coordinator's reckoning of lag. */
final class LogEnds implements PartitionMetadataClient {
  private final Partitions partitions;

  LogEnds(Partitions partitions) {
    this.partitions = partitions;
  }

  @Override
  public Map<TopicPartition, CompletableFuture<OffsetResponse>> listLatestOffsets(
      Set<TopicPartition> ids) {
    var ends = new HashMap<TopicPartition, CompletableFuture<OffsetResponse>>();
    for (TopicPartition id : ids) ends.put(id, CompletableFuture.completedFuture(latest(id)));
    return ends;
  }

  private OffsetResponse latest(TopicPartition id) {
    try {
      long offset = partitions.leading(id).log().offsets().highWatermark();
      return new OffsetResponse(offset, Errors.NONE);
    } catch (ApiException refused) {
      return new OffsetResponse(-1, Errors.forException(refused));
    }
  }

  @Override
  public void close() {}
}
