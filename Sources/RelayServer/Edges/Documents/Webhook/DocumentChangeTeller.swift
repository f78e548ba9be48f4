import NIOCore
import RelayCore
import RelayDocuments
import RelayEditing
import RelayWire
import Synchronization

/// Tells the webhook of documents that have changed by updates that this relay has stored: of several relays each tells of its own.
///
/// Owner of what waits: its lock.
final class DocumentChangeTeller: Sendable {
    private static let interval = Duration.milliseconds(100)

    private let webhook: DocumentWebhook
    private let heard: HeardMessages
    private let documents: DocumentService
    private let loops: DeliveryLoops
    private let clock: RelayClock
    private let pauses = Mutex(ChangePauses<DocumentName>())

    init(
        _ webhook: DocumentWebhook,
        hearing heard: HeardMessages,
        of documents: DocumentService,
        on loops: DeliveryLoops,
        clock: RelayClock
    ) {
        self.webhook = webhook
        self.heard = heard
        self.documents = documents
        self.loops = loops
        self.clock = clock
    }

    /// Returns when its task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { for await _ in self.heard.arrived { self.hear() } }
            while (try? await Task.sleep(for: Self.interval)) != nil { await self.tellDue() }
            tasks.cancelAll()
        }
    }

    private func hear() {
        let now = self.clock.uptime()
        let names = Set(self.heard.take().compactMap { DocumentName(path: $0.topic.name.rawValue) })
        self.pauses.withLock { pauses in
            for name in names { pauses.changed(name, at: now) }
        }
    }

    /// Tells of all changes, without waiting for more.
    func flush() async { await self.tellDue(all: true) }

    private func tellDue(all: Bool = false) async {
        self.hear()
        let now = self.clock.uptime()
        let due = self.pauses.withLock { $0.due(at: now, all: all) }
        for name in due { await self.tell(name) }
    }

    private func tell(_ name: DocumentName) async {
        let (revision, vector, bytes): (MessageID, StateVector, Int)
        do throws(DocumentRefusal) {
            (revision, vector, bytes) = try await self.documents.summary(of: name, on: self.loops.any)
        } catch {
            // It is gone; else it is looked at again.
            if case .broker(.missing) = error { return }
            let now = self.clock.uptime()
            return self.pauses.withLock { $0.changed(name, at: now) }
        }
        self.webhook.changed(name, revision: revision, stateVector: vector.encoded(), bytes: bytes)
    }
}
