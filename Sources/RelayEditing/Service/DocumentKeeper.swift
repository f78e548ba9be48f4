import NIOCore
import RelayCore
import RelayDocuments

/// Does for documents what event loops can't: loads them, makes snapshots of them, and watches the time of who is present.
public struct DocumentKeeper: Sendable {
    private static let interval = Duration.seconds(1)
    /// Documents that are loaded, and snapshots that are made, at a time.
    private static let width = 4

    private let service: DocumentService

    public init(_ service: DocumentService) {
        self.service = service
    }

    /// Returns when its task is cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.watchTime() }
            await self.workOn()
            tasks.cancelAll()
        }
        self.service.stopped()
    }

    private func watchTime() async {
        while (try? await Task.sleep(for: Self.interval)) != nil {
            for document in self.service.loaded { self.service.tell(document.timePassed(), in: document) }
        }
    }

    private func workOn() async {
        await withTaskGroup(of: Void.self) { tasks in
            var running = 0
            for await work in self.service.work {
                if running >= Self.width {
                    await tasks.next()
                    running -= 1
                }
                running += 1
                tasks.addTask { await self.carryOut(work) }
            }
        }
    }

    private func carryOut(_ work: DocumentService.Work) async {
        switch work {
        case .follow(let document): await self.service.follow(document)
        case .announce(let draft, let key): try? await self.service.broker.announce([draft], to: key)
        case .compact(let document): await self.compact(document)
        }
    }

    /// Merges the log of a document into one update, and puts that in front of what came since. Nobody waits for it: updates go on coming.
    private func compact(_ document: LoadedDocument) async {
        let (content, log) = document.copyForCompaction()
        do {
            let update = try content.compacted()
            let outcome = try await self.service.broker.putSnapshot(
                ByteBuffer(bytes: update.bytes),
                .binary,
                at: log.cursor,
                in: document.key
            )
            switch outcome {
            case .stored: self.service.counts.compacted()
            case .outdated: self.service.counts.wasOutdated()
            }
            document.compacted(to: update, from: log)
        } catch {
            self.service.counts.failed()
            document.compacted(to: nil, from: log)
        }
    }
}
