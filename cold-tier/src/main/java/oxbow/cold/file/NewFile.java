package oxbow.cold.file;

/** A cold file that is in the bucket and in no table yet. */
public record NewFile(ColdFile file, FileMetrics metrics) {}
