package oxbow.schema.protobuf;

import java.util.List;
import oxbow.schema.protobuf.ProtoFile.Constant;
import oxbow.schema.protobuf.ProtoFile.Declared;
import oxbow.schema.protobuf.ProtoFile.EnumType;
import oxbow.schema.protobuf.ProtoFile.Field;
import oxbow.schema.protobuf.ProtoFile.Group;
import oxbow.schema.protobuf.ProtoFile.Message;
import oxbow.schema.protobuf.ProtoFile.OneOf;
import oxbow.schema.protobuf.ProtoFile.Option;
import oxbow.schema.protobuf.ProtoFile.Rpc;
import oxbow.schema.protobuf.ProtoFile.Service;

/** Files without what others may add to Protobuf: extensions, and options but Confluent's own. */
final class Plain {
  private Plain() {}

  static ProtoFile withoutExtensions(ProtoFile file) {
    return new ProtoFile(
        file.syntax(),
        file.edition(),
        file.packageName(),
        file.imports(),
        options(file.options()),
        types(file.types()),
        List.of(),
        file.services().stream()
            .map(s -> new Service(s.line(), s.name(), options(s.options()), rpcs(s.rpcs())))
            .toList());
  }

  private static List<Declared> types(List<Declared> types) {
    return types.stream()
        .<Declared>map(type ->
            switch (type) {
              case Message message -> message(message);
              case EnumType enumType -> enumType(enumType);
            })
        .toList();
  }

  private static Message message(Message message) {
    return new Message(
        message.line(),
        message.name(),
        message.visibility(),
        message.reserved(),
        options(message.options()),
        fields(message.fields()),
        message.oneOfs().stream()
            .map(o ->
                new OneOf(
                    o.line(),
                    o.name(),
                    options(o.options()),
                    fields(o.fields()),
                    groups(o.groups())))
            .toList(),
        groups(message.groups()),
        List.of(),
        List.of(),
        types(message.types()));
  }

  private static List<Field> fields(List<Field> fields) {
    return fields.stream()
        .map(f ->
            new Field(
                f.line(),
                f.label(),
                f.type(),
                f.name(),
                f.number(),
                options(f.options()),
                f.defaultValue(),
                f.jsonName()))
        .toList();
  }

  private static List<Group> groups(List<Group> groups) {
    return groups.stream()
        .map(g ->
            new Group(g.line(), g.label(), g.number(), options(g.options()), message(g.body())))
        .toList();
  }

  private static EnumType enumType(EnumType type) {
    return new EnumType(
        type.line(),
        type.name(),
        type.visibility(),
        type.reserved(),
        options(type.options()),
        type.constants().stream()
            .map(c -> new Constant(c.line(), c.name(), c.number(), options(c.options())))
            .toList());
  }

  private static List<Rpc> rpcs(List<Rpc> rpcs) {
    return rpcs.stream()
        .map(r ->
            new Rpc(
                r.line(),
                r.name(),
                r.isRequestStreamed(),
                r.request(),
                r.isResponseStreamed(),
                r.response(),
                options(r.options())))
        .toList();
  }

  private static List<Option> options(List<Option> options) {
    return options.stream()
        .filter(option ->
            !option.isCustom() || option.name().getFirst().name().startsWith("confluent."))
        .toList();
  }
}
