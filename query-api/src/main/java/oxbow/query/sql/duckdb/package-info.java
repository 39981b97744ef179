/**
 * DuckDB in this process, called by its C interface. Start with {@link
 * oxbow.query.sql.duckdb.DuckDb}, which loads the library once somebody wants it, and {@link
 * oxbow.query.sql.duckdb.Database}. What is opened here is closed by whoever opened it; nothing
 * here knows of topics.
 */
@NullMarked
package oxbow.query.sql.duckdb;

import org.jspecify.annotations.NullMarked;
