package oxbow.broker.metadata;

/**
 * How metadata is answered.
 *
 * @param isTopicCreationAutomatic {@code auto.create.topics.enable}: asking about a topic makes it
 * @param describedPartitionsMax {@code max.request.partition.size.limit}: partitions in one answer
 */
public record MetadataConfig(boolean isTopicCreationAutomatic, int describedPartitionsMax) {
  /** Kafka's defaults. */
  public static final MetadataConfig DEFAULT = new MetadataConfig(true, 2000);
}
