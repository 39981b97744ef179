/** ADBC's Java driver for Flight SQL, driven by lines. Start with {@code AdbcClient}. */
package oxbow.proof.adbc;
