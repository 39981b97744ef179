/**
 * Parquet as cold files need it: pages written from whole vectors and read into whole vectors, all
 * cut at the same rows. Start with {@link oxbow.cold.file.parquet.PageWriter} and {@link
 * oxbow.cold.file.parquet.ParquetColdFileReader}. One thread per writer and per cursor.
 */
@NullMarked
package oxbow.cold.file.parquet;

import org.jspecify.annotations.NullMarked;
