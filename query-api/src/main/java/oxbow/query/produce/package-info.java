/**
 * Records that come over HTTP. Start with {@link oxbow.query.produce.Producing}; what a body may be
 * says {@link oxbow.query.produce.ProduceBody}. Runs on the threads of requests, which may wait.
 */
@NullMarked
package oxbow.query.produce;

import org.jspecify.annotations.NullMarked;
