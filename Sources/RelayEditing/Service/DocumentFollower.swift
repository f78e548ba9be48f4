import NIOCore
import RelayCore

/// Reads a document's topic, and that of its awareness, for the document. Lives on its loop.
final class DocumentFollower: ReaderSink {
    private let document: LoadedDocument
    private let service: DocumentService
    private var readers: [Reader] = []

    init(_ document: LoadedDocument, _ service: DocumentService) {
        self.document = document
        self.service = service
    }

    /// Reads both topics from their beginnings.
    ///
    /// - Returns: false where a topic has left memory meanwhile: its key is to be resolved again.
    func join(_ topics: [Topic], by loop: LoopReaders) -> Bool {
        guard case .joined(let readers) = loop.join(topics, starts: [.cursor(.oldest), .cursor(.oldest)], sink: self)
        else { return false }
        self.readers = readers
        for reader in readers { loop.start(reader) }
        self.flush()
        return true
    }

    func leave(_ loop: LoopReaders) {
        for reader in self.readers { loop.leave(reader) }
        self.readers = []
    }

    var principal: Principal? { .relay }

    func capacity(for reader: Reader) -> Int { .max }

    func deliver(_ gap: Gap, to reader: Reader) {
        guard DocumentPart(rawValue: reader.tag) == .updates, self.document.isToBeReread() else { return }
        self.document.beginRereading()
        self.service.follow(self.document, insteadOf: self)
    }

    func deliver(_ batch: Batch, to reader: Reader) {
        switch DocumentPart(rawValue: reader.tag) {
        case .updates: if self.document.take(batch.messages, in: reader.epoch) { self.service.compact(self.document) }
        case .awareness:
            self.document.observe(batch.messages, in: reader.epoch, at: self.service.broker.clock.uptime())
        case .stateless, nil: break
        }
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        guard DocumentPart(rawValue: reader.tag) == .updates else { return }
        switch reason {
        case .accessLost: self.service.ended(self.document, .denied)
        case .topicDeleted: self.service.ended(self.document, .missing)
        case .storeFailed(let error): self.service.ended(self.document, .store(error))
        }
    }

    func flush() {
        guard let updates = self.readers.first, !updates.isReading else { return }
        if let loop = self.document.loop.readers {
            self.document.read(through: loop.position(of: updates), in: updates.epoch)
        }
        if self.document.caughtUp() { self.service.publishAgain(self.document) }
    }
}

/// A follower, which is touched on its loop only.
struct FollowerBox: Sendable {
    private let bound: NIOLoopBound<DocumentFollower>

    init(_ follower: DocumentFollower, _ loop: any EventLoop) {
        self.bound = NIOLoopBound(follower, eventLoop: loop)
    }

    var follower: DocumentFollower { self.bound.value }
}
