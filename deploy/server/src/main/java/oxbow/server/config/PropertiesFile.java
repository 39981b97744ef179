package oxbow.server.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** Reads Java's properties format and keeps the line each setting stands in. */
final class PropertiesFile {
  private static final long BYTES_MAX = 1 << 20;

  private PropertiesFile() {}

  /** Every setting, in order, repeated ones included. What can't be read becomes a problem. */
  static List<Given> read(Path file, List<Problem> problems) {
    String text;
    try {
      if (Files.isDirectory(file)) {
        problems.add(new Problem(null, "the configuration file " + file + " is a directory"));
        return List.of();
      }
      if (Files.size(file) > BYTES_MAX) {
        problems.add(new Problem(null, "the configuration file " + file + " is larger than 1 MiB"));
        return List.of();
      }
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      problems.add(new Problem(null, "there is no configuration file " + file));
      return List.of();
    } catch (AccessDeniedException e) {
      problems.add(new Problem(null, "the configuration file " + file + " may not be read"));
      return List.of();
    } catch (IOException e) {
      problems.add(new Problem(null, "the configuration file can't be read: " + e));
      return List.of();
    }
    List<Given> settings = new ArrayList<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String first = lines.get(i).stripLeading();
      if (first.isEmpty() || first.startsWith("#") || first.startsWith("!")) continue;
      Origin origin = new Origin.FileLine(file, i + 1);
      var logical = new StringBuilder(first);
      while (continues(logical) && i + 1 < lines.size()) {
        logical.setLength(logical.length() - 1);
        logical.append(lines.get(++i).stripLeading());
      }
      addSetting(logical.toString(), origin, settings, problems);
    }
    return settings;
  }

  private static void addSetting(
      String line, Origin origin, List<Given> settings, List<Problem> problems) {
    var one = new Properties();
    try {
      one.load(new StringReader(line));
    } catch (IOException | IllegalArgumentException e) {
      problems.add(new Problem(null, origin + " can't be read: " + e.getMessage()));
      return;
    }
    for (String key : one.stringPropertyNames()) {
      settings.add(new Given(key, one.getProperty(key).strip(), origin));
    }
  }

  /** An odd number of backslashes at its end carries a line on. */
  private static boolean continues(CharSequence line) {
    int slashes = 0;
    while (slashes < line.length() && line.charAt(line.length() - 1 - slashes) == '\\') slashes++;
    return slashes % 2 == 1;
  }
}
