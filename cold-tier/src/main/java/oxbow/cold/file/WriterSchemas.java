package oxbow.cold.file;

/**
 * Where the writer of a cold file asks for the schemas its records name, once for each id. What it
 * answers fits the file's layout, which no longer changes.
 */
public interface WriterSchemas {
  Answer value(int schemaId);

  Answer key(int schemaId);

  /** What is known of an id. */
  sealed interface Answer {
    record Known(WriterSchema schema) implements Answer {}

    /** It is registered, and has no place in this file's columns. */
    record Unmerged() implements Answer {}

    record Unknown() implements Answer {}
  }

  /** No id is known. */
  WriterSchemas NONE =
      new WriterSchemas() {
        @Override
        public Answer value(int schemaId) {
          return new Answer.Unknown();
        }

        @Override
        public Answer key(int schemaId) {
          return new Answer.Unknown();
        }
      };
}
