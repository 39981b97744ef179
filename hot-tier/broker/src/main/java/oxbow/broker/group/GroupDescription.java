package oxbow.broker.group;

import java.util.List;
import org.apache.kafka.common.TopicPartition;

/**
 * A group as its coordinator knows it.
 *
 * @param type {@code classic}, {@code consumer}, {@code streams}
 * @param state as Kafka calls it
 */
public record GroupDescription(
    String name, String type, String state, List<Member> members, List<CommittedOffset> offsets) {
  public GroupDescription {
    members = List.copyOf(members);
    offsets = List.copyOf(offsets);
  }

  /** A member, and what it was told to read. */
  public record Member(String id, String clientId, String host, List<TopicPartition> partitions) {
    public Member {
      partitions = List.copyOf(partitions);
    }
  }
}
