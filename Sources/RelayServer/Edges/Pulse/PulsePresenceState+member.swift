import RelayCore
import RelayPresence
import RelayWire

extension PulsePresenceState {
    init(_ member: PresenceMember) {
        self.init(
            connectionID: member.connection.rawValue,
            data: member.data,
            joinedAt: member.joinedAt.milliseconds,
            lastSeen: member.lastSeen.milliseconds
        )
    }
}
