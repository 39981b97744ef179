package oxbow.broker.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.raft.ElectionState;
import org.apache.kafka.raft.FileQuorumStateStore;
import org.apache.kafka.raft.ReplicaKey;
import org.apache.kafka.server.common.KRaftVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VoteFileTest {
  private static final ElectionState[] STATES = {
    ElectionState.withElectedLeader(7, 1, Optional.empty(), Set.of()),
    ElectionState.withElectedLeader(
        7, 1, Optional.of(ReplicaKey.of(2, Uuid.randomUuid())), Set.of()),
    ElectionState.withVotedCandidate(8, ReplicaKey.of(2, Uuid.randomUuid()), Set.of()),
    ElectionState.withUnknownLeader(9, Set.of())
  };

  @TempDir Path directory;

  @Test
  void kafkasOwnClassReadsWhatIsWrittenAndTheOtherWayRound() throws IOException {
    var ours = new VoteFile(directory);
    var kafkas = new FileQuorumStateStore(directory.resolve(VoteFile.NAME).toFile());
    assertThat(ours.readElectionState()).isEmpty();

    for (ElectionState state : STATES) {
      ours.writeElectionState(state, KRaftVersion.KRAFT_VERSION_1);
      String text = Files.readString(ours.path());
      assertThat(kafkas.readElectionState()).contains(state);

      kafkas.writeElectionState(state, KRaftVersion.KRAFT_VERSION_1);
      assertThat(ours.readElectionState()).contains(state);
      assertThat(Files.readString(kafkas.path())).isEqualTo(text);
    }
    ours.clear();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void whatIsNotUnderstoodIsRefused() throws IOException {
    var file = new VoteFile(directory);
    file.writeElectionState(STATES[0], KRaftVersion.KRAFT_VERSION_1);
    String whole = Files.readString(file.path());

    for (String damaged :
        new String[] {
          "",
          whole.substring(0, whole.length() - 1),
          whole.replace("leaderEpoch", "epoch"),
          whole.replace("\"leaderId\":1", "\"leaderId\":true"),
          whole.replace("\"data_version\":1", "\"data_version\":2")
        }) {
      Files.writeString(file.path(), damaged);
      assertThatThrownBy(file::readElectionState)
          .as(damaged)
          .isInstanceOf(ControlException.class)
          .hasMessageStartingWith(file.path() + " can't be understood");
    }
  }
}
