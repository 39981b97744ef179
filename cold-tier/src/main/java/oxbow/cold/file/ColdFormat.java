package oxbow.cold.file;

/** How cold files of a topic are written. */
public enum ColdFormat {
  /** Typed columns: queried fast, replayed fast. */
  PARQUET,
  /** Records as they came, in an Avro container: for topics that are replayed more than queried. */
  AVRO,
  /** What another engine made of files of ours: no topic is written so. */
  FOREIGN
}
