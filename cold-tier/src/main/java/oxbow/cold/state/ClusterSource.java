package oxbow.cold.state;

import java.nio.ByteBuffer;

/**
 * The cluster as it is now. Each part has a version, a number that is another one once the part
 * changed: it is cheap to ask, so that nothing is gathered in vain. Calls may wait for the disk.
 */
public interface ClusterSource {
  /** A cluster of which nothing is known. */
  ClusterSource NONE =
      new ClusterSource() {
        @Override
        public long topicsVersion() {
          return 0;
        }

        @Override
        public ClusterState topics() {
          return ClusterState.EMPTY;
        }

        @Override
        public long schemasVersion() {
          return 0;
        }

        @Override
        public ByteBuffer schemas() {
          return ByteBuffer.allocate(0);
        }

        @Override
        public long positionsVersion() {
          return 0;
        }

        @Override
        public Positions positions() {
          return Positions.EMPTY;
        }
      };

  /** Zero: not known yet. */
  long topicsVersion();

  ClusterState topics();

  /** Zero: nothing was ever registered. */
  long schemasVersion();

  /** The batches of the registry's log, one after the other, as the log has them. */
  ByteBuffer schemas();

  /** Zero: not known yet. */
  long positionsVersion();

  Positions positions();
}
