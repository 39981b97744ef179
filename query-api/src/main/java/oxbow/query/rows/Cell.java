package oxbow.query.rows;

/** Writes the values of one column of a batch as JSON. */
@FunctionalInterface
interface Cell {
  void write(int row, Utf8 out);
}
