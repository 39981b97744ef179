package oxbow.bench;

/** A measured quantity, a row of the table. */
record Figure(String title, String quantity, String unit, boolean isMoreBetter) {}
