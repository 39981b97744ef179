package oxbow.schema.http;

import java.util.function.Supplier;

/**
 * What the server tells of itself.
 *
 * @param clusterId of the Kafka cluster; asked for each time, since it may come late
 */
public record ServerFacts(String version, String commit, Supplier<String> clusterId) {}
