package oxbow.bench;

/** The parts of the benchmark, in the order they run. */
enum Part {
  startup,
  memory,
  produce,
  consume,
  latency,
  recovery,
  lake,
  /** Kafka has none. */
  sql,
  /** Nor this. */
  registry,
  /** SQL and replay over HTTP, of Oxbow alone. */
  doors;

  boolean measures(String contender) {
    return (this != registry && this != sql) || contender.equals(Contender.OXBOW);
  }
}
