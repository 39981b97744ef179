package oxbow.cold.file;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one leaf column of a file; planners skip files by it. Bounds are the whole
 * values, as Iceberg serializes single ones: numbers, dates and times little-endian, decimals as
 * big-endian two's complement in as few bytes as they need, strings in UTF-8, UUIDs big-endian.
 *
 * @param id of the column
 * @param bytes that it takes in the file, compressed
 * @param values in it, nulls included
 * @param nans {@link #NO_NANS} where the type has none
 * @param lower no value is below; null: not known
 * @param upper no value is above; null: not known
 */
public record ColumnMetrics(
    int id,
    long bytes,
    long values,
    long nulls,
    long nans,
    @Nullable ByteBuffer lower,
    @Nullable ByteBuffer upper) {
  public static final long NO_NANS = -1;
}
