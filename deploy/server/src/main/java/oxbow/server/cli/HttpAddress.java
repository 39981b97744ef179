package oxbow.server.cli;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where something answers over HTTP, and who asks there.
 *
 * @param root without a slash at its end, and without who asks: it may be shown
 * @param authorization what the header of that name says; empty: nobody asked for it
 */
record HttpAddress(URI root, Optional<String> authorization) {
  /**
   * Reads a URL, in which a user and a password may stand before the host.
   *
   * @param user {@code USER:PASSWORD}, instead of those in the URL
   * @throws IllegalArgumentException it is no URL of HTTP
   */
  static HttpAddress of(String url, @Nullable String user) {
    URI given = URI.create(url.strip().replaceAll("/+$", ""));
    boolean isHttp = "http".equals(given.getScheme()) || "https".equals(given.getScheme());
    if (!isHttp || given.getHost() == null || given.getPort() > 65535) {
      throw new IllegalArgumentException("no URL of HTTP");
    }
    String inUrl = given.getRawUserInfo();
    String root = given.toString();
    if (inUrl != null) root = root.replaceFirst("//[^@/]*@", "//");
    String who = user == null || user.isEmpty() ? decoded(inUrl) : user;
    return new HttpAddress(
        URI.create(root), Optional.ofNullable(who).map(HttpAddress::authorization));
  }

  /** Percent signs stand for characters that a URL can't have, a plus for itself. */
  private static @Nullable String decoded(@Nullable String inUrl) {
    return inUrl == null
        ? null
        : URLDecoder.decode(inUrl.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static String authorization(String who) {
    String whole = who.contains(":") ? who : who + ":";
    return "Basic " + Base64.getEncoder().encodeToString(whole.getBytes(StandardCharsets.UTF_8));
  }
}
