package oxbow.query.replay.http;

/** Writes an answer, and gives back all that it took for it. Whoever calls it ends the answer. */
interface Answer {
  /** Returns whether it is whole: one that is not breaks off. */
  boolean write();
}
