package oxbow.cold.store;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the names of objects lie in a directory. Usual names stay as they are. Three things need
 * another spelling, which begins with a percent sign that no other name keeps:
 *
 * <pre>
 *   a percent sign       %25
 *   a file that could    name%-     files have an extension, directories have none, so that an
 *   be a directory                  object can be called as the directory of others is
 *   and the other way    name%+
 *   a part too long      first%_/rest
 *   for a file system
 * </pre>
 */
final class LocalNames {
  /** Where files lie while they are written; no object's name becomes this. */
  static final String UNFINISHED = "%unfinished";

  private static final String FILE = "%-";
  private static final String DIRECTORY = "%+";
  private static final String CONTINUED = "%_";
  private static final Pattern EXTENSION = Pattern.compile(".*\\.[a-z0-9]{2,8}");

  /** Of UTF-8; with its mark it fits the 255 of file systems. */
  private static final int PART_BYTES_MAX = 240;

  private LocalNames() {}

  /** The parts of an object's path. */
  static List<String> parts(String name) {
    List<String> parts = new ArrayList<>();
    String[] segments = name.split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      String rest = segments[i];
      for (int cut = cut(rest); cut < rest.length(); cut = cut(rest)) {
        parts.add(escape(rest.substring(0, cut)) + CONTINUED);
        rest = rest.substring(cut);
      }
      boolean isFile = i == segments.length - 1;
      boolean looksLikeFile = EXTENSION.matcher(rest).matches();
      // What is left of a long part may look like a way through directories.
      boolean isPlain = isFile ? looksLikeFile : !looksLikeFile && !rest.matches("\\.\\.?");
      String mark = isPlain ? "" : isFile ? FILE : DIRECTORY;
      parts.add(escape(rest) + mark);
    }
    return parts;
  }

  /** What a part of a path says of an object's name. */
  static @Nullable Part part(String path, boolean isDirectory) {
    String mark = path.length() < 2 ? "" : path.substring(path.length() - 2);
    boolean isMarked =
        isDirectory ? mark.equals(DIRECTORY) || mark.equals(CONTINUED) : mark.equals(FILE);
    String bare = isMarked ? path.substring(0, path.length() - 2) : path;
    String text = unescape(bare);
    if (text == null) return null;
    if (!isDirectory) return new Part(text, false, false);
    return mark.equals(CONTINUED) ? new Part(text, true, true) : new Part(text + "/", true, false);
  }

  /** How much of a part is spelled in one go. */
  private static int cut(String part) {
    int bytes = 0;
    for (int at = 0; at < part.length(); ) {
      int character = part.codePointAt(at);
      bytes += character == '%' ? 3 : ObjectNames.utf8Bytes(character);
      if (bytes > PART_BYTES_MAX) return at;
      at += Character.charCount(character);
    }
    return part.length();
  }

  private static String escape(String text) {
    return text.replace("%", "%25");
  }

  /** Null: it isn't ours. */
  private static @Nullable String unescape(String text) {
    String plain = text.replace("%25", "");
    return plain.contains("%") ? null : text.replace("%25", "%");
  }

  /**
   * A file or directory as part of names.
   *
   * @param text with a slash behind a whole part
   * @param isContinued the text goes on in the directory
   */
  record Part(String text, boolean isDirectory, boolean isContinued) {}
}
