import AsyncHTTPClient
import NIOCore

/// One event stream, as it is: it ends when its connection does, and is not opened again.
///
/// Iterate over it once; cancelling the iterating task closes the connection. It ends without an error where the relay
/// ends it in good order, and throws ``RelayError`` where the connection breaks (`unavailable`) or brings nonsense
/// (`invalidReply`).
public struct EventStream: AsyncSequence, Sendable {
    /// What it gives.
    public typealias Element = EventStreamEvent
    /// ``RelayError``, or `CancellationError`.
    public typealias Failure = any Error

    let body: HTTPClientResponse.Body
    let maxEventBytes: Int

    /// For one reader: what it takes nobody else gets.
    public func makeAsyncIterator() -> Iterator {
        Iterator(body: self.body.makeAsyncIterator(), parser: EventStreamParser(maxEventBytes: self.maxEventBytes))
    }

    /// Gives the events in their order.
    public struct Iterator: AsyncIteratorProtocol {
        var body: HTTPClientResponse.Body.AsyncIterator
        var parser: EventStreamParser
        var waiting: ArraySlice<EventStreamParser.RawEvent> = []

        /// Waits for the next event. Nil once the stream has ended.
        public mutating func next() async throws -> EventStreamEvent? {
            try await self.next(isolation: #isolation)
        }

        /// Waits for the next event, on the caller's actor. Nil once the stream has ended.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> EventStreamEvent? {
            while self.waiting.isEmpty {
                guard let bytes = try await self.bytes(isolation: actor) else { return nil }
                do throws(EventStreamParser.TooLong) {
                    self.waiting = try self.parser.received(bytes.readableBytesView)[...]
                } catch {
                    throw RelayError(.invalidReply, detail: "an event is larger than this client takes")
                }
            }
            return try EventStreamEvent(self.waiting.removeFirst())
        }

        private mutating func bytes(isolation actor: isolated (any Actor)?) async throws -> ByteBuffer? {
            do {
                return try await self.body.next(isolation: actor)
            } catch {
                try Task.checkCancellation()
                throw RelayError.noConnection("the connection broke", error)
            }
        }
    }
}

extension EventStreamEvent {
    init(_ event: EventStreamParser.RawEvent) throws {
        self.id = event.id
        do throws(JSONDocumentError) {
            self.frame = try event.data.map { data throws(JSONDocumentError) in try ServerFrame.decode(data) }
        } catch {
            throw RelayError(.invalidReply, detail: "this is no relay: \(error)", underlying: error)
        }
    }
}
