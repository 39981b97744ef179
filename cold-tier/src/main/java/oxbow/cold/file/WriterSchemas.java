package oxbow.cold.file;

import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Where the writer of a cold file asks for the schemas its records name, once for each id. What it
 * answers fits the file's layout, which no longer changes.
 */
public interface WriterSchemas {
  Answer value(int schemaId);

  Answer key(int schemaId);

  /** The id of a schema that records name by its content. */
  default OptionalInt idOf(UUID guid) {
    return OptionalInt.empty();
  }

  /**
   * A value is a Protobuf message that has no place in the columns, and is kept raw.
   *
   * @param path of the message in the schema's file; it may be none
   */
  default void metMessage(int schemaId, List<Integer> path) {}

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
