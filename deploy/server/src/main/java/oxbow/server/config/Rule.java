package oxbow.server.config;

import java.util.List;

/** What a value must satisfy beyond its type. */
public sealed interface Rule {
  /** The rule as a sentence's end: "must ...". Empty: anything goes. */
  String text();

  /** Throws {@link BadValueException} with {@link #text} if the value breaks it. */
  void check(Object value);

  /** Nothing more than the type. */
  record Any() implements Rule {
    @Override
    public String text() {
      return "";
    }

    @Override
    public void check(Object value) {}
  }

  /** A number within bounds, both included. */
  record Between(double min, double max, boolean isWhole) implements Rule {
    @Override
    public String text() {
      if (max == Double.POSITIVE_INFINITY) return "must be at least " + shown(min);
      return "must lie between " + shown(min) + " and " + shown(max);
    }

    private String shown(double bound) {
      return isWhole ? Long.toString((long) bound) : Double.toString(bound);
    }

    @Override
    public void check(Object value) {
      double number = ((Number) value).doubleValue();
      if (number < min || number > max) throw new BadValueException(text());
    }
  }

  /** Bounds, or one number that means something of its own. */
  record BetweenOr(double min, double max, long other) implements Rule {
    @Override
    public String text() {
      return new Between(min, max, true).text() + ", or be " + other;
    }

    @Override
    public void check(Object value) {
      long number = ((Number) value).longValue();
      if (number != other && (number < min || number > max)) throw new BadValueException(text());
    }
  }

  /** One of a few words. */
  record OneOf(List<String> words) implements Rule {
    @Override
    public String text() {
      return "must be one of " + String.join(", ", words);
    }

    @Override
    public void check(Object value) {
      if (!words.contains(value.toString())) throw new BadValueException(text());
    }
  }

  /** A list of one or more of a few words. */
  record SomeOf(List<String> words) implements Rule {
    @Override
    public String text() {
      return "must name one or more of " + String.join(", ", words);
    }

    @Override
    public void check(Object value) {
      List<?> given = (List<?>) value;
      if (given.isEmpty() || !words.containsAll(given)) throw new BadValueException(text());
    }
  }

  /** Not empty: a text, a list or a map. */
  record NotEmpty() implements Rule {
    @Override
    public String text() {
      return "must not be empty";
    }

    @Override
    public void check(Object value) {
      boolean isEmpty =
          switch (value) {
            case List<?> list -> list.isEmpty();
            case java.util.Map<?, ?> map -> map.isEmpty();
            default -> value.toString().isBlank();
          };
      if (isEmpty) throw new BadValueException(text());
    }
  }
}
