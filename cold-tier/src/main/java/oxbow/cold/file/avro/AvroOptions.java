package oxbow.cold.file.avro;

/**
 * How blocks are cut.
 *
 * @param rowsPerBlock most rows of a block
 * @param bytesPerBlock record bytes after which a block ends as well
 * @param zstdLevel of all blocks
 */
public record AvroOptions(int rowsPerBlock, int bytesPerBlock, int zstdLevel) {
  public static final AvroOptions DEFAULT = new AvroOptions(8_192, 1 << 20, 1);
}
