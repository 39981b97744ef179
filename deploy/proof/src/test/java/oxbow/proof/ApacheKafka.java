package oxbow.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Apache Kafka with one combined node: the source of mirrors, and the measure of these tests. */
final class ApacheKafka implements BrokerProcess {
  private final int port;
  private final ChildProcess process;

  private ApacheKafka(int port, ChildProcess process) {
    this.port = port;
    this.process = process;
  }

  static ApacheKafka start(Path folder, KafkaTools tools) {
    int port = Ports.free();
    int controllerPort = Ports.free();
    Path properties = folder.resolve("server.properties");
    try {
      Files.createDirectories(folder);
      Files.writeString(
          properties,
          """
          process.roles=broker,controller
          node.id=1
          controller.quorum.bootstrap.servers=127.0.0.1:%2$d
          listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
          advertised.listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
          controller.listener.names=CONTROLLER
          listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
          log.dirs=%3$s
          offsets.topic.replication.factor=1
          offsets.topic.num.partitions=5
          transaction.state.log.replication.factor=1
          transaction.state.log.min.isr=1
          share.coordinator.state.topic.replication.factor=1
          share.coordinator.state.topic.min.isr=1
          group.initial.rebalance.delay.ms=0
          group.streams.initial.rebalance.delay.ms=0
          """
              .formatted(port, controllerPort, folder.resolve("data")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ToolResult _ =
        tools
            .run(
                KafkaTools.STORAGE,
                "format",
                "--standalone",
                "--cluster-id",
                "MkU3OEVBNTcwNTJENDM2Qk",
                "--config",
                properties.toString())
            .ok();
    ChildProcess process =
        ChildProcess.java(
            "kafka",
            folder,
            ClassPaths.kafka(),
            List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            List.of("kafka.Kafka", properties.toString()));
    ApacheKafka kafka = new ApacheKafka(port, process);
    Ports.awaitListening(port, process);
    return kafka;
  }

  @Override
  public String bootstrap() {
    return "127.0.0.1:" + port;
  }

  @Override
  public String output() {
    return process.output();
  }

  @Override
  public void close() {
    process.kill(); // its data is thrown away with it
  }
}
