package oxbow.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static oxbow.broker.group.Members.join;
import static oxbow.broker.group.Members.leave;
import static oxbow.broker.group.Members.sync;
import static oxbow.broker.group.Members.syncing;

import java.util.Map;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import oxbow.broker.testing.Await;
import oxbow.broker.testing.FakeRequest;

final class ClassicGroupsTest {
  private final GroupRig broker = GroupRig.started();

  @AfterEach
  void stop() {
    broker.close();
  }

  @Test
  void aMemberJoinsLivesAndLeaves() {
    // Given
    JoinGroupResponseData first = broker.ask(join("g", "", null), JoinGroupResponse.class).data();
    // When
    JoinGroupResponseData second =
        broker.ask(join("g", first.memberId(), null), JoinGroupResponse.class).data();
    SyncGroupResponse synced =
        sync(broker, "g", second.memberId(), 1, Map.of(second.memberId(), new byte[] {5}));
    var member = new Members.Classic(broker, "g", second.memberId(), null, 1);
    Errors living = member.heartbeat();
    Errors left = broker.ask(leave("g", member.id()), LeaveGroupResponse.class).error();
    // Then
    assertThat(Errors.forCode(first.errorCode())).isEqualTo(Errors.MEMBER_ID_REQUIRED);
    assertThat(first.memberId()).startsWith("test-client-");
    assertThat(second.generationId()).isEqualTo(1);
    assertThat(second.leader()).isEqualTo(second.memberId());
    assertThat(synced.data().assignment()).containsExactly(5);
    assertThat(living).isEqualTo(Errors.NONE);
    assertThat(left).isEqualTo(Errors.NONE);
    assertThat(member.heartbeat()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
  }

  @Test
  void aSecondMemberMakesTheFirstOneJoinAgain() {
    // Given
    Members.Classic first = Members.joined(broker, "g");
    String secondId = broker.ask(join("g", "", null), JoinGroupResponse.class).data().memberId();
    // When
    FakeRequest secondJoin = broker.send(join("g", secondId, null));
    Await.until(
        "the first member hears of it",
        GroupRig.PATIENCE,
        () -> first.heartbeat() == Errors.REBALANCE_IN_PROGRESS);
    JoinGroupResponseData rejoined =
        broker.ask(join("g", first.id(), null), JoinGroupResponse.class).data();
    JoinGroupResponseData joined = secondJoin.answer(JoinGroupResponse.class).data();
    FakeRequest secondSync = broker.send(syncing("g", secondId, 2, Map.of()));
    SyncGroupResponse firstSynced =
        sync(
            broker,
            "g",
            first.id(),
            2,
            Map.of(first.id(), new byte[] {1}, secondId, new byte[] {2}));
    // Then
    assertThat(rejoined.members()).hasSize(2);
    assertThat(joined.generationId()).isEqualTo(2);
    assertThat(joined.members()).isEmpty();
    assertThat(firstSynced.data().assignment()).containsExactly(1);
    assertThat(secondSync.answer(SyncGroupResponse.class).data().assignment()).containsExactly(2);
  }

  @Test
  void aStaticMemberComesBackWithoutRebalance() {
    // Given
    JoinGroupResponseData first =
        broker.ask(join("g", "", "host-1"), JoinGroupResponse.class).data();
    sync(broker, "g", first.memberId(), 1, Map.of(first.memberId(), new byte[] {7}));
    // When
    JoinGroupResponseData again =
        broker.ask(join("g", "", "host-1"), JoinGroupResponse.class).data();
    SyncGroupResponse synced = sync(broker, "g", again.memberId(), again.generationId(), Map.of());
    // Then
    assertThat(again.generationId()).isEqualTo(first.generationId());
    assertThat(again.memberId()).isNotEqualTo(first.memberId());
    assertThat(synced.data().assignment()).containsExactly(7);
    assertThat(new Members.Classic(broker, "g", first.memberId(), "host-1", 1).heartbeat())
        .isEqualTo(Errors.FENCED_INSTANCE_ID);
  }

  @Test
  void aSilentMemberIsGoneAfterItsSession() {
    // Given
    Members.Classic member = Members.joined(broker, "g");
    broker.time.advanceClock(Members.SESSION_MS / 2);
    Errors inTime = member.heartbeat();
    // When
    broker.time.advanceClock(Members.SESSION_MS + 1);
    // Then
    assertThat(inTime).isEqualTo(Errors.NONE);
    Await.until(
        "the member is gone",
        GroupRig.PATIENCE,
        () -> member.heartbeat() == Errors.UNKNOWN_MEMBER_ID);
  }

  @Test
  void oldJoinsNeedNoSecondRoundTrip() {
    // When
    JoinGroupResponseData joined =
        broker.ask(join("g", "", null), 2, JoinGroupResponse.class).data();
    // Then
    assertThat(Errors.forCode(joined.errorCode())).isEqualTo(Errors.NONE);
    assertThat(joined.generationId()).isEqualTo(1);
  }

  @Test
  void aNamelessGroupIsRefused() {
    assertThat(broker.ask(join("", "", null), JoinGroupResponse.class).error())
        .isEqualTo(Errors.INVALID_GROUP_ID);
  }

  @Test
  void aSyncWithoutProtocolIsRefusedWhereItMustNameOne() {
    // Given
    var data = new SyncGroupRequestData().setGroupId("g").setMemberId("m").setGenerationId(1);
    // When
    var answer = broker.ask(new SyncGroupRequest.Builder(data), SyncGroupResponse.class);
    // Then
    assertThat(answer.error()).isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
  }
}
