package oxbow.query.catalog;

import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list in the order of names. It goes on after a name, so what comes and goes between
 * two pages makes nothing else appear twice or not at all.
 *
 * @param next what to ask for the next page with; null: this was the last
 */
record Page<T>(List<T> items, @Nullable String next) {
  /** Empty names there are none: after this one comes every other. */
  private static final String START = "";

  static <T> Page<T> of(List<T> all, Function<T, String> name, Call call) {
    String after = call.pageAfter().orElse(START);
    List<T> rest =
        all.stream()
            .filter(item -> name.apply(item).compareTo(after) > 0)
            .sorted(Comparator.comparing(name))
            .toList();
    OptionalInt size = call.pageSize();
    if (size.isEmpty() || rest.size() <= size.getAsInt()) return new Page<>(rest, null);
    List<T> items = rest.subList(0, size.getAsInt());
    return new Page<>(items, name.apply(items.getLast()));
  }
}
