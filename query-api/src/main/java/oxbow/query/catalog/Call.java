package oxbow.query.catalog;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.QueryParams;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.BadRequestException;
import org.jspecify.annotations.Nullable;

/**
 * A request.
 *
 * @param path decoded, part by part
 * @param ifNoneMatch what the client holds already
 */
record Call(
    HttpMethod method,
    List<String> path,
    QueryParams query,
    @Nullable String ifNoneMatch,
    HttpData body) {
  /** Between the parts of a namespace. */
  private static final String SEPARATOR = "\u001f";

  /** The same where a client encoded it once too often, as older ones do. */
  private static final String ENCODED_SEPARATOR = "%1F";

  private static final int NAMESPACE_AT = 2;
  private static final int NAME_AT = 4;

  /** The parts between the slashes, decoded each on its own: a name may have a slash in it. */
  static List<String> path(String encoded) {
    List<String> parts = new ArrayList<>();
    for (String part : encoded.split("/", -1)) {
      if (!part.isEmpty()) parts.add(decoded(part));
    }
    return parts;
  }

  private static String decoded(String part) {
    try {
      // A plus is a plus in a path.
      return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new BadRequestException(e, "the path is not encoded as a URL: %s", e.getMessage());
    }
  }

  Namespace namespace() {
    return namespace(path.get(NAMESPACE_AT));
  }

  TableIdentifier table() {
    return TableIdentifier.of(namespace(), path.get(NAME_AT));
  }

  /** Namespaces below it are asked for; empty: all. */
  Namespace parent() {
    String parent = query.get("parent", "");
    return parent.isEmpty() ? Namespace.empty() : namespace(parent);
  }

  private static Namespace namespace(String joined) {
    return Namespace.of(joined.replace(ENCODED_SEPARATOR, SEPARATOR).split(SEPARATOR, -1));
  }

  boolean flag(String name) {
    return Boolean.parseBoolean(query.get(name, "false"));
  }

  /** After which name the page begins. */
  Optional<String> pageAfter() {
    return Optional.ofNullable(query.get("pageToken")).filter(token -> !token.isEmpty());
  }

  /** Empty: everything in one answer. */
  OptionalInt pageSize() {
    String size = query.get("pageSize");
    if (size == null) return OptionalInt.empty();
    try {
      int count = Integer.parseInt(size);
      if (count > 0) return OptionalInt.of(count);
    } catch (NumberFormatException _) {
      // told below
    }
    throw new BadRequestException("pageSize is no positive number: %s", size);
  }
}
