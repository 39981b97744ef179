package oxbow.server.cli;

/** Reads {@code \t}, {@code \n}, {@code \r}, {@code \0} and {@code \\} in options. */
final class Escapes {
  private Escapes() {}

  static String plain(String text) {
    var plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\' || i + 1 == text.length()) {
        plain.append(c);
        continue;
      }
      char next = text.charAt(++i);
      switch (next) {
        case 't' -> plain.append('\t');
        case 'n' -> plain.append('\n');
        case 'r' -> plain.append('\r');
        case '0' -> plain.append('\0');
        case '\\' -> plain.append('\\');
        default -> plain.append(c).append(next);
      }
    }
    return plain.toString();
  }
}
