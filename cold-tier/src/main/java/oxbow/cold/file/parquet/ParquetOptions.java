package oxbow.cold.file.parquet;

/**
 * How pages are cut and encoded.
 *
 * @param rowsPerPage most rows of a block: page k of every column holds the same rows
 * @param bytesPerPage record bytes after which a block ends as well
 * @param rowsPerGroup most rows of a row group
 * @param bytesPerGroup compressed bytes after which a row group ends as well
 * @param zstdLevel of all pages
 * @param isDelta numbers as differences and strings apart from their lengths: smaller and faster,
 *     and not every engine reads it
 */
public record ParquetOptions(
    int rowsPerPage,
    int bytesPerPage,
    int rowsPerGroup,
    int bytesPerGroup,
    int zstdLevel,
    boolean isDelta) {
  public static final ParquetOptions DEFAULT =
      new ParquetOptions(8_192, 2 << 20, 65_536, 6 << 20, 1, false);

  public ParquetOptions withDelta() {
    return new ParquetOptions(
        rowsPerPage, bytesPerPage, rowsPerGroup, bytesPerGroup, zstdLevel, true);
  }

  public ParquetOptions withZstdLevel(int level) {
    return new ParquetOptions(
        rowsPerPage, bytesPerPage, rowsPerGroup, bytesPerGroup, level, isDelta);
  }
}
