package oxbow.cold.state;

/** Where the objects of this package lie. */
final class StateObjects {
  private static final String ROOT = "cluster/";

  private StateObjects() {}

  static String owner(long number) {
    return ROOT + "owners/" + digits(number) + ".json";
  }

  /** Each owner writes below a name of its own: one that lost the bucket disturbs nobody. */
  private static String of(long owner, String name) {
    return ROOT + digits(owner) + "/" + name;
  }

  static String topics(long owner) {
    return of(owner, "topics.json");
  }

  static String positions(long owner) {
    return of(owner, "positions.json");
  }

  static String schemas(long owner) {
    return of(owner, "schemas.batches");
  }

  static String alive(long owner) {
    return of(owner, "alive.json");
  }

  /** Written and deleted to learn what time it is to the store. */
  static String clock(String token) {
    return ROOT + "clock/" + token;
  }

  private static String digits(long number) {
    return "%06d".formatted(number);
  }
}
