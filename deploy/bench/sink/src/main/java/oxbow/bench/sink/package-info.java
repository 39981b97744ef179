/** What Kafka Connect needs beside its own jars to take Avro to an Iceberg table. */
package oxbow.bench.sink;
