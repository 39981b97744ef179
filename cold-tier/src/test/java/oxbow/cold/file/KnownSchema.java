package oxbow.cold.file;

/** One schema of values that is known to the writer. */
record KnownSchema(WriterSchema schema) implements WriterSchemas {
  @Override
  public Answer value(int schemaId) {
    return schemaId == schema.id() ? new Answer.Known(schema) : new Answer.Unknown();
  }

  @Override
  public Answer key(int schemaId) {
    return new Answer.Unknown();
  }
}
