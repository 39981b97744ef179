package oxbow.cold.table;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;

/**
 * How a topic asks its table to be partitioned, beside the Kafka partition, which always is. A file
 * holds a range of offsets, so it has a partition only where all its rows agree; another one is
 * filed under its Kafka partition alone, and planners go by its bounds.
 *
 * @param fields in their order
 */
public record Partitioning(List<Field> fields) {
  /** By Kafka partition only. */
  public static final Partitioning NONE = new Partitioning(List.of());

  private static final Pattern FIELD =
      Pattern.compile(
          "(?:(hour|day|month|year|identity)\\(|(bucket|truncate)\\((\\d{1,6}),)?([^(),]+)\\)?");

  /** What is made of a column's value. */
  public enum Transform {
    IDENTITY,
    HOUR,
    DAY,
    MONTH,
    YEAR,
    BUCKET,
    TRUNCATE
  }

  /**
   * One of them.
   *
   * @param column at the top level of the table
   * @param width number of buckets, length of what is kept; 0: the transform has none
   */
  public record Field(Transform transform, String column, int width) {
    @Override
    public String toString() {
      String name = transform.name().toLowerCase(Locale.ROOT);
      return width == 0 ? name + "(" + column + ")" : name + "(" + width + "," + column + ")";
    }
  }

  public Partitioning {
    fields = List.copyOf(fields);
  }

  /**
   * Reads what a topic's setting says: {@code hour(kafka_timestamp), bucket(16, user_id), country}.
   */
  public static Partitioning parse(String text) {
    List<Field> fields = new ArrayList<>();
    String bare = text.replaceAll("\\s", "");
    if (bare.isEmpty() || bare.equals("none")) return NONE;
    for (String part : bare.split(",(?![^(]*\\))", -1)) fields.add(field(part, text));
    return new Partitioning(fields);
  }

  /** Those of the fields whose columns there are. */
  Partitioning of(Predicate<String> hasColumn) {
    return new Partitioning(
        fields.stream().filter(field -> hasColumn.test(field.column())).toList());
  }

  private static Field field(String part, String text) {
    Matcher matcher = FIELD.matcher(part);
    if (!matcher.matches() || part.endsWith(")") != part.contains("(")) throw invalid(text);
    String column = requireNonNull(matcher.group(4));
    String plain = matcher.group(1);
    String wide = matcher.group(2);
    if (wide == null) {
      return new Field(plain == null ? Transform.IDENTITY : transform(plain), column, 0);
    }
    int width = Integer.parseInt(requireNonNull(matcher.group(3)));
    if (width == 0) throw invalid(text);
    return new Field(transform(wide), column, width);
  }

  private static Transform transform(String name) {
    return Transform.valueOf(name.toUpperCase(Locale.ROOT));
  }

  private static StoreException invalid(String text) {
    return new StoreException(Kind.INVALID, "not a partitioning: " + text);
  }

  @Override
  public String toString() {
    return String.join(",", fields.stream().map(Field::toString).toList());
  }
}
