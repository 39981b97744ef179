package oxbow.schema;

import java.util.Collections;
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

  public References {
    declared = List.copyOf(declared);
    texts = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(texts));
  }

  /** The same, declared in one order and each once. */
  public References normalized() {
    List<SchemaReference> sorted = declared.stream().sorted().distinct().toList();
    return new References(sorted, texts);
  }
}
