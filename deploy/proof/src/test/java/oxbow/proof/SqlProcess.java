package oxbow.proof;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** An engine in a process of its own that takes statements by lines, one at a time. */
final class SqlProcess implements AutoCloseable {
  private static final String MARK = "@@ ";
  private static final JsonMapper JSON = new JsonMapper();

  private final ChildProcess process;
  private int answersRead;

  SqlProcess(ChildProcess process) {
    this.process = process;
  }

  /** Runs a statement that succeeds; its rows. */
  List<JsonNode> rows(String statement) {
    begin(statement);
    return rest(statement);
  }

  /** Runs a statement that fails; why it does. */
  String refusal(String statement) {
    begin(statement);
    Answer answer = end(statement);
    return answer.failure.orElseThrow(
        () -> new AssertionError(statement + " succeeded: " + answer.rows));
  }

  /** Begins a statement that succeeds; {@link #rest} ends it. */
  void begin(String statement) {
    process.type(statement.replaceAll("\\s+", " ").strip() + "\n");
  }

  /** How many rows the statement under way has told of. */
  int rowsSoFar() {
    return answers().size();
  }

  /** All rows of the statement under way, once it has ended. */
  List<JsonNode> rest(String statement) {
    Answer answer = end(statement);
    if (answer.failure.isPresent()) {
      throw new AssertionError(statement + ": " + answer.failure.get());
    }
    return answer.rows;
  }

  private record Answer(List<JsonNode> rows, Optional<String> failure) {}

  private Answer end(String statement) {
    List<JsonNode> rows = new ArrayList<>();
    String last =
        Await.value(
            statement,
            Await.LONG,
            () -> {
              if (!process.isAlive()) {
                throw new Await.Hopeless("the engine has ended:\n" + process.output());
              }
              List<String> answers = answers();
              boolean isWhole = !answers.isEmpty() && !answers.getLast().startsWith("ROW ");
              return isWhole ? answers.getLast() : null;
            });
    for (String line : answers()) {
      answersRead++;
      if (line.startsWith("ROW ")) rows.add(json(line.substring(4)));
    }
    return new Answer(
        rows, last.startsWith("FAILED ") ? Optional.of(last.substring(7)) : Optional.empty());
  }

  /** Whole lines that belong to the statement under way. */
  private List<String> answers() {
    String output = process.output();
    Stream<String> lines = output.substring(0, output.lastIndexOf('\n') + 1).lines();
    return lines
        .filter(line -> line.startsWith(MARK))
        .map(line -> line.substring(MARK.length()))
        .filter(line -> !line.startsWith("READY "))
        .skip(answersRead)
        .toList();
  }

  private static JsonNode json(String row) {
    try {
      return JSON.readTree(row);
    } catch (JsonProcessingException e) {
      throw new AssertionError("no row: " + row, e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
