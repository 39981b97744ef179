package oxbow.cold.file.parquet;

import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.DateType;
import org.apache.parquet.format.DecimalType;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.ListType;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.MapType;
import org.apache.parquet.format.MicroSeconds;
import org.apache.parquet.format.NanoSeconds;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.StringType;
import org.apache.parquet.format.TimeType;
import org.apache.parquet.format.TimeUnit;
import org.apache.parquet.format.TimestampType;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.UUIDType;
import oxbow.cold.shred.ColumnNode;
import oxbow.cold.shred.ColumnTree;
import oxbow.cold.shred.Leaf;
import oxbow.schema.layout.Column;

/** A file's columns as Parquet's footer lists them, each with its id of the table. */
final class ParquetSchema {
  private static final String ROOT = "row";

  private ParquetSchema() {}

  static List<SchemaElement> of(ColumnTree tree) {
    var elements = new ArrayList<SchemaElement>();
    var root = new SchemaElement(ROOT);
    root.setNum_children(tree.top().size());
    elements.add(root);
    for (ColumnNode node : tree.top()) add(elements, node);
    return elements;
  }

  static Type type(Leaf leaf) {
    return switch (leaf.type()) {
      case BOOLEAN -> Type.BOOLEAN;
      case INT32 -> Type.INT32;
      case INT64 -> Type.INT64;
      case FLOAT -> Type.FLOAT;
      case DOUBLE -> Type.DOUBLE;
      case BYTES -> Type.BYTE_ARRAY;
      case FIXED -> Type.FIXED_LEN_BYTE_ARRAY;
    };
  }

  private static void add(List<SchemaElement> elements, ColumnNode node) {
    Column column = node.column;
    var element = new SchemaElement(column.name());
    element.setRepetition_type(
        column.isOptional() ? FieldRepetitionType.OPTIONAL : FieldRepetitionType.REQUIRED);
    element.setField_id(column.id());
    elements.add(element);
    if (node.leaf != null) {
      element.setType(type(node.leaf));
      if (node.leaf.fixedBytes() > 0) element.setType_length(node.leaf.fixedBytes());
      setLogicalType(element, column.type());
      return;
    }
    switch (column.type()) {
      case oxbow.schema.layout.Type.ListOf _ -> {
        element.setNum_children(1);
        element.setConverted_type(ConvertedType.LIST);
        element.setLogicalType(LogicalType.LIST(new ListType()));
        elements.add(repeated(ColumnTree.LIST_GROUP, 1));
      }
      case oxbow.schema.layout.Type.MapOf _ -> {
        element.setNum_children(1);
        element.setConverted_type(ConvertedType.MAP);
        element.setLogicalType(LogicalType.MAP(new MapType()));
        elements.add(repeated(ColumnTree.MAP_GROUP, 2));
      }
      default -> element.setNum_children(node.parts.size());
    }
    for (ColumnNode part : node.parts) add(elements, part);
  }

  private static SchemaElement repeated(String name, int children) {
    var group = new SchemaElement(name);
    group.setRepetition_type(FieldRepetitionType.REPEATED);
    group.setNum_children(children);
    return group;
  }

  private static void setLogicalType(SchemaElement element, oxbow.schema.layout.Type type) {
    switch (type) {
      case oxbow.schema.layout.Type.Decimal(int precision, int scale) -> {
        element.setConverted_type(ConvertedType.DECIMAL);
        element.setPrecision(precision);
        element.setScale(scale);
        element.setLogicalType(LogicalType.DECIMAL(new DecimalType(scale, precision)));
      }
      case oxbow.schema.layout.Type.Plain plain -> setLogicalType(element, plain);
      default -> {}
    }
  }

  private static void setLogicalType(SchemaElement element, oxbow.schema.layout.Type.Plain plain) {
    switch (plain) {
      case STRING -> {
        element.setConverted_type(ConvertedType.UTF8);
        element.setLogicalType(LogicalType.STRING(new StringType()));
      }
      case UUID -> element.setLogicalType(LogicalType.UUID(new UUIDType()));
      case DATE -> {
        element.setConverted_type(ConvertedType.DATE);
        element.setLogicalType(LogicalType.DATE(new DateType()));
      }
      case TIME ->
          element.setLogicalType(
              LogicalType.TIME(new TimeType(false, TimeUnit.MICROS(new MicroSeconds()))));
      case TIMESTAMP_UTC -> {
        element.setConverted_type(ConvertedType.TIMESTAMP_MICROS);
        element.setLogicalType(timestamp(true, TimeUnit.MICROS(new MicroSeconds())));
      }
      case TIMESTAMP_LOCAL ->
          element.setLogicalType(timestamp(false, TimeUnit.MICROS(new MicroSeconds())));
      case TIMESTAMP_NANOS_UTC ->
          element.setLogicalType(timestamp(true, TimeUnit.NANOS(new NanoSeconds())));
      case TIMESTAMP_NANOS_LOCAL ->
          element.setLogicalType(timestamp(false, TimeUnit.NANOS(new NanoSeconds())));
      case BOOLEAN, INT, LONG, FLOAT, DOUBLE, BINARY, OPAQUE -> {}
    }
  }

  private static LogicalType timestamp(boolean isUtc, TimeUnit unit) {
    return LogicalType.TIMESTAMP(new TimestampType(isUtc, unit));
  }
}
