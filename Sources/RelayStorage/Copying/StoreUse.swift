import RelayCore
import RelayWire

/// Relays that are at work on a store while it is copied.
struct StoreUse {
    /// A relay says every 5 s that it is there; one that was killed is taken for gone after so long.
    static let patienceSeconds: Int64 = 30

    let store: any StoreCopy.Endpoint
    /// For people: `source`.
    let name: String
    let now: @Sendable () -> Timestamp

    /// Refuses a store that a relay is using. Only stores that relays share know who uses them; one process at a time holds any other.
    ///
    /// - Throws: ``CopyFailure`` where one is.
    func refuse() async throws {
        guard let shared = self.store as? any NodeStore else { return }
        let moment = self.now().adding(seconds: -Self.patienceSeconds)
        let count = try await shared.nodes(since: moment).count
        guard count == 0 else {
            throw CopyFailure(
                "\(count == 1 ? "a relay is" : "\(count) relays are") running on the \(self.name): stop all of its relays first. "
                    + "One that was killed is taken for gone after \(Self.patienceSeconds) s"
            )
        }
    }
}
