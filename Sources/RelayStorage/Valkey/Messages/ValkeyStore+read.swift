public import RelayCore
import RelayValkey
import RelayWire

extension ValkeyStore {
    public func read(
        _ request: ReadRequest,
        completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void
    ) {
        self.read(PageReading(request), restarts: 0, completion)
    }

    /// - Parameter restarts: how often the stream changed under the reading.
    private func read(
        _ reading: PageReading,
        restarts: Int,
        _ completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void
    ) {
        let keys = self.layout.stream(reading.request.topic).all
        self.run(ReadScript.script, keys: keys, reading.arguments) { result in
            var reading = reading
            do throws(StoreError) {
                switch try reading.take(try result.get(), self.places) {
                case .done(let page): completion(.success(page))
                case .more: self.read(reading, restarts: restarts, completion)
                case .changed where restarts < 16:
                    self.read(PageReading(reading.request), restarts: restarts + 1, completion)
                case .changed: throw StoreError(.unavailable, "the topic changes faster than it can be read")
                }
            } catch {
                completion(.failure(error))
            }
        }
    }
}

/// A page being read, in one step unless much of it is expired or it is very large.
///
/// Of several steps the bounds are the last one's. If they show that messages went between two steps, the reading
/// begins again. So the page is what the stream held at the last step's instant, or older messages that were there a
/// moment before.
private struct PageReading {
    enum Step {
        case done(StoredPage)
        case more
        case changed
    }

    /// What one step looks at, so that it takes the server a few milliseconds at most.
    private static let entriesAtOnce = 4096
    private static let bytesAtOnce = 8 << 20

    let request: ReadRequest
    private var messages: [Message] = []
    private var bytes = 0
    private var resumeAt: MessageID?
    private var epoch: UInt64?
    /// The last of the messages before the first that can't be read back.
    private var lostThrough: MessageID?

    init(_ request: ReadRequest) {
        self.request = request
    }

    var arguments: [ValkeyArgument] {
        let (command, from, to) = self.range
        return [
            .init(command), .init(from), .init(to), .init(max(1, self.request.maxMessages) - self.messages.count),
            .init(max(0, self.request.maxBytes - self.bytes)), .init(self.request.now.microseconds),
            .init(Self.entriesAtOnce), .init(Self.bytesAtOnce),
        ] + (self.request.includesSuperseded ? ["1"] : [])
    }

    /// Empty ends for a range in which nothing can be.
    private var range: (command: String, from: String, to: String) {
        switch self.request.range {
        case .forward(let after, let through):
            let after = self.resumeAt ?? after
            if after == .max { return ("XRANGE", "", "") }
            return ("XRANGE", "(\(after)", through?.description ?? "+")
        case .backward(let before):
            guard let before = self.resumeAt ?? before else { return ("XREVRANGE", "+", "-") }
            if before == .zero { return ("XREVRANGE", "", "") }
            return ("XREVRANGE", "(\(before)", "-")
        }
    }

    mutating func take(_ reply: ValkeyReply, _ places: UnreadableRecords) throws(StoreError) -> Step {
        guard let parts = reply.array, parts.count == 3, let entries = parts[1].array, let end = parts[2].text else {
            throw .unexpected("to a read")
        }
        let bounds = try StreamReply.bounds(parts[0])
        if self.hasChanged(bounds) { return .changed }
        self.epoch = bounds.epoch.id
        for entry in entries {
            // A page that was full before this step only wanted to know that there is one more.
            if self.isFull { return .done(self.page(bounds, hasMore: true)) }
            let id = try StreamReply.id(entry)
            do throws(StoreError) {
                let message = try StreamReply.message(id, entry)
                self.messages.append(message)
                self.bytes += message.memoryCost
            } catch {
                places.note("message \(id) of topic \(self.request.topic)", error)
                guard case .forward = self.request.range else { continue }
                // The next page tells of it, so that readers are told of a gap at its place.
                guard self.messages.isEmpty else { return .done(self.page(bounds, hasMore: true)) }
                self.lostThrough = id
            }
        }
        switch end {
        case "end": return .done(self.page(bounds, hasMore: false))
        case "more":
            guard self.messages.isEmpty, let last = entries.last else { return .done(self.page(bounds, hasMore: true)) }
            // Nothing that the server took for the page's messages can be read.
            self.resumeAt = try StreamReply.id(last)
            return .more
        default:
            guard let id = MessageID(end) else { throw .unexpected("to a read") }
            self.resumeAt = id
            return .more
        }
    }

    private var isFull: Bool {
        guard !self.messages.isEmpty else { return false }
        return self.messages.count >= self.request.maxMessages || self.bytes >= self.request.maxBytes
    }

    private func hasChanged(_ bounds: StreamBounds) -> Bool {
        guard let epoch = self.epoch, let resumeAt = self.resumeAt else { return false }
        if case .forward = self.request.range, bounds.trimmedThrough > resumeAt { return true }
        return bounds.epoch.id != epoch
    }

    private func page(_ bounds: StreamBounds, hasMore: Bool) -> StoredPage {
        StoredPage(messages: self.messages, hasMore: hasMore, bounds: bounds, lostThrough: self.lostThrough)
    }
}
