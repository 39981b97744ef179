package oxbow.schema.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A schema's text and those it refers to, and what each {@code $ref} in them points at. Knows
 * nothing but these texts: an address is only a name here. Immutable once built.
 */
final class Documents {
  /** Where a schema stands, what it is relative to, and how it is read. */
  record Place(JsonNode json, Resource resource) {}

  /** A schema with an address of its own, and all in it up to the next such one. */
  record Resource(JsonNode root, String address, Draft draft) {}

  /** Values, not schemas: an address in them is none. */
  private static final Set<String> VALUES = Set.of("enum", "const", "default", "examples");

  private final Place root;
  private final Map<String, Resource> byAddress = new HashMap<>();
  private final Map<String, Resource> byName = new HashMap<>();
  private final Map<String, Place> anchors = new HashMap<>();

  /** The resources by the schemas that have an address. */
  private final IdentityHashMap<JsonNode, Resource> inner = new IdentityHashMap<>();

  Documents(JsonNode root, Map<String, JsonNode> referenced) {
    referenced.forEach((name, json) -> {
      Resource resource = new Resource(json, withoutFragment(name), Draft.of(json));
      Resource outermost = collect(json, resource);
      byName.put(withoutFragment(name), outermost);
      byAddress.putIfAbsent(resource.address(), outermost);
    });
    this.root = new Place(root, collect(root, new Resource(root, "", Draft.of(root))));
  }

  Place root() {
    return root;
  }

  /** A schema right within another one. */
  Place within(Place place, JsonNode json) {
    Resource own = inner.get(json);
    return new Place(json, own == null ? place.resource() : own);
  }

  /** What a reference in this place points at; null: nothing that is known. */
  @Nullable Place resolve(Place from, String reference) {
    int hash = reference.indexOf('#');
    String address = hash < 0 ? reference : reference.substring(0, hash);
    String fragment = hash < 0 ? "" : reference.substring(hash + 1);
    Resource resource = address.isEmpty() ? from.resource() : resource(from, address);
    if (resource == null) return null;
    if (fragment.isEmpty()) return new Place(resource.root(), resource);
    if (!fragment.startsWith("/")) return anchors.get(resource.address() + "#" + fragment);
    return pointed(resource, fragment);
  }

  /** The drafts' own schemas, which may be referred to without being declared. */
  static boolean isOfTheDraftsThemselves(String reference) {
    return reference.startsWith("http://json-schema.org/")
        || reference.startsWith("https://json-schema.org/");
  }

  private @Nullable Resource resource(Place from, String address) {
    Resource named = byName.get(address);
    if (named != null) return named;
    String absolute = resolved(from.resource().address(), address);
    Resource found = byAddress.get(absolute);
    if (found == null) found = byName.get(absolute);
    // Inlined documents have their names for addresses, whatever those are relative to.
    return found == null ? byAddress.get(address) : found;
  }

  private @Nullable Place pointed(Resource resource, String pointer) {
    Place place = new Place(resource.root(), resource);
    for (String step : pointer.substring(1).split("/", -1)) {
      String name = decoded(step).replace("~1", "/").replace("~0", "~");
      JsonNode json = place.json();
      JsonNode next = json.isArray() ? json.get(index(name)) : json.get(name);
      if (next == null) return null;
      place = within(place, next);
    }
    return place;
  }

  private static int index(String step) {
    try {
      return Integer.parseInt(step);
    } catch (NumberFormatException _) {
      return -1;
    }
  }

  private static String decoded(String step) {
    try {
      return URLDecoder.decode(step.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return step;
    }
  }

  /** Notes all addresses and anchors in a document; gives its outermost resource. */
  private Resource collect(JsonNode json, Resource outer) {
    Resource resource = outer;
    // An inlined document may be of another draft than what it stands in.
    Draft draft = json.path("$schema").isTextual() ? Draft.of(json) : outer.draft();
    String id = json.path(draft.idKeyword()).asText();
    if (json.isObject() && !id.isEmpty()) {
      if (id.startsWith("#")) {
        anchors.putIfAbsent(outer.address() + id, new Place(json, outer));
      } else {
        String address = resolved(outer.address(), withoutFragment(id));
        resource = new Resource(json, address, draft);
        byAddress.putIfAbsent(address, resource);
        inner.put(json, resource);
      }
    }
    for (String keyword : new String[] {"$anchor", "$dynamicAnchor"}) {
      String anchor = json.path(keyword).asText();
      if (!anchor.isEmpty()) {
        anchors.putIfAbsent(resource.address() + "#" + anchor, new Place(json, resource));
      }
    }
    Resource within = resource;
    json.properties()
        .forEach(each -> {
          if (!VALUES.contains(each.getKey())) collect(each.getValue(), within);
        });
    if (json.isArray()) json.forEach(each -> collect(each, within));
    return resource;
  }

  private static String withoutFragment(String address) {
    int hash = address.indexOf('#');
    return hash < 0 ? address : address.substring(0, hash);
  }

  private static String resolved(String base, String address) {
    try {
      return new URI(base).resolve(new URI(address)).toString();
    } catch (URISyntaxException _) {
      return address;
    }
  }
}
