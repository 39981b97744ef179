package oxbow.broker.quota;

import java.util.Optional;

/** What is limited, under the names Kafka's tools give it. */
enum QuotaKind {
  PRODUCE("producer_byte_rate"),
  FETCH("consumer_byte_rate"),
  REQUEST("request_percentage"),
  MUTATION("controller_mutation_rate"),
  CONNECTION("connection_creation_rate");

  private final String key;

  QuotaKind(String key) {
    this.key = key;
  }

  /** Empty: a quota this broker does not know, which limits nothing. */
  static Optional<QuotaKind> of(String key) {
    for (QuotaKind kind : values()) {
      if (kind.key.equals(key)) return Optional.of(kind);
    }
    return Optional.empty();
  }
}
