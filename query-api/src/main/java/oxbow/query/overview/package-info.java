/**
 * What there is, at a glance: the cluster, its topics and groups, over HTTP, for the console and
 * for curl. Start with {@link oxbow.query.overview.OverviewService}. Answers are made on virtual
 * threads, and those about everything are kept for a moment: many may ask every second.
 */
@NullMarked
package oxbow.query.overview;

import org.jspecify.annotations.NullMarked;
