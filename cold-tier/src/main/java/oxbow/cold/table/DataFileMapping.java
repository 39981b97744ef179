package oxbow.cold.table;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionField;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.transforms.Transform;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types.NestedField;
import org.apache.iceberg.util.BinaryUtil;
import org.apache.iceberg.util.UnicodeUtil;
import org.jspecify.annotations.Nullable;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ColdFormat;
import oxbow.cold.file.ColumnMetrics;
import oxbow.cold.file.FileMetrics;
import oxbow.cold.file.NewFile;
import oxbow.cold.file.SystemColumns;

/** A cold file as an entry of Iceberg's manifests. */
final class DataFileMapping {
  /** How much of a long bound is kept: Iceberg's own default. */
  private static final int BOUND_LENGTH_MAX = 16;

  private final Schema schema;
  private final PartitionSpec base;
  private final PartitionSpec wanted;
  private final ObjectFileIO io;

  /**
   * @param base by Kafka partition only, which every file has
   * @param wanted as the topic asks
   */
  DataFileMapping(Schema schema, PartitionSpec base, PartitionSpec wanted, ObjectFileIO io) {
    this.schema = schema;
    this.base = base;
    this.wanted = wanted;
    this.io = io;
  }

  DataFile dataFile(NewFile added) {
    ColdFile file = added.file();
    Map<Integer, ColumnMetrics> columns =
        added.metrics().columns().stream()
            .collect(Collectors.toMap(ColumnMetrics::id, column -> column));
    Optional<PartitionValues> all = values(wanted, file, columns);
    PartitionSpec spec = all.isPresent() ? wanted : base;
    PartitionValues values =
        all.or(() -> values(base, file, columns))
            .orElseThrow(() -> new IllegalStateException("a file has no Kafka partition"));
    return DataFiles.builder(spec)
        .withPath(io.location(file.name()))
        .withFormat(file.format() == ColdFormat.PARQUET ? FileFormat.PARQUET : FileFormat.AVRO)
        .withFileSizeInBytes(file.bytes())
        .withPartition(values)
        .withMetrics(metrics(added.metrics(), file.records()))
        .withSplitOffsets(added.metrics().splits().isEmpty() ? null : added.metrics().splits())
        .build();
  }

  /** Empty: the file's rows differ in one of them. */
  private Optional<PartitionValues> values(
      PartitionSpec spec, ColdFile file, Map<Integer, ColumnMetrics> columns) {
    @Nullable Object[] values = new @Nullable Object[spec.fields().size()];
    for (int i = 0; i < values.length; i++) {
      PartitionField field = spec.fields().get(i);
      if (field.sourceId() == SystemColumns.PARTITION.id()) {
        values[i] = file.partition();
        continue;
      }
      ColumnMetrics column = columns.get(field.sourceId());
      NestedField source = schema.findField(field.sourceId());
      if (column == null || source == null || field.transform().isVoid()) {
        if (field.transform().isVoid()) continue;
        return Optional.empty();
      }
      if (column.nulls() == column.values() && column.values() == file.records()) continue;
      Optional<Object> value = value(field.transform(), source.type(), column);
      if (value.isEmpty()) return value.map(_ -> new PartitionValues(values));
      values[i] = value.get();
    }
    return Optional.of(new PartitionValues(values));
  }

  private static Optional<Object> value(
      Transform<?, ?> transform, Type type, ColumnMetrics column) {
    if (column.nulls() > 0 || column.lower() == null || column.upper() == null) {
      return Optional.empty();
    }
    if (column.nans() > 0) return Optional.empty();
    Object lower = Conversions.fromByteBuffer(type, column.lower());
    Object upper = Conversions.fromByteBuffer(type, column.upper());
    boolean isOneValue = column.lower().equals(column.upper());
    if (!isOneValue && !transform.preservesOrder()) return Optional.empty();
    Object first = apply(transform, type, lower);
    return first.equals(apply(transform, type, upper)) ? Optional.of(first) : Optional.empty();
  }

  @SuppressWarnings("unchecked") // the value comes from the type that the transform is bound to
  private static Object apply(Transform<?, ?> transform, Type type, Object value) {
    return ((Transform<Object, Object>) transform).bind(type).apply(value);
  }

  private Metrics metrics(FileMetrics metrics, long records) {
    Map<Integer, Long> sizes = new HashMap<>();
    Map<Integer, Long> values = new HashMap<>();
    Map<Integer, Long> nulls = new HashMap<>();
    Map<Integer, Long> nans = new HashMap<>();
    Map<Integer, ByteBuffer> lower = new HashMap<>();
    Map<Integer, ByteBuffer> upper = new HashMap<>();
    for (ColumnMetrics column : metrics.columns()) {
      NestedField field = schema.findField(column.id());
      if (field == null || !field.type().isPrimitiveType()) continue;
      sizes.put(column.id(), column.bytes());
      values.put(column.id(), column.values());
      nulls.put(column.id(), column.nulls());
      if (column.nans() != ColumnMetrics.NO_NANS) nans.put(column.id(), column.nans());
      putBounds(column, field.type(), lower, upper);
    }
    return new Metrics(records, sizes, values, nulls, nans, lower, upper);
  }

  private static void putBounds(
      ColumnMetrics column,
      Type type,
      Map<Integer, ByteBuffer> lowerBounds,
      Map<Integer, ByteBuffer> upperBounds) {
    ByteBuffer lower = column.lower();
    ByteBuffer upper = column.upper();
    if (lower != null) lowerBounds.put(column.id(), shortenedLower(type, lower.slice()));
    if (upper == null) return;
    ByteBuffer shortened = shortenedUpper(type, upper.slice());
    if (shortened != null) upperBounds.put(column.id(), shortened);
  }

  private static ByteBuffer shortenedLower(Type type, ByteBuffer bound) {
    return switch (type.typeId()) {
      case STRING -> {
        CharSequence text = Conversions.fromByteBuffer(type, bound);
        yield Conversions.toByteBuffer(
            type, UnicodeUtil.truncateStringMin(text.toString(), BOUND_LENGTH_MAX));
      }
      case BINARY -> BinaryUtil.truncateBinaryMin(bound, BOUND_LENGTH_MAX);
      default -> bound;
    };
  }

  /** Null: nothing so short is above. */
  private static @Nullable ByteBuffer shortenedUpper(Type type, ByteBuffer bound) {
    return switch (type.typeId()) {
      case STRING -> {
        CharSequence text = Conversions.fromByteBuffer(type, bound);
        String shortened = UnicodeUtil.truncateStringMax(text.toString(), BOUND_LENGTH_MAX);
        yield shortened == null ? null : Conversions.toByteBuffer(type, shortened);
      }
      case BINARY -> BinaryUtil.truncateBinaryMax(bound, BOUND_LENGTH_MAX);
      default -> bound;
    };
  }

  /** The values of one file's partition, as Iceberg takes them. */
  private static final class PartitionValues implements StructLike {
    private final @Nullable Object[] values;

    PartitionValues(@Nullable Object[] values) {
      this.values = values;
    }

    @Override
    public int size() {
      return values.length;
    }

    @Override
    @SuppressWarnings("NullAway") // Iceberg says nothing of null: a partition may be that of nulls
    public <T> T get(int position, Class<T> type) {
      return type.cast(values[position]);
    }

    @Override
    public <T> void set(int position, T value) {
      throw new UnsupportedOperationException("a file's partition stays as it is");
    }
  }
}
