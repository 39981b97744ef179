package oxbow.query.console;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.MediaType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * A file of the console, as it is and compressed.
 *
 * @param tag names these contents: of other contents it is another one
 */
record ConsoleFile(MediaType type, HttpData plain, HttpData gzip, String tag) {
  private static final String INDEX = "index.html";

  // No dot but the one before the ending: no name leads out of the directory.
  private static final Pattern NAME =
      Pattern.compile("[a-z][a-z0-9-]*(?:/[a-z][a-z0-9-]*)*\\.(css|js|svg)");
  private static final int TAG_BYTES = 12;

  /** Reads the page itself; every other file is fetched because this one says so, or the next. */
  static ConsoleFile page() {
    return read(INDEX, MediaType.HTML_UTF_8)
        .orElseThrow(() -> new IllegalStateException("the console's page is missing"));
  }

  /** Reads another file from the resources; empty: there is none of this name. */
  static Optional<ConsoleFile> load(String name) {
    var matcher = NAME.matcher(name);
    return matcher.matches() ? read(name, type(matcher.group(1))) : Optional.empty();
  }

  private static Optional<ConsoleFile> read(String name, MediaType type) {
    try (InputStream in = ConsoleFile.class.getResourceAsStream(name)) {
      if (in == null) return Optional.empty();
      byte[] plain = in.readAllBytes();
      return Optional.of(
          new ConsoleFile(
              type, HttpData.wrap(plain), HttpData.wrap(compressed(plain)), tag(plain)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static MediaType type(String ending) {
    return switch (ending) {
      case "css" -> MediaType.CSS_UTF_8;
      case "js" -> MediaType.parse("text/javascript; charset=utf-8");
      default -> MediaType.parse("image/svg+xml; charset=utf-8");
    };
  }

  private static byte[] compressed(byte[] plain) throws IOException {
    var bytes = new ByteArrayOutputStream(plain.length / 2);
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(plain);
    }
    return bytes.toByteArray();
  }

  private static String tag(byte[] plain) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(plain);
      return "W/\"" + HexFormat.of().formatHex(hash, 0, TAG_BYTES) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
