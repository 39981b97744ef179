package oxbow.query.jobs;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import oxbow.log.ReadLimit;
import oxbow.query.QueryException;
import oxbow.query.QueryException.Kind;
import oxbow.query.Topics;
import oxbow.query.Topics.Topic;

/**
 * What a job is to do, as it was settled when it was made: what was said in times is offsets by
 * now. Immutable; written down as it is.
 *
 * @param recordsPerSecond zero: as many as come
 * @param bytesPerSecond of batches, as they lie in the log; zero: as many as come
 */
record Job(
    String id,
    long createdMs,
    Source source,
    Target target,
    double recordsPerSecond,
    double bytesPerSecond) {
  /**
   * What is copied, or where a group goes on.
   *
   * @param topicId a topic that was made anew is another one
   * @param isolation how far it may see
   */
  record Source(String topic, String topicId, ReadLimit isolation, List<Range> ranges) {
    Source {
      ranges = List.copyOf(ranges);
    }
  }

  /** Of one partition; {@code to} is exclusive. */
  record Range(int partition, long from, long to) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Copy.class, name = "copy"),
    @JsonSubTypes.Type(value = Group.class, name = "group")
  })
  sealed interface Target {}

  /**
   * Another topic.
   *
   * @param mapping which of its partitions a record belongs to
   * @param producerIds under which each range's records are appended: nobody else has them, so the
   *     topic itself tells how much of a range is in it
   * @param ends where its partitions ended before the first of them
   */
  record Copy(
      String topic,
      String topicId,
      int partitions,
      Mapping mapping,
      List<Long> producerIds,
      List<Long> ends)
      implements Target {
    Copy {
      producerIds = List.copyOf(producerIds);
      ends = List.copyOf(ends);
    }
  }

  enum Mapping {
    /** That of the same number. */
    SAME,
    /** That which Kafka's producer takes for the key; without one, that of the same number. */
    KEY
  }

  /** A group, whose offsets become where the ranges begin. */
  record Group(String group) implements Target {}

  /** The topic of a name, if it still is the one of the id. */
  static Topic same(Topics topics, String name, String id) {
    Optional<Topic> found = topics.find(name);
    if (found.isPresent() && found.get().id().equals(Uuid.fromString(id))) return found.get();
    throw new QueryException(
        Kind.NO_TOPIC, "the topic " + name + " was deleted" + (found.isPresent() ? " since" : ""));
  }
}
