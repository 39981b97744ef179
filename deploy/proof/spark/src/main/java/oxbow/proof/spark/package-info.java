/** Apache Spark in a process of its own, told by line what to do: {@link SparkClient}. */
package oxbow.proof.spark;
