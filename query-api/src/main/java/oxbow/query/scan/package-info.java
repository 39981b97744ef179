/**
 * What a query reads of topics: which cold files and which part of the log, fixed at one instant
 * and held until it ends. Start with {@link oxbow.query.scan.TopicSnapshot}, then {@link
 * oxbow.query.scan.ScanPlan}, which leaves out what a query can't want. Rows of Parquet files on a
 * local disk are read by the engine itself, all others by {@link oxbow.query.scan.LogRows}.
 */
@NullMarked
package oxbow.query.scan;

import org.jspecify.annotations.NullMarked;
