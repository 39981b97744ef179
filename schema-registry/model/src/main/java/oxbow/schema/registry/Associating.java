package oxbow.schema.registry;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import oxbow.schema.Association;
import oxbow.schema.Association.Lifecycle;
import oxbow.schema.Mode;
import oxbow.schema.RegistryException;
import oxbow.schema.SchemaReference;
import oxbow.schema.SchemaStore.Entry;
import oxbow.schema.StoredSchema;
import oxbow.schema.Subject;
import oxbow.schema.SubjectConfig;
import oxbow.schema.record.RecordCodec;
import oxbow.schema.record.RecordKey.AssociationKey;
import oxbow.schema.record.RecordValue.AssociationValue;
import oxbow.schema.record.RecordValue.ConfigValue;
import oxbow.schema.registry.AssociationRequest.Wanted;

/**
 * Says which subjects topics use, by Confluent's rules: a topic either owns its subjects (STRONG,
 * made with it, frozen, each its own name) or shares them (WEAK), for key and value alike.
 */
final class Associating {
  private final RegistryState state;
  private final Settings settings;
  private final Registering registering;
  private final Deleting deleting;
  private final Journal journal;
  private final Supplier<UUID> guids;

  Associating(
      RegistryState state,
      Settings settings,
      Registering registering,
      Deleting deleting,
      Journal journal,
      Supplier<UUID> guids) {
    this.state = state;
    this.settings = settings;
    this.registering = registering;
    this.deleting = deleting;
    this.journal = journal;
    this.guids = guids;
  }

  /**
   * What is wanted, beside what is there.
   *
   * @param subject qualified
   * @param lifecycle that it would have
   * @param known null: there is none
   * @param isKept it is what is wanted already
   */
  private record Plan(
      Wanted wanted,
      String subject,
      Lifecycle lifecycle,
      @Nullable Association known,
      boolean isKept) {
    String type() {
      return wanted.type();
    }
  }

  // ---- making and changing

  /**
   * Registers the schemas that come along, then makes or changes the associations; checks all of it
   * before.
   *
   * @param context of subjects that name none
   */
  AssociationOutcome put(String context, AssociationRequest request) {
    return journal.command(() -> putNow(context, request));
  }

  private AssociationOutcome putNow(String context, AssociationRequest request) {
    AssociatedResource resource = request.resource();
    List<Wanted> wanted = new ArrayList<>();
    for (Wanted one : request.wanted()) wanted.add(meant(context, one));
    AssociationRequest.requireDistinct(wanted.stream().map(Wanted::type).toList());
    Map<String, Association> known = known(request);

    List<Plan> plans = new ArrayList<>();
    for (Wanted one : wanted) plans.add(plan(request, one, known.get(one.type())));
    checkUniform(resource, plans);
    for (Plan plan : plans) checkSubject(plan, plans);
    for (Plan plan : plans) checkSchema(plan);
    if (request.isDryRun()) return new AssociationOutcome(resource, List.of(), Map.of());

    Map<String, StoredSchema> registered = new HashMap<>();
    for (Plan plan : plans) {
      if (plan.wanted().schema() == null || isImported(plan.subject())) continue;
      registered.put(
          plan.type(),
          registering.registerInCommand(
              plan.subject(), plan.wanted().schema(), plan.wanted().normalizes()));
    }
    return new AssociationOutcome(resource, write(resource, plans), registered);
  }

  /** With the subject's qualified name, that of an alias replaced by what it stands for. */
  private Wanted meant(String context, Wanted wanted) {
    if (wanted.subject() == null) return wanted;
    Subject named = Subject.of(wanted.subject()).within(Subject.of(context));
    String alias =
        state
            .config(named.qualified())
            .map(ConfigValue::config)
            .map(SubjectConfig::alias)
            .orElse("");
    Subject meant = alias.isEmpty() ? named : Subject.of(alias).within(named);
    if (!meant.isValid()) throw RegistryException.invalidSubject(meant.qualified());
    checkWritable(meant);
    return wanted.withSubject(meant.qualified());
  }

  private void checkWritable(Subject subject) {
    if (!settings.modeInScope(subject.qualified()).isReadOnly()) return;
    throw RegistryException.notPermitted(
        "Subject %s in context %s is in read-only mode"
            .formatted(subject.name(), subject.context()));
  }

  private boolean isImported(String subject) {
    return settings.modeInScope(subject) == Mode.IMPORT;
  }

  /** The resource's associations by their type. */
  private Map<String, Association> known(AssociationRequest request) {
    AssociatedResource resource = request.resource();
    // Somebody who asks before the topic is made knows no id of it, and may ask again.
    boolean byName = resource.id() == null && request.isCreate() && request.isDryRun();
    List<Association> found =
        byName ? lastNamed(resource) : resource.id() == null ? List.of() : ofId(resource);
    Map<String, Association> known = new HashMap<>();
    for (Association association : found) known.put(association.type(), association);
    return known;
  }

  private List<Association> ofId(AssociatedResource resource) {
    String id = resource.id();
    if (id == null) return List.of();
    return state.associations().ofResourceId(id).stream()
        .filter(association -> association.resourceType().equals(resource.type()))
        .toList();
  }

  /** Those of the resource changed last of all that have its name. */
  private List<Association> lastNamed(AssociatedResource resource) {
    List<Association> named =
        state.associations().ofResourceName(resource.name()).stream()
            .filter(association ->
                association.resourceNamespace().equals(resource.namespace())
                    && association.resourceType().equals(resource.type()))
            .toList();
    Optional<String> last =
        named.stream()
            .max(
                Comparator.comparingLong(Association::updatedMs)
                    .thenComparingLong(Association::createdMs)
                    .thenComparing(Association::resourceId))
            .map(Association::resourceId);
    return named.stream()
        .filter(association -> last.filter(association.resourceId()::equals).isPresent())
        .toList();
  }

  private Plan plan(AssociationRequest request, Wanted given, @Nullable Association known) {
    AssociatedResource resource = request.resource();
    Wanted wanted =
        known == null && !request.isCreate() ? given.withDefaults(request.manner()) : given;
    String own = resource.ownSubject(wanted.type());
    String subject = subject(wanted, known, own);
    Lifecycle lifecycle = lifecycle(wanted, known);
    if (lifecycle == Lifecycle.WEAK && wanted.schema() != null) throw Wanted.weakWithSchema();
    if (lifecycle == Lifecycle.WEAK && subject.equals(own)) throw Wanted.own(own);
    boolean isFrozen = known == null ? Boolean.TRUE.equals(wanted.isFrozen()) : known.isFrozen();
    boolean becomesFrozen = wanted.isFrozen() == null ? isFrozen : wanted.isFrozen();
    if (becomesFrozen != (lifecycle == Lifecycle.STRONG)) {
      throw Wanted.frozenAs(lifecycle, becomesFrozen);
    }
    if (isFrozen && !subject.equals(own)) throw Wanted.notOwn(own);

    Wanted named = wanted.withSubject(subject);
    if (known == null) {
      checkNew(request, named, subject, lifecycle);
      return new Plan(named, subject, lifecycle, null, false);
    }
    checkName(resource, known);
    boolean isKept = isSame(known, named);
    if (isKept) checkRepeated(request, named, known);
    else checkChange(request, named, known, own);
    return new Plan(named, subject, lifecycle, known, isKept);
  }

  private static String subject(Wanted wanted, @Nullable Association known, String own) {
    if (wanted.subject() != null) return wanted.subject();
    if (known != null) return known.subject();
    if (wanted.lifecycle() == Lifecycle.STRONG) return own;
    throw Wanted.subjectMissing();
  }

  private static Lifecycle lifecycle(Wanted wanted, @Nullable Association known) {
    if (wanted.lifecycle() != null) return wanted.lifecycle();
    if (known != null) return known.lifecycle();
    throw RegistryException.invalidAssociation("lifecycle", "lifecycle must be set");
  }

  private void checkNew(
      AssociationRequest request, Wanted wanted, String subject, Lifecycle lifecycle) {
    if (isImported(subject)) return; // it was made elsewhere, and is copied
    if (!request.isCreate() && lifecycle == Lifecycle.STRONG) {
      throw RegistryException.invalidAssociation(
          "lifecycle",
          "cannot be STRONG when creating an association; STRONG associations must be created"
              + " with the topic");
    }
    if (!Boolean.TRUE.equals(wanted.isFrozen())) return;
    if (request.isCreate() && wanted.schema() == null) {
      throw RegistryException.invalidAssociation(
          "schema", "schema must be provided when creating a frozen association");
    }
    Optional<StoredSchema> latest = state.latest(subject);
    if (latest.isEmpty()) return;
    // The one schema it was to get may be there: an attempt before this one came so far.
    boolean isRepeated = latest.get().version() == 1 && hasSchema(subject, wanted);
    if (!isRepeated) {
      throw RegistryException.invalidAssociation(
          "frozen", "cannot create a frozen association when schemas already exist in the subject");
    }
  }

  private boolean hasSchema(String subject, Wanted wanted) {
    return wanted.schema() != null
        && registering.find(subject, wanted.schema(), wanted.normalizes(), false).isPresent();
  }

  /** What was found by the resource's id is the same resource by its name. */
  private static void checkName(AssociatedResource resource, Association known) {
    if (!known.resourceName().equals(resource.name())) {
      throw RegistryException.invalidAssociation(
          "resourceName", "resource has the name '" + known.resourceName() + "'");
    }
    if (!known.resourceNamespace().equals(resource.namespace())) {
      throw RegistryException.invalidAssociation(
          "resourceNamespace", "resource is in the namespace '" + known.resourceNamespace() + "'");
    }
  }

  private static boolean isSame(Association known, Wanted wanted) {
    return known.subject().equals(wanted.subject())
        && (wanted.lifecycle() == null || wanted.lifecycle() == known.lifecycle())
        && (wanted.isFrozen() == null || wanted.isFrozen() == known.isFrozen());
  }

  private void checkRepeated(AssociationRequest request, Wanted wanted, Association known) {
    if (!request.isCreate() || wanted.schema() == null) return;
    if (!hasSchema(known.subject(), wanted)) {
      throw RegistryException.resourceAssociated(known.type(), known.resourceName());
    }
  }

  private static void checkChange(
      AssociationRequest request, Wanted wanted, Association known, String own) {
    if (request.isCreate()) {
      throw RegistryException.resourceAssociated(known.type(), known.resourceName());
    }
    if (wanted.lifecycle() == null && wanted.schema() == null) {
      throw RegistryException.invalidAssociation(
          "lifecycle", "at least lifecycle or schema must be provided for update");
    }
    if (!known.subject().equals(wanted.subject())) {
      throw RegistryException.invalidAssociation(
          "subject",
          "subject of association cannot be changed from '%s' to '%s'"
              .formatted(known.subject(), wanted.subject()));
    }
    boolean isGivenUp =
        known.lifecycle() == Lifecycle.STRONG && wanted.lifecycle() == Lifecycle.WEAK;
    if (isGivenUp && known.subject().equals(own)) {
      throw RegistryException.invalidAssociation(
          "lifecycle", "cannot change to WEAK when subject matches default format '" + own + "'");
    }
    if (wanted.isFrozen() != null && wanted.isFrozen() != known.isFrozen()) {
      throw RegistryException.invalidAssociation(
          "frozen", "frozen attribute of association cannot be changed");
    }
    if (known.isFrozen()) {
      throw RegistryException.associationFrozen(known.type(), known.subject());
    }
  }

  /** A topic owns its subjects or shares them: not one so and one so. */
  private void checkUniform(AssociatedResource resource, List<Plan> plans) {
    Map<String, Lifecycle> byType = new LinkedHashMap<>();
    List<Association> there = resource.id() == null ? lastNamed(resource) : ofId(resource);
    for (Association association : there) byType.put(association.type(), association.lifecycle());
    for (Plan plan : plans) byType.put(plan.type(), plan.lifecycle());
    if (EnumSet.copyOf(byType.values()).size() == 1) return;
    String all =
        byType.entrySet().stream()
            .map(one -> one.getKey() + "=" + one.getValue())
            .collect(Collectors.joining(", "));
    throw RegistryException.invalidAssociation(
        "lifecycle",
        "all associations for a resource must have the same lifecycle, but got " + all);
  }

  /** What the subject itself, and others that use it, have to say. */
  private void checkSubject(Plan plan, List<Plan> plans) {
    String subject = plan.subject();
    boolean hasSchema = plan.wanted().schema() != null;
    if (hasSchema && isImported(subject)) {
      throw RegistryException.invalidAssociation(
          "schema", "cannot be provided while subject '" + subject + "' is in IMPORT mode");
    }
    if (!hasSchema && state.latest(subject).isEmpty()) {
      throw RegistryException.noLiveVersion(subject);
    }
    List<Association> others =
        state.associations().ofSubject(subject).stream()
            .filter(association -> !isOf(plan.known(), association))
            .toList();
    switch (plan.lifecycle()) {
      case STRONG -> {
        if (!others.isEmpty()) throw RegistryException.subjectAssociated(subject);
        if (isReferred(subject) || isReferredBy(plans, subject)) {
          throw RegistryException.referenceExists(subject);
        }
      }
      case WEAK -> {
        if (others.stream().anyMatch(other -> other.lifecycle() == Lifecycle.STRONG)) {
          throw RegistryException.subjectOwned(subject);
        }
      }
    }
  }

  private static boolean isOf(@Nullable Association known, Association other) {
    return known != null
        && known.resourceId().equals(other.resourceId())
        && known.resourceType().equals(other.resourceType())
        && known.type().equals(other.type());
  }

  private boolean isReferred(String subject) {
    return state.versions(subject).stream()
        .anyMatch(version -> !state.referrers(subject, version.version()).isEmpty());
  }

  /** A schema that comes along is not registered yet, so the state tells nothing of it. */
  private static boolean isReferredBy(List<Plan> plans, String subject) {
    for (Plan plan : plans) {
      SchemaRequest schema = plan.wanted().schema();
      if (schema == null) continue;
      Subject referrer = Subject.of(plan.subject());
      for (SchemaReference reference : schema.references()) {
        if (Subject.of(reference.subject()).within(referrer).qualified().equals(subject)) {
          return true;
        }
      }
    }
    return false;
  }

  private void checkSchema(Plan plan) {
    SchemaRequest schema = plan.wanted().schema();
    if (schema == null) return;
    if (schema.ruleSet() != null) schema.ruleSet().validate();
    List<String> broken = registering.checkNext(plan.subject(), schema, plan.wanted().normalizes());
    if (!broken.isEmpty()) {
      throw new RegistryException(RegistryException.Kind.INCOMPATIBLE, broken.toString());
    }
  }

  /** Returns those that were made or changed, in the order they were asked for. */
  private List<Association> write(AssociatedResource resource, List<Plan> plans) {
    List<AssociationKey> keys = new ArrayList<>();
    List<Entry> entries = new ArrayList<>();
    for (Plan plan : plans) {
      if (plan.isKept()) continue;
      Association association = wanted(resource, plan);
      AssociationKey key = AssociationKey.of(association);
      keys.add(key);
      entries.add(RecordCodec.entry(key, new AssociationValue(association)));
    }
    if (entries.isEmpty()) return List.of();
    journal.append(entries, () -> keys.stream().allMatch(key -> find(key).isPresent()));
    return keys.stream().map(this::find).flatMap(Optional::stream).toList();
  }

  private Optional<Association> find(AssociationKey key) {
    return state.associations().find(key);
  }

  private Association wanted(AssociatedResource resource, Plan plan) {
    Association known = plan.known();
    boolean isFrozen = plan.lifecycle() == Lifecycle.STRONG;
    String id = resource.id();
    if (id == null) throw new IllegalStateException("written without the resource's id");
    return new Association(
        plan.subject(),
        known == null ? guids.get().toString() : known.guid(),
        resource.name(),
        resource.namespace(),
        id,
        resource.type(),
        plan.type(),
        plan.lifecycle(),
        isFrozen,
        known == null ? -1 : known.createdMs(),
        -1);
  }

  // ---- taking away

  /**
   * Takes a resource's associations away.
   *
   * @param cascades also frozen ones, and the subjects that the resource owns, for good
   */
  void delete(String resourceId, AssociationFilter which, boolean cascades, boolean isDryRun) {
    journal.command(() -> {
      List<Association> found = found(resourceId, which);
      if (found.isEmpty()) throw RegistryException.associationNotFound(resourceId);
      deleteNow(found, cascades, isDryRun);
      return found;
    });
  }

  private List<Association> found(String resourceId, AssociationFilter which) {
    return state.associations().ofResourceId(resourceId).stream().filter(which::takes).toList();
  }

  private void deleteNow(List<Association> associations, boolean cascades, boolean isDryRun) {
    List<Entry> entries = new ArrayList<>();
    List<Entry> subjects = new ArrayList<>();
    for (Association association : associations) {
      checkWritable(Subject.of(association.subject()));
      if (association.isFrozen() && !cascades) {
        throw RegistryException.associationFrozen(association.type(), association.subject());
      }
      entries.add(RecordCodec.tombstone(AssociationKey.of(association)));
      boolean isOwned = association.lifecycle() == Lifecycle.STRONG;
      if (cascades && isOwned && !isImported(association.subject())) {
        subjects.addAll(deleting.allOf(association.subject()));
      }
    }
    if (isDryRun || entries.isEmpty()) return;
    // The associations first: however much of this is written, none is without its subject.
    entries.addAll(subjects);
    journal.append(
        entries,
        () ->
            associations.stream().map(AssociationKey::of).noneMatch(key -> find(key).isPresent()));
  }

  // ---- several at once

  /** Does one thing after the other; returns all associations that the resource has then. */
  AssociationOutcome mutate(String context, AssociationOp.Batch batch) {
    return journal.command(() -> {
      Map<String, StoredSchema> schemas = new HashMap<>();
      List<AssociationOp> ops = batch.ops();
      for (int from = 0, end; from < ops.size(); from = end) {
        end = from + 1;
        switch (ops.get(from)) {
          case AssociationOp.Delete delete -> deleteOne(batch, delete);
          case AssociationOp.Put first -> {
            // Those of one manner make one request, so that all of them can be changed alike.
            List<Wanted> wanted = new ArrayList<>(List.of(first.wanted()));
            while (end < ops.size()
                && ops.get(end) instanceof AssociationOp.Put next
                && next.manner() == first.manner()) {
              wanted.add(next.wanted());
              end++;
            }
            var request =
                new AssociationRequest(batch.resource(), first.manner(), batch.isDryRun(), wanted);
            schemas.putAll(putNow(context, request).schemas());
          }
        }
      }
      List<Association> now = batch.isDryRun() ? List.of() : ofId(batch.resource());
      return new AssociationOutcome(batch.resource(), now, schemas);
    });
  }

  private void deleteOne(AssociationOp.Batch batch, AssociationOp.Delete delete) {
    String id = batch.resource().id();
    if (id == null) return;
    var which = new AssociationFilter(batch.resource().type(), List.of(delete.type()), null);
    deleteNow(found(id, which), delete.cascades(), batch.isDryRun());
  }
}
