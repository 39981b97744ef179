package oxbow.proof;

/** A broker in a process of its own, reachable on loopback. */
sealed interface BrokerProcess extends AutoCloseable permits ApacheKafka, Oxbow {
  /** The address that clients begin with. */
  String bootstrap();

  /** What the process has written. */
  String output();

  @Override
  void close();
}
