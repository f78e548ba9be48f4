import NIOCore
import Synchronization

/// The one book of a listener: the system spreads clients over its sockets as it likes, and limits are for all of them.
final class Admission: Sendable {
    private let book: Mutex<AdmissionBook>

    init(limits: QUICLimits) {
        self.book = Mutex(AdmissionBook(limits: limits))
    }

    /// Decides, and counts whoever comes in.
    func admit(
        on network: PeerAddress.Network,
        _ proof: AdmissionBook.Proof,
        at now: NIODeadline
    ) -> AdmissionBook.Decision {
        self.book.withLock { book in
            let decision = book.decide(on: network, proof, at: now)
            if case .comesIn(let guest) = decision { book.entered(guest) }
            return decision
        }
    }

    func opened(_ guest: AdmissionBook.Guest) { self.book.withLock { $0.opened(guest) } }

    func left(_ guest: AdmissionBook.Guest, wasOpen: Bool) { self.book.withLock { $0.left(guest, wasOpen: wasOpen) } }
}
