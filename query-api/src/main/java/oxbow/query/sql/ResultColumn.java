package oxbow.query.sql;

/**
 * A column of a result.
 *
 * @param name as the statement calls it; two may be called the same
 * @param type in SQL: {@code BIGINT}, {@code DECIMAL(18,3)}, {@code STRUCT(a INTEGER)}, ...
 */
public record ResultColumn(String name, String type) {}
