package oxbow.broker.fetch;

import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.utils.ImplicitLinkedHashCollection;

/**
 * What one client wants, remembered so that its requests and answers carry only changes. Its own
 * monitor guards it: requests of one session come from one connection, but a client may break that.
 */
final class FetchSession {
  private final int id;
  private final boolean usesTopicIds;
  private final long createdMs;
  private final ImplicitLinkedHashCollection<WantedPartition> wanted;

  private int epoch = FetchMetadata.nextEpoch(FetchMetadata.INITIAL_EPOCH);

  // Written when the session is used, read by whoever looks for one to displace.
  private volatile long usedMs;
  private volatile int size;

  FetchSession(
      int id,
      boolean usesTopicIds,
      ImplicitLinkedHashCollection<WantedPartition> wanted,
      long nowMs) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.wanted = wanted;
    this.createdMs = nowMs;
    used(nowMs);
  }

  int id() {
    return id;
  }

  boolean usesTopicIds() {
    return usesTopicIds;
  }

  int epoch() {
    return epoch;
  }

  /** Goes on to the next request. */
  void advance(long nowMs) {
    epoch = FetchMetadata.nextEpoch(epoch);
    used(nowMs);
  }

  ImplicitLinkedHashCollection<WantedPartition> wanted() {
    return wanted;
  }

  /** Partitions in it when it was used last. */
  int size() {
    return size;
  }

  long usedMs() {
    return usedMs;
  }

  long createdMs() {
    return createdMs;
  }

  private void used(long nowMs) {
    usedMs = nowMs;
    size = wanted.size();
  }

  /** Adds and updates what a request names, and drops what it forgets. */
  static void update(
      ImplicitLinkedHashCollection<WantedPartition> wanted,
      FetchRequestData request,
      boolean usesTopicIds) {
    for (FetchTopic topic : request.topics()) {
      Object name = usesTopicIds ? topic.topicId() : topic.topic();
      for (FetchPartition asked : topic.partitions()) {
        var fresh = new WantedPartition(name, asked);
        WantedPartition known = wanted.find(fresh);
        if (known == null) wanted.mustAdd(fresh);
        else known.update(asked);
      }
    }
    for (ForgottenTopic topic : request.forgottenTopicsData()) {
      Object name = usesTopicIds ? topic.topicId() : topic.topic();
      List<Integer> indexes = topic.partitions();
      for (int index : indexes) wanted.remove(new WantedPartition(name, index));
    }
  }

  /** What a request names, by itself. */
  static ImplicitLinkedHashCollection<WantedPartition> wantedBy(
      FetchRequestData request, boolean usesTopicIds) {
    var wanted = new ImplicitLinkedHashCollection<WantedPartition>();
    update(wanted, request, usesTopicIds);
    return wanted;
  }

  /** Whether topics are named by ids in a version. */
  static boolean usesTopicIds(short version) {
    return version >= 13;
  }
}
