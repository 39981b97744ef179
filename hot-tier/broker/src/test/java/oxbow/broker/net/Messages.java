package oxbow.broker.net;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;

/** The few requests and answers the tests of this package are about. */
final class Messages {
  private Messages() {}

  static MetadataRequest metadata() {
    return MetadataRequest.Builder.allTopics().build();
  }

  /** Answered with this controller, to be told from others. */
  static MetadataResponse metadata(int controllerId) {
    return new MetadataResponse(
        new MetadataResponseData().setControllerId(controllerId), ApiKeys.METADATA.latestVersion());
  }

  static DeleteGroupsRequest deleteGroups() {
    return new DeleteGroupsRequest(
        new DeleteGroupsRequestData(), ApiKeys.DELETE_GROUPS.latestVersion());
  }

  static DeleteGroupsResponse deletedGroups() {
    return new DeleteGroupsResponse(new DeleteGroupsResponseData());
  }

  static ProduceRequest produce(int acks, int bytes) {
    var topic = new ProduceRequestData.TopicProduceData().setTopicId(Uuid.ONE_UUID);
    topic
        .partitionData()
        .add(
            new ProduceRequestData.PartitionProduceData()
                .setRecords(MemoryRecords.readableRecords(ByteBuffer.allocate(bytes))));
    var data = new ProduceRequestData().setAcks((short) acks).setTimeoutMs(30_000);
    data.topicData().add(topic);
    return new ProduceRequest(data, ApiKeys.PRODUCE.latestVersion());
  }

  static ProduceResponse produced(long baseOffset) {
    var topic = new ProduceResponseData.TopicProduceResponse().setTopicId(Uuid.ONE_UUID);
    topic
        .partitionResponses()
        .add(new ProduceResponseData.PartitionProduceResponse().setBaseOffset(baseOffset));
    var data = new ProduceResponseData();
    data.responses().add(topic);
    return new ProduceResponse(data);
  }

  static FetchRequest fetch(int bytesMax) {
    return new FetchRequest(
        new FetchRequestData().setMaxBytes(bytesMax), ApiKeys.FETCH.latestVersion());
  }

  static FetchResponse fetched(BaseRecords records) {
    var topic = new FetchResponseData.FetchableTopicResponse().setTopicId(Uuid.ONE_UUID);
    topic.partitions().add(new FetchResponseData.PartitionData().setRecords(records));
    return FetchResponse.of(new FetchResponseData().setResponses(List.of(topic)));
  }

  static int bytes(ProduceRequest request) {
    int bytes = 0;
    for (var topic : request.data().topicData()) {
      for (var partition : topic.partitionData()) bytes += partition.records().sizeInBytes();
    }
    return bytes;
  }
}
