import NIOCore
import RelayCore
import RelayWire

/// What a hub has made for watchers of late, so that those who come next share it. It is kept for a moment only, and charged: a topic that falls
/// quiet holds nothing. Lives on its loop.
final class RecentHandouts {
    private let memory: MemoryLedger
    private let eventLoop: any EventLoop
    private var sync: PresenceHandout?
    /// By the place from which on they tell. Nil where nothing has changed since, but for what cancels out.
    private var changes: [MessageID: PresenceHandout?] = [:]
    private var charge: HandoutCharge?

    /// Nearly all watchers of a loop stand at one of very few places.
    private static let mostPlaces = 16
    private static let keptFor = TimeAmount.milliseconds(50)

    init(memory: MemoryLedger, on eventLoop: any EventLoop) {
        self.memory = memory
        self.eventLoop = eventLoop
    }

    deinit { self.charge?.end() }

    /// All who are there.
    func all(_ make: (HandoutCharge) -> PresenceHandout) -> PresenceHandout {
        if let sync = self.sync { return sync }
        let sync = make(self.currentCharge())
        self.sync = sync
        return sync
    }

    /// What has changed since a place; nil where that is not kept.
    func changes(since place: MessageID) -> PresenceHandout?? { self.changes[place] }

    /// - Returns: what was made.
    func keepChanges(since place: MessageID, _ make: (HandoutCharge) -> PresenceHandout?) -> PresenceHandout? {
        if self.changes.count >= Self.mostPlaces { self.forget() }
        let handout = make(self.currentCharge())
        self.changes.updateValue(handout, forKey: place)
        return handout
    }

    /// Nothing of it holds any more.
    func forget() {
        self.sync = nil
        self.changes = [:]
        self.charge?.end()
        self.charge = nil
    }

    private func currentCharge() -> HandoutCharge {
        if let charge = self.charge { return charge }
        let charge = HandoutCharge(self.memory)
        self.charge = charge
        let bound = NIOLoopBound((self, charge), eventLoop: self.eventLoop)
        self.eventLoop.scheduleTask(in: Self.keptFor) {
            let (recent, charge) = bound.value
            if recent.charge === charge { recent.forget() }
        }
        return charge
    }
}
