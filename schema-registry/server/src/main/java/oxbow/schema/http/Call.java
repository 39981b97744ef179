package oxbow.schema.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.QueryParams;
import java.util.List;
import oxbow.schema.RegistryException;
import oxbow.schema.registry.Registry;

/**
 * One request, taken apart.
 *
 * @param path its parts, decoded, with the context put before the subject
 * @param body missing where the method has none
 */
record Call(HttpMethod method, List<String> path, QueryParams query, JsonNode body) {
  boolean isGet() {
    return method == HttpMethod.GET || method == HttpMethod.HEAD;
  }

  String part(int index) {
    return path.get(index);
  }

  boolean flag(String name) {
    return Boolean.parseBoolean(query.get(name, "false"));
  }

  String text(String name, String otherwise) {
    return query.get(name, otherwise);
  }

  /** Numbers that are none are no such resource, as in Confluent's server. */
  int number(String name, int otherwise) {
    String given = query.get(name);
    return given == null ? otherwise : parsed(given);
  }

  static int parsed(String number) {
    try {
      return Integer.parseInt(number);
    } catch (NumberFormatException e) {
      throw HttpError.notFound();
    }
  }

  /** A version in the path: a number from 1 on, or the latest. */
  int version(int index) {
    String given = part(index).strip();
    if (given.equalsIgnoreCase("latest")) return Registry.LATEST;
    int version;
    try {
      version = Integer.parseInt(given);
    } catch (NumberFormatException e) {
      throw RegistryException.invalidVersion(given);
    }
    if (version <= 0 && version != Registry.LATEST) throw RegistryException.invalidVersion(given);
    return version;
  }

  /** A name of a constant that is none is no such resource either. */
  static <T extends Enum<T>> T constant(Class<T> type, String name) {
    try {
      return Enum.valueOf(type, name);
    } catch (IllegalArgumentException e) {
      throw HttpError.notFound();
    }
  }

  Registry.Filter filter() {
    return flag("deleted") ? Registry.Filter.ALL : Registry.Filter.LIVE;
  }

  /** The part of a list that was asked for. */
  <T> List<T> page(List<T> all, int limitMax) {
    int offset = Math.max(0, number("offset", 0));
    int given = number("limit", -1);
    int limit = given > 0 && given <= limitMax ? given : limitMax;
    if (offset >= all.size()) return List.of();
    return all.subList(offset, (int) Math.min((long) offset + limit, all.size()));
  }

  JsonNode requiredBody() {
    if (body.isMissingNode() || body.isNull()) {
      throw new HttpError(
          HttpStatus.UNPROCESSABLE_ENTITY.code(), "the request body must not be null");
    }
    if (!body.isObject()) throw HttpError.badBody("the request body is no JSON object");
    return body;
  }
}
