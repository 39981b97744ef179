package oxbow.cold.state;

import java.util.List;

/** How far groups have come, and where logs begin: what moves all the time. */
public record Positions(List<GroupOffset> groups, List<LogStart> logStarts) {
  public static final Positions EMPTY = new Positions(List.of(), List.of());

  public Positions {
    groups = List.copyOf(groups);
    logStarts = List.copyOf(logStarts);
  }
}
