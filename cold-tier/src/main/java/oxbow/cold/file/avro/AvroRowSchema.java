package oxbow.cold.file.avro;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.schema.layout.Type;

/** The schema of an Avro file's rows, with the columns' ids as Iceberg looks for them. */
final class AvroRowSchema {
  private static final String FIELD_ID = "field-id";
  private static final String ELEMENT_ID = "element-id";
  private static final String ADJUST_TO_UTC = "adjust-to-utc";

  private AvroRowSchema() {}

  static Schema of(ColumnTree tree) {
    return record("row", tree.top());
  }

  private static Schema record(String name, List<ColumnNode> nodes) {
    List<Schema.Field> fields = new ArrayList<>();
    for (ColumnNode node : nodes) {
      Schema type = type(node);
      Schema.Field field =
          node.column.isOptional()
              ? new Schema.Field(
                  node.column.name(),
                  Schema.createUnion(Schema.create(Schema.Type.NULL), type),
                  null,
                  Schema.Field.NULL_DEFAULT_VALUE)
              : new Schema.Field(node.column.name(), type);
      field.addProp(FIELD_ID, node.column.id());
      fields.add(field);
    }
    return Schema.createRecord(name, null, null, false, fields);
  }

  private static Schema type(ColumnNode node) {
    return switch (node.column.type()) {
      case Type.Struct _ -> record("r" + node.column.id(), node.parts);
      case Type.ListOf _ -> {
        ColumnNode element = node.parts.getFirst();
        Schema type = type(element);
        Schema list =
            Schema.createArray(
                element.column.isOptional()
                    ? Schema.createUnion(Schema.create(Schema.Type.NULL), type)
                    : type);
        list.addProp(ELEMENT_ID, element.column.id());
        yield list;
      }
      case Type.Plain plain -> plain(plain);
      case Type.MapOf _, Type.Decimal _, Type.Fixed _ ->
          throw new IllegalArgumentException("rows of envelopes have no " + node.column.type());
    };
  }

  private static Schema plain(Type.Plain type) {
    return switch (type) {
      case INT -> Schema.create(Schema.Type.INT);
      case LONG -> Schema.create(Schema.Type.LONG);
      case STRING -> Schema.create(Schema.Type.STRING);
      case BINARY -> Schema.create(Schema.Type.BYTES);
      case TIMESTAMP_UTC -> {
        Schema timestamp =
            LogicalTypes.timestampMicros().addToSchema(SchemaBuilder.builder().longType());
        timestamp.addProp(ADJUST_TO_UTC, true);
        yield timestamp;
      }
      default -> throw new IllegalArgumentException("rows of envelopes have no " + type);
    };
  }
}
