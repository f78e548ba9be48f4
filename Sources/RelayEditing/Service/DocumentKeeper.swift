import NIOCore
import RelayCore
import RelayDocuments

/// Does for documents what event loops can't: loads them, makes snapshots of them, and watches the time of who is present.
public struct DocumentKeeper: Sendable {
    private static let interval = Duration.seconds(1)
    /// Documents that are loaded at a time.
    private static let width = 4
    /// Snapshots that are made at a time.
    private static let compactionWidth = 2

    private let service: DocumentService

    public init(_ service: DocumentService) {
        self.service = service
    }

    /// Returns when its task is cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await self.watchTime() }
            tasks.addTask {
                await self.workOn(self.service.compactions, Self.compactionWidth) { await self.compact($0) }
            }
            await self.workOn(self.service.work, Self.width) { await self.carryOut($0) }
            tasks.cancelAll()
        }
        self.service.stopped()
    }

    private func watchTime() async {
        while (try? await Task.sleep(for: Self.interval)) != nil { self.service.timePassed() }
    }

    private func workOn<Work: Sendable>(
        _ work: AsyncStream<Work>,
        _ width: Int,
        _ carryOut: @escaping @Sendable (Work) async -> Void
    ) async {
        await withTaskGroup(of: Void.self) { tasks in
            var running = 0
            for await work in work {
                if running >= width {
                    await tasks.next()
                    running -= 1
                }
                running += 1
                tasks.addTask { await carryOut(work) }
            }
        }
    }

    private func carryOut(_ work: DocumentService.Work) async {
        switch work {
        case .follow(let document): await self.service.follow(document)
        case .announce(let draft, let key): try? await self.service.broker.announce([draft], to: key)
        case .publish(let document): await self.publishAgain(document)
        }
    }

    /// Where the store can't take it now it is tried again a second later, and so on.
    private func publishAgain(_ document: LoadedDocument) async {
        guard let update = document.takeUnpublished() else { return }
        let payload = ByteBuffer(bytes: update)
        let draft = Draft(timestamp: self.service.broker.clock.now(), payload: payload, format: .binary)
        do throws(BrokerError) {
            try await self.service.broker.announce([draft], to: document.key)
            document.published(isStored: true)
        } catch {
            document.published(isStored: error == .missing)
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
            case .stored: self.service.snapshotCounts.countStored()
            case .outdated: self.service.snapshotCounts.countOutdated()
            }
            document.compacted(to: update, from: log)
        } catch {
            self.service.snapshotCounts.countFailed()
            document.compacted(to: nil, from: log)
        }
    }
}
