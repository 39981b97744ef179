package oxbow.schema.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.GenericDescriptor;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import oxbow.schema.protobuf.ProtoFile.Declared;
import oxbow.schema.protobuf.ProtoFile.EnumType;
import oxbow.schema.protobuf.ProtoFile.Extend;
import oxbow.schema.protobuf.ProtoFile.Field;
import oxbow.schema.protobuf.ProtoFile.Group;
import oxbow.schema.protobuf.ProtoFile.Message;
import oxbow.schema.protobuf.ProtoFile.OneOf;

/**
 * What the names in a file stand for: its own types and extensions, and those of the files that it
 * sees. A name is looked for in the innermost scope first.
 */
final class Names {
  /** A type that a field can have. */
  record Known(String fullName, boolean isEnum) {}

  /**
   * A field, as far as its values are concerned.
   *
   * @param type its message or enum, by its full name
   */
  record Member(boolean isRepeated, Optional<String> type) {}

  private final String packageName;
  private final Map<String, Known> own = new HashMap<>();
  private final Map<String, Message> ownMessages = new HashMap<>();
  private final Map<String, Field> ownExtensions = new HashMap<>();
  private final Map<String, FileDescriptor> seen = new LinkedHashMap<>();

  /**
   * Collects the names.
   *
   * @param imported the files it imports
   */
  Names(ProtoFile file, Collection<FileDescriptor> imported) {
    packageName = file.packageName() == null ? "" : file.packageName();
    declare(packageName, file.types());
    declareExtensions(packageName, file.extensions());
    for (FileDescriptor each : imported) {
      see(each);
    }
  }

  private void see(FileDescriptor file) {
    if (seen.putIfAbsent(file.getName(), file) == null) {
      file.getPublicDependencies().forEach(this::see);
    }
  }

  private void declare(String scope, List<Declared> types) {
    for (Declared type : types) {
      String fullName = in(scope, type.name());
      switch (type) {
        case EnumType _ -> own.put(fullName, new Known(fullName, true));
        case Message message -> declare(fullName, message);
      }
    }
  }

  private void declare(String fullName, Message message) {
    own.put(fullName, new Known(fullName, false));
    ownMessages.put(fullName, message);
    declare(fullName, message.types());
    declareExtensions(fullName, message.extensions());
    declareGroups(fullName, message.groups());
    for (OneOf oneOf : message.oneOfs()) {
      declareGroups(fullName, oneOf.groups());
    }
  }

  private void declareGroups(String scope, List<Group> groups) {
    groups.forEach(group -> declare(in(scope, group.body().name()), group.body()));
  }

  private void declareExtensions(String scope, List<Extend> extensions) {
    for (Extend extend : extensions) {
      extend.fields().forEach(field -> ownExtensions.put(in(scope, field.name()), field));
      declareGroups(scope, extend.groups());
    }
  }

  /** The scope of the file's own types: its package. */
  String root() {
    return packageName;
  }

  static String in(String scope, String name) {
    return scope.isEmpty() ? name : scope + "." + name;
  }

  /** A message or an enum. */
  Optional<Known> type(String name, String scope) {
    return resolve(name, scope, n -> known(n).isPresent()).flatMap(this::known);
  }

  /** The message of this file that has the full name. */
  Optional<Message> ownMessage(String fullName) {
    return Optional.ofNullable(ownMessages.get(fullName));
  }

  /** The full name of an extension. */
  Optional<String> extension(String name, String scope) {
    return resolve(
        name, scope, n -> ownExtensions.containsKey(n) || importedExtension(n).isPresent());
  }

  /** What an extension, by its full name, holds. */
  Optional<Member> extensionMember(String fullName) {
    Field field = ownExtensions.get(fullName);
    if (field != null) {
      String scope = fullName.substring(0, Math.max(fullName.lastIndexOf('.'), 0));
      return Optional.of(member(field, scope));
    }
    return importedExtension(fullName).map(Names::member);
  }

  /** What a message, by its full name, has under a field's name. */
  Optional<Member> member(String message, String name) {
    Message own = ownMessages.get(message);
    if (own == null) {
      return seen.values().stream()
          .flatMap(file -> find(file, message).stream())
          .filter(Descriptor.class::isInstance)
          .flatMap(type -> Stream.ofNullable(((Descriptor) type).findFieldByName(name)))
          .map(Names::member)
          .findFirst();
    }
    return Stream.concat(
            own.fields().stream(), own.oneOfs().stream().flatMap(o -> o.fields().stream()))
        .filter(field -> field.name().equals(name))
        .map(field -> member(field, message))
        .findFirst();
  }

  private Member member(Field field, String scope) {
    return new Member(
        field.label() == ProtoFile.Label.REPEATED || field.type().isMap(),
        type(field.type().name(), scope).map(Known::fullName));
  }

  private static Member member(FieldDescriptor field) {
    boolean isMessage = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
    return new Member(
        field.isRepeated(),
        isMessage ? Optional.of(field.getMessageType().getFullName()) : Optional.empty());
  }

  /** An extension of a file that is seen, by its full name. */
  Optional<FieldDescriptor> importedExtension(String fullName) {
    for (FileDescriptor file : seen.values()) {
      Optional<FieldDescriptor> found = findExtension(file, fullName);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private Optional<Known> known(String fullName) {
    Known found = own.get(fullName);
    if (found != null) {
      return Optional.of(found);
    }
    for (FileDescriptor file : seen.values()) {
      Optional<GenericDescriptor> type = find(file, fullName);
      if (type.isPresent()) {
        return type.map(t -> new Known(fullName, t instanceof EnumDescriptor));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> resolve(String name, String scope, Predicate<String> isThere) {
    if (name.startsWith(".")) {
      return Optional.of(name.substring(1)).filter(isThere);
    }
    String within = scope;
    while (true) {
      String candidate = in(within, name);
      if (isThere.test(candidate)) {
        return Optional.of(candidate);
      }
      if (within.isEmpty()) {
        return Optional.empty();
      }
      within = within.substring(0, Math.max(within.lastIndexOf('.'), 0));
    }
  }

  /** The message or enum of a file that has the full name. */
  static Optional<GenericDescriptor> find(FileDescriptor file, String fullName) {
    Optional<String> local = local(file, fullName);
    if (local.isEmpty()) {
      return Optional.empty();
    }
    String[] parts = local.get().split("\\.");
    Descriptor within = null;
    for (int i = 0; i < parts.length - 1; i++) {
      within =
          within == null
              ? file.findMessageTypeByName(parts[i])
              : within.findNestedTypeByName(parts[i]);
      if (within == null) {
        return Optional.empty();
      }
    }
    String last = parts[parts.length - 1];
    GenericDescriptor message =
        within == null ? file.findMessageTypeByName(last) : within.findNestedTypeByName(last);
    return Optional.ofNullable(
        message != null
            ? message
            : within == null ? file.findEnumTypeByName(last) : within.findEnumTypeByName(last));
  }

  /** The extension that a file declares under the full name. */
  static Optional<FieldDescriptor> findExtension(FileDescriptor file, String fullName) {
    Optional<String> local = local(file, fullName);
    if (local.isEmpty()) {
      return Optional.empty();
    }
    int dot = local.get().lastIndexOf('.');
    if (dot < 0) {
      return Optional.ofNullable(file.findExtensionByName(local.get()));
    }
    String scope = fullName.substring(0, fullName.lastIndexOf('.'));
    return find(file, scope)
        .filter(Descriptor.class::isInstance)
        .flatMap(message ->
            ((Descriptor) message)
                .getExtensions().stream()
                    .filter(extension -> extension.getFullName().equals(fullName))
                    .findFirst());
  }

  private static Optional<String> local(FileDescriptor file, String fullName) {
    String packageName = file.getPackage();
    if (packageName.isEmpty()) {
      return Optional.of(fullName);
    }
    return fullName.startsWith(packageName + ".")
        ? Optional.of(fullName.substring(packageName.length() + 1))
        : Optional.empty();
  }
}
