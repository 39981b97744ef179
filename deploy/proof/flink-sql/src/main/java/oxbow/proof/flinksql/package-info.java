/**
 * Apache Flink's SQL in a process of its own, driven by lines. Start with {@code FlinkSqlClient}.
 */
package oxbow.proof.flinksql;
