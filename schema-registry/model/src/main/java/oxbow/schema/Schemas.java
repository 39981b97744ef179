package oxbow.schema;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * What is registered, for the other modules of the process. Answers from memory, never waits, sees
 * every registration that was acknowledged before the call. Thread-safe.
 */
public interface Schemas {
  /** Nothing is registered; older than anything that ever will be. */
  Schemas NONE =
      new Schemas() {
        @Override
        public Optional<ParsedSchema> byId(int id) {
          return Optional.empty();
        }

        @Override
        public Optional<ParsedSchema> byGuid(UUID guid) {
          return Optional.empty();
        }

        @Override
        public OptionalInt idOf(UUID guid) {
          return OptionalInt.empty();
        }

        @Override
        public List<RegisteredSchema> versions(String subject) {
          return List.of();
        }

        @Override
        public boolean isRegistered(String subject, int id) {
          return false;
        }

        @Override
        public boolean isRegistered(String subject, UUID guid) {
          return false;
        }

        @Override
        public long revision() {
          return Long.MIN_VALUE;
        }
      };

  /** The schema with this id in the default context, deleted softly or not. */
  Optional<ParsedSchema> byId(int id);

  /** The schema with this content, in whatever context. */
  Optional<ParsedSchema> byGuid(UUID guid);

  /** The id that the schema with this content has in the default context. */
  OptionalInt idOf(UUID guid);

  /** A subject's versions that aren't deleted for good, oldest first. */
  List<RegisteredSchema> versions(String subject);

  /** Whether an id is a version of a subject that isn't deleted. */
  boolean isRegistered(String subject, int id);

  /** Whether a subject has a version with this content that isn't deleted. */
  boolean isRegistered(String subject, UUID guid);

  /**
   * A number that grows with each change: what was derived from the answers still holds if equal.
   */
  long revision();
}
