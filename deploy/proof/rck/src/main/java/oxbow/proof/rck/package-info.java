/** What Iceberg's REST compatibility kit has to know of our catalog. */
package oxbow.proof.rck;
