package oxbow.server.registry;

import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import oxbow.log.batch.RecordStart;
import oxbow.schema.Framing;
import oxbow.schema.ParsedSchema;
import oxbow.schema.RegistryException;
import oxbow.schema.Schemas;

/**
 * Which schemas the keys or the values of one topic may have. What was found in order is remembered
 * until the registry changes. Thread-safe. Hot path.
 */
final class SchemaRule {
  /** More ids than any topic has at a time; the memory of them begins anew then. */
  private static final int REMEMBERED_MAX = 1_024;

  private final String part;
  private final Function<ParsedSchema, Optional<String>> subject;

  // Changed by whoever finds something new: what two find at once, one of them finds again later.
  private volatile Accepted accepted = Accepted.none(Long.MIN_VALUE);

  /**
   * What may be in the topic as of a revision of the registry. Immutable.
   *
   * @param ids in order
   * @param guids in order of their first halves; each takes two places, one per half
   */
  @SuppressWarnings("ArrayRecordComponent") // never handed out, never compared
  private record Accepted(long revision, int[] ids, long[] guids) {
    static Accepted none(long revision) {
      return new Accepted(revision, new int[0], new long[0]);
    }

    Accepted with(int id) {
      int[] more = ids.length < REMEMBERED_MAX ? Arrays.copyOf(ids, ids.length + 1) : new int[1];
      more[more.length - 1] = id;
      Arrays.sort(more);
      return new Accepted(revision, more, guids);
    }

    boolean has(long high, long low) {
      for (int i = 2 * place(high); i < guids.length && guids[i] == high; i += 2) {
        if (guids[i + 1] == low) return true;
      }
      return false;
    }

    Accepted with(long high, long low) {
      boolean isFull = guids.length >= 2 * REMEMBERED_MAX;
      int place = isFull ? 0 : 2 * place(high);
      long[] more = new long[isFull ? 2 : guids.length + 2];
      System.arraycopy(guids, 0, more, 0, place);
      more[place] = high;
      more[place + 1] = low;
      System.arraycopy(guids, place, more, place + 2, more.length - place - 2);
      return new Accepted(revision, ids, more);
    }

    /** How many GUIDs have a smaller first half. */
    private int place(long high) {
      int from = 0;
      int to = guids.length / 2;
      while (from < to) {
        int middle = (from + to) >>> 1;
        if (guids[2 * middle] < high) from = middle + 1;
        else to = middle;
      }
      return from;
    }
  }

  /**
   * @param part what it is about, in words
   * @param subject under which a schema has to be registered; empty: it has no name to do so
   */
  SchemaRule(String part, Function<ParsedSchema, Optional<String>> subject) {
    this.part = part;
    this.subject = subject;
  }

  /**
   * @param header of the record; where it is there, it says the schema instead of the data's start
   */
  boolean accepts(Schemas schemas, RecordStart.Field data, RecordStart.Field header) {
    if (data.bytes() < 0) return true; // a deletion, or no key
    RecordStart.Field mark = header.bytes() < 0 ? data : header;
    Accepted known = accepted;
    long revision = schemas.revision();
    if (known.revision != revision) {
      known = Accepted.none(revision);
      accepted = known;
    }
    int id = Framing.schemaId(mark.memory(), mark.at(), mark.bytes());
    if (id != Framing.NO_ID) {
      if (Arrays.binarySearch(known.ids, id) >= 0) return true;
      if (whyNot(schemas, id) != null) return false;
      accepted = known.with(id);
      return true;
    }
    if (!Framing.hasGuid(mark.memory(), mark.at(), mark.bytes())) return false;
    long high = Framing.guidHigh(mark.memory(), mark.at());
    long low = Framing.guidLow(mark.memory(), mark.at());
    if (known.has(high, low)) return true;
    if (whyNot(schemas, new UUID(high, low)) != null) return false;
    accepted = known.with(high, low);
    return true;
  }

  /** What is wrong with data that was not accepted. */
  String reason(Schemas schemas, RecordStart.Field data, RecordStart.Field header) {
    RecordStart.Field mark = header.bytes() < 0 ? data : header;
    int id = Framing.schemaId(mark.memory(), mark.at(), mark.bytes());
    if (id != Framing.NO_ID) return inWords(whyNot(schemas, id));
    if (Framing.hasGuid(mark.memory(), mark.at(), mark.bytes())) {
      long high = Framing.guidHigh(mark.memory(), mark.at());
      return inWords(whyNot(schemas, new UUID(high, Framing.guidLow(mark.memory(), mark.at()))));
    }
    return inWords(
        mark == data
            ? "it has no schema id before its data, nor in a header"
            : "the header for its schema id holds none");
  }

  private String inWords(@Nullable String reason) {
    return "the record's " + part + " is refused: " + (reason == null ? "try again" : reason);
  }

  private @Nullable String whyNot(Schemas schemas, int id) {
    return whyNot(
        "schema id " + id, () -> schemas.byId(id), subject -> schemas.isRegistered(subject, id));
  }

  private @Nullable String whyNot(Schemas schemas, UUID guid) {
    return whyNot(
        "schema " + guid,
        () -> schemas.byGuid(guid),
        subject -> schemas.isRegistered(subject, guid));
  }

  private @Nullable String whyNot(
      String mark, Supplier<Optional<ParsedSchema>> schema, Predicate<String> isRegistered) {
    Optional<ParsedSchema> found;
    try {
      found = schema.get();
    } catch (RegistryException e) {
      return mark + " can't be read: " + e.getMessage();
    }
    if (found.isEmpty()) return mark + " is unknown";
    Optional<String> name = subject.apply(found.get());
    if (name.isEmpty()) return mark + " has no name, and the topic's subjects are named after it";
    return isRegistered.test(name.get())
        ? null
        : mark + " is not registered under the subject " + name.get();
  }
}
