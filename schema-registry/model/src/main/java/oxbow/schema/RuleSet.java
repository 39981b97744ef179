package oxbow.schema;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a schema. Part of its identity.
 *
 * @param enableAt where they are applied: a client, a gateway, ...
 */
public record RuleSet(
    List<Rule> migrationRules,
    List<Rule> domainRules,
    List<Rule> encodingRules,
    @Nullable String enableAt) {
  public RuleSet {
    migrationRules = List.copyOf(migrationRules);
    domainRules = List.copyOf(domainRules);
    encodingRules = List.copyOf(encodingRules);
  }

  /** Both, where rules of {@code over} replace those of the same name; null if both are absent. */
  public static @Nullable RuleSet merged(@Nullable RuleSet under, @Nullable RuleSet over) {
    if (under == null) return over;
    if (over == null) return under;
    return new RuleSet(
        merged(under.migrationRules, over.migrationRules),
        merged(under.domainRules, over.domainRules),
        merged(under.encodingRules, over.encodingRules),
        over.enableAt == null ? under.enableAt : over.enableAt);
  }

  private static List<Rule> merged(List<Rule> under, List<Rule> over) {
    Set<String> replaced =
        over.stream().map(rule -> String.valueOf(rule.name())).collect(Collectors.toSet());
    var both = new ArrayList<Rule>();
    for (Rule rule : under) {
      if (!replaced.contains(String.valueOf(rule.name()))) both.add(rule);
    }
    both.addAll(over);
    return both;
  }

  public RuleSet without(Set<String> names) {
    Predicate<Rule> stays = rule -> rule.name() == null || !names.contains(rule.name());
    return new RuleSet(
        migrationRules.stream().filter(stays).toList(),
        domainRules.stream().filter(stays).toList(),
        encodingRules.stream().filter(stays).toList(),
        enableAt);
  }

  public boolean hasRuleOfType(String type) {
    return Stream.of(migrationRules, domainRules, encodingRules)
        .flatMap(List::stream)
        .anyMatch(rule -> type.equals(rule.type()));
  }

  /** Throws {@link RegistryException} if a client could not make sense of it. */
  public void validate() {
    var names = new HashSet<String>();
    validate(migrationRules, names, true, "Migration rules can only be UPGRADE, DOWNGRADE, UPDOWN");
    validate(domainRules, names, false, "Domain rules can only be WRITE, READ, WRITEREAD");
    validate(encodingRules, names, false, "Encoding rules can only be WRITE, READ, WRITEREAD");
  }

  private static void validate(
      List<Rule> rules, Set<String> names, boolean areMigrations, String otherwise) {
    for (Rule rule : rules) {
      rule.validate();
      if (rule.name() != null && !names.add(rule.name())) {
        throw new RegistryException(
            RegistryException.Kind.INVALID_RULE_SET,
            "Found rule with duplicate name '" + rule.name() + "'");
      }
      if (rule.mode().isMigration() != areMigrations) {
        throw new RegistryException(RegistryException.Kind.INVALID_RULE_SET, otherwise);
      }
    }
  }
}
