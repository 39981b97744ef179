package oxbow.query.catalog;

import java.time.Duration;

/**
 * What the catalog allows its clients.
 *
 * @param topicsNamespace that the topics' tables are in: nobody writes there but Oxbow
 * @param isWritable clients may make and write tables in other namespaces
 * @param bodyBytesMax largest body of a request
 * @param timeout from a whole request to its answer
 * @param requestsMax requests at a time
 */
public record CatalogConfig(
    String topicsNamespace,
    boolean isWritable,
    long bodyBytesMax,
    Duration timeout,
    int requestsMax) {}
