package oxbow.server.config;

import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a bucket is. */
public sealed interface BucketUrl {
  Pattern S3_URL = Pattern.compile("s3a?://([^/]*)(?:/(.*))?");
  Pattern S3_BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");

  /** Also one that is written wrong: nobody means a directory called {@code s3:}. */
  Pattern SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]+:.*");

  /** A directory that stands in for one. */
  record Directory(Path path) implements BucketUrl {
    @Override
    public String toString() {
      return path.toString();
    }
  }

  /**
   * One of S3, or of a server that speaks as S3 does.
   *
   * @param prefix of all names in it; empty, or ends with a slash
   */
  record S3(String bucket, String prefix) implements BucketUrl {
    @Override
    public String toString() {
      return "s3://" + bucket + "/" + prefix;
    }
  }

  /** Reads one; throws {@link BadValueException} with the rule it breaks. */
  static BucketUrl parse(String text) {
    Matcher s3 = S3_URL.matcher(text);
    if (s3.matches()) return s3(s3.group(1), s3.group(2) == null ? "" : s3.group(2));
    if (text.isEmpty()) throw new BadValueException("must name a bucket");
    try {
      if (text.startsWith("file:")) return new Directory(Path.of(URI.create(text)));
      if (SCHEME.matcher(text).matches()) {
        throw new BadValueException("is a path, file:///path or s3://bucket/prefix");
      }
      return new Directory(Path.of(text));
    } catch (InvalidPathException e) {
      throw new BadValueException("must be a path");
    } catch (IllegalArgumentException e) {
      throw new BadValueException("is written file:///path where it is a directory");
    }
  }

  private static S3 s3(String bucket, String path) {
    if (!S3_BUCKET.matcher(bucket).matches()) {
      throw new BadValueException(
          "names a bucket of 3 to 63 small letters, digits, dots and hyphens after s3://");
    }
    String prefix = path.replaceFirst("/+$", "");
    for (String part : prefix.isEmpty() ? new String[0] : prefix.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw new BadValueException("has a prefix with a part that is empty, '.' or '..'");
      }
    }
    return new S3(bucket, prefix.isEmpty() ? "" : prefix + "/");
  }
}
