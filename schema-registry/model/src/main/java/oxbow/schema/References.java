package oxbow.schema;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * What a schema refers to, with the texts found.
 *
 * @param declared its own references, in the order given
 * @param texts name to text of all it needs, also indirectly; what others need comes before them
 */
public record References(List<SchemaReference> declared, SequencedMap<String, String> texts) {
  public static final References NONE = new References(List.of(), new LinkedHashMap<>());

  private static final Comparator<SchemaReference> NORMAL_ORDER =
      Comparator.comparing(SchemaReference::subject).thenComparingInt(SchemaReference::version);

  public References {
    declared = List.copyOf(declared);
    texts = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(texts));
  }

  /**
   * The same, declared in one order and each once. As in Confluent's registry names don't count for
   * the order: a schema has the same GUID here and there.
   */
  public References normalized() {
    List<SchemaReference> sorted = declared.stream().sorted(NORMAL_ORDER).distinct().toList();
    return new References(sorted, texts);
  }
}
