package oxbow.cold.state;

/**
 * One of those who had a bucket, one after the other; the last one has it.
 *
 * @param number from one on
 * @param cluster its id
 * @param token what its directory knows and no other does
 * @param since when it became the owner, as text
 */
public record Owner(long number, String cluster, String token, String since) {}
