package oxbow.cold.file;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The objects that another engine wrote, in which the records of one range lie in whatever order.
 * Together they are one {@link ColdFile}: its name tells them, a line each with its length, and a
 * position in it says which of them it is in.
 */
public record ForeignObjects(List<Part> parts) {
  private static final int POSITION_BITS = 44;
  private static final long POSITION_MASK = (1L << POSITION_BITS) - 1;
  private static final String SCHEME = "foreign:";

  /** One object. */
  public record Part(String name, long bytes) {}

  /** Where bytes lie. */
  public record Place(String object, long position) {}

  public ForeignObjects {
    parts = List.copyOf(parts);
  }

  /** The name of the file that these are. */
  public String name() {
    StringBuilder name = new StringBuilder(SCHEME);
    for (Part part : parts) name.append('\n').append(part.bytes).append(' ').append(part.name);
    return name.toString();
  }

  public static ForeignObjects of(String name) {
    List<Part> parts = new ArrayList<>();
    for (String line : name.substring(SCHEME.length() + 1).split("\n")) {
      int space = line.indexOf(' ');
      parts.add(new Part(line.substring(space + 1), Long.parseLong(line, 0, space, 10)));
    }
    return new ForeignObjects(parts);
  }

  /** A position in one of the objects as a position in all of them. */
  public static long position(int part, long position) {
    return (long) part << POSITION_BITS | position;
  }

  /** The object in which a position of a file lies, be it ours or others'. */
  public static Place place(String name, long position) {
    if (!name.startsWith(SCHEME)) return new Place(name, position);
    int part = (int) (position >>> POSITION_BITS);
    return new Place(of(name).parts.get(part).name, position & POSITION_MASK);
  }

  /** The objects that a file is: one, if it is ours. */
  public static Collection<String> objects(ColdFile file) {
    if (!file.name().startsWith(SCHEME)) return List.of(file.name());
    return of(file.name()).parts.stream().map(Part::name).toList();
  }
}
