package oxbow.bench;

/**
 * One value of one figure.
 *
 * @param scenario the scenario that measured it
 * @param contender which broker
 * @param run which run, the first being 0
 * @param others what everybody else's programs used meanwhile, as a share of one core
 */
record Measured(
    String scenario, String contender, int run, Figure figure, double value, double others) {}
