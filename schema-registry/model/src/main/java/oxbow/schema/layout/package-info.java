/**
 * The columns that a subject's versions have together: names, types and ids that stay. Start with
 * {@code LayoutMerger}. Knows nothing of Iceberg or Parquet.
 */
@NullMarked
package oxbow.schema.layout;

import org.jspecify.annotations.NullMarked;
