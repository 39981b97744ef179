package oxbow.schema.layout;

/** What became of adding a schema to a layout. */
public sealed interface Merge {
  /** It fits, perhaps with wider or more columns. */
  record Placed(Layout layout, Placement placement) implements Merge {}

  /** Values of this schema can't lie in these columns; they are kept as they are. */
  record Refused(String reason) implements Merge {}
}
