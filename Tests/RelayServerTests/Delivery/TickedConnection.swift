import NIOCore

@testable import RelayServer

/// A connection that counts its ticks, and never rests.
final class TickedConnection: LoopConnection {
    var ticks = 0
    var outstanding = Outstanding()
    var channel: (any Channel)? { nil }

    func tick(_ now: NIODeadline) -> NIODeadline {
        self.ticks += 1
        return .distantPast
    }

    func shutDown() {}
    func cutOff() {}
}
