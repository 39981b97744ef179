package oxbow.schema.http;

import com.linecorp.armeria.common.QueryParams;
import com.linecorp.armeria.common.QueryParamsBuilder;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import oxbow.schema.Subject;

/**
 * Paths and queries as they are meant: {@code /contexts/c/...} puts the context before the subject,
 * wherever that stands, and an alias is replaced by what it stands for.
 */
final class Paths {
  private Paths() {}

  /** What a request asks for. */
  record Target(List<String> path, QueryParams query) {}

  /**
   * @param resolved a subject's name from one that may be an alias
   */
  static Target target(String encodedPath, QueryParams query, UnaryOperator<String> resolved) {
    Target inContext = inContext(parts(encodedPath), query);
    return withoutAliases(inContext, resolved);
  }

  /** The parts between the slashes, decoded each on its own: a name may have a slash in it. */
  private static List<String> parts(String encodedPath) {
    List<String> parts = new ArrayList<>();
    for (String part : encodedPath.split("/")) {
      if (!part.isEmpty()) parts.add(decoded(part));
    }
    return parts;
  }

  private static String decoded(String part) {
    try {
      // A plus is a plus in a path.
      return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw HttpError.badBody("the path is not encoded as a URL: " + e.getMessage());
    }
  }

  private static Target inContext(List<String> path, QueryParams query) {
    if (path.size() < 2 || !path.getFirst().equals("contexts")) return new Target(path, query);
    String prefix;
    try {
      prefix = Subject.contextPrefix(path.get(1));
    } catch (IllegalArgumentException e) {
      throw HttpError.badBody(String.valueOf(e.getMessage()));
    }
    if (path.size() == 2) return new Target(List.of("contexts", prefix), query);

    List<String> rest = new ArrayList<>(path.subList(2, path.size()));
    boolean isSetting = rest.getFirst().equals("config") || rest.getFirst().equals("mode");
    int subject = isSetting ? 1 : rest.indexOf("subjects") + 1;
    if (subject > 0 && subject < rest.size()) {
      rest.set(subject, prefixed(rest.get(subject), prefix));
    } else if (isSetting && !prefix.isEmpty()) {
      rest.add(prefix);
    }
    return new Target(rest, inContext(rest, query, prefix));
  }

  private static QueryParams inContext(List<String> rest, QueryParams query, String prefix) {
    QueryParamsBuilder changed = query.toBuilder();
    if (isById(rest)) {
      changed.set("subject", prefixed(query.get("subject", ""), prefix));
    } else if (rest.equals(List.of("schemas")) || rest.equals(List.of("subjects"))) {
      changed.set("subjectPrefix", prefixed(query.get("subjectPrefix", ""), prefix));
    } else if (rest.getFirst().startsWith("associations")) {
      changed.set("context", prefix); // of the subjects in the body
    }
    return changed.build();
  }

  private static boolean isById(List<String> path) {
    return path.size() > 2 && path.get(0).equals("schemas") && path.get(1).equals("ids");
  }

  private static String prefixed(String subject, String prefix) {
    return Subject.isQualified(subject) ? subject : prefix + subject;
  }

  private static Target withoutAliases(Target target, UnaryOperator<String> resolved) {
    List<String> path = new ArrayList<>(target.path());
    int subject = path.indexOf("subjects") + 1;
    boolean isSubject =
        subject == 1
            || (subject == 2
                && (path.getFirst().equals("compatibility")
                    || path.getFirst().equals("associations")));
    if (isSubject && subject < path.size()) {
      path.set(subject, resolved.apply(Subject.normal(path.get(subject))));
    }
    if (!isById(path)) return new Target(path, target.query());
    String named = target.query().get("subject");
    if (named == null || named.isEmpty()) return new Target(path, target.query());
    return new Target(
        path,
        target.query().toBuilder().set("subject", resolved.apply(Subject.normal(named))).build());
  }
}
