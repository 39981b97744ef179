package oxbow.cold.file;

import org.apache.kafka.common.Uuid;

/**
 * What a cold file is to hold.
 *
 * @param columns of the table; they don't change while the file is written
 * @param isFramed values and keys may begin with a magic byte and a schema id
 */
public record ColdFileSpec(
    String topic, Uuid topicId, int partition, TableColumns columns, boolean isFramed) {}
