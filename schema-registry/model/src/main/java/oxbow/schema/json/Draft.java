package oxbow.schema.json;

import com.fasterxml.jackson.databind.JsonNode;

/** The versions of JSON Schema, as far as they read a text differently. */
enum Draft {
  DRAFT_4,
  /** Drafts 6 and 7; also of texts that name none, as Confluent's registry has it. */
  DRAFT_7,
  DRAFT_2019,
  DRAFT_2020;

  static Draft of(JsonNode root) {
    String name = root.path("$schema").asText();
    if (name.contains("2020-12")) return DRAFT_2020;
    if (name.contains("2019-09")) return DRAFT_2019;
    if (name.contains("draft-04")) return DRAFT_4;
    return DRAFT_7;
  }

  /** The keyword that gives a schema its own address. */
  String idKeyword() {
    return this == DRAFT_4 ? "id" : "$id";
  }

  /** Whether what stands beside a {@code $ref} counts. */
  boolean hasKeywordsBesideReferences() {
    return compareTo(DRAFT_2019) >= 0;
  }

  /** Whether {@code items} stands for what follows {@code prefixItems}. */
  boolean hasPrefixItems() {
    return this == DRAFT_2020;
  }
}
