import NIOCore
import RelayAccess
import RelayCore
import RelayHTTP3
import RelayQUIC
import RelayWire

/// The way of one channel's messages in a session of WebTransport, beside its first stream: a stream of their own, or datagrams. What is too long
/// for a datagram goes by that stream, or by the session's first one where there is none. Lives on its loop.
///
/// It reads the topic in its member's place. A stream that is full leaves messages where they are; a datagram is sent now or never.
final class PulseLane {
    /// Bytes that wait for the client before its reader pauses; and those at which it goes on.
    private static let room = (most: 64 << 10, least: 32 << 10)

    private let member: PulseMember
    private let services: PulseServices
    private let transport: WebTransportSession
    private let hasDatagrams: Bool
    /// Nil where there is none, and once it is over.
    private var stream: WebTransportStream?
    private var charge = RequestCharge()
    private var isFull = false

    /// - Throws: where the client allows no further stream.
    init(_ way: PulseWay, of member: PulseMember, in transport: WebTransportSession) throws(PulseFailure) {
        self.member = member
        self.services = member.services
        self.transport = transport
        self.hasDatagrams = way.hasDatagrams
        guard way.hasStream else { return }
        do throws(QUICProblem) {
            self.stream = try transport.openUnidirectionalStream(self)
        } catch {
            throw PulseFailure(.rateLimited, "The session allows no further stream")
        }
    }

    /// The subscription is over. What was sent goes on to the client.
    func close() {
        let stream = self.stream
        self.stream = nil
        stream?.write(ByteBuffer(), isLast: true)
        _ = self.charge.set(0, of: .answers, in: self.services.sockets.memory)
    }

    private func write(_ bytes: ByteBuffer) {
        guard let stream = self.stream else { return }
        stream.write(bytes)
        self.isFull = stream.held > Self.room.most
        self.account(stream)
    }

    /// Charges what the client has not taken.
    private func account(_ stream: WebTransportStream) {
        guard !self.charge.set(stream.held, of: .answers, in: self.services.sockets.memory) else { return }
        self.member.leave(self, PulseFailure(.rateLimited, AccessError(.overloaded).detail))
    }

    private func send(_ message: ByteBuffer) {
        if message.readableBytes <= self.transport.largestDatagram {
            if !self.transport.send(datagram: message) { self.services.counts.datagramDropped() }
        } else if self.stream != nil {
            self.write(message)
        } else {
            self.member.deliver(PulseBatch.frame(of: message))
        }
    }
}

extension PulseLane: SessionSink {
    var session: Session { self.member.session }
    var loop: DeliveryLoop { self.member.loop }
    /// Its member has them.
    var readers: [Reader] { [] }

    func end(for refusal: AccessError) { self.member.end(for: refusal) }

    func checkExpiry(at now: Timestamp) { self.member.checkExpiry(at: now) }

    func capacity(for reader: Reader) -> Int {
        (self.stream == nil ? self.member.isWritable : !self.isFull) ? .max : 0
    }

    func deliver(_ gap: Gap, to reader: Reader) { self.member.deliver(gap, to: reader) }

    func deliver(_ batch: Batch, to reader: Reader) {
        let bytes = batch.encoded(as: PulseStreamBatch.self)
        self.services.counts.delivered(batch.messages.count, bytes.readableBytes)
        self.services.metrics.delivered(batch.messages.count, by: .webSocket)
        guard self.hasDatagrams else { return self.write(bytes) }
        for frame in PulseStreamBatch.frames(in: bytes) { self.send(frame) }
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) { self.member.readerEnded(reader, reason) }

    /// The transport sends at the end of the turn. What went by the session's first stream waits there.
    func flush() { self.member.flush() }
}

extension PulseLane: WebTransportStreamHandler {
    func stream(_ stream: WebTransportStream, received bytes: ByteBuffer, isLast: Bool) {}

    func streamReleased(_ stream: WebTransportStream) {
        guard self.stream != nil else { return }
        self.account(stream)
        guard self.isFull, stream.held <= Self.room.least else { return }
        self.isFull = false
        self.member.drained(self)
    }

    func streamWasCancelled(_ stream: WebTransportStream) { self.member.leave(self, nil) }

    func streamClosed(_ stream: WebTransportStream) { self.close() }
}
