import CNGTCP2
import NIOCore

/// Answers to packets that are of no connection. None needs a memory of whom it went to, and each is in proportion to its question.
final class StrayAnswers {
    private let settings: TransportSettings
    private let plan: ConnectionIDPlan
    private let output: any PacketOutput
    private let counts: EndpointCounts
    /// For first packets, and for all others.
    private var first: AnswerBudget
    private var others: AnswerBudget

    init(
        settings: TransportSettings,
        plan: ConnectionIDPlan,
        output: any PacketOutput,
        counts: EndpointCounts,
        limits: QUICLimits,
        at now: NIODeadline
    ) {
        self.settings = settings
        self.plan = plan
        self.output = output
        self.counts = counts
        self.first = AnswerBudget(perSecond: limits.firstAnswersPerSecond, at: now)
        self.others = AnswerBudget(perSecond: limits.strayAnswersPerSecond, at: now)
    }

    /// Offers version 1 to who speaks another.
    ///
    /// - Parameter question: the datagram.
    func offerVersions(for question: UnsafeRawBufferPointer, on path: Transport.Path, at now: NIODeadline) {
        guard self.first.take(at: now) else { return }
        unsafe self.answer(on: path) { bytes in
            let start = unsafe question.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe quic_write_versions(start, question.count, bytes)
        }
    }

    /// Tells a peer that its connection is not known.
    ///
    /// - Parameter size: of the datagram, bytes.
    func reset(_ packet: quic_packet, size: Int, on path: Transport.Path, at now: NIODeadline) {
        guard self.others.take(at: now) else { return }
        var packet = unsafe packet
        let isAnswered = unsafe self.answer(on: path) { bytes in
            unsafe self.settings.withResetSecret { unsafe quic_write_reset(&packet, size, $0, bytes) }
        }
        if isAnswered { self.counts.resets.increase() }
    }

    /// Refuses a client.
    func refuse(_ packet: quic_packet, _ code: UInt64, on path: Transport.Path, at now: NIODeadline) {
        self.counts.refused.increase()
        guard self.first.take(at: now) else { return }
        var packet = unsafe packet
        unsafe self.answer(on: path) { unsafe quic_write_refusal(&packet, code, $0) }
    }

    /// Asks a client to prove its address.
    func askForProof(_ packet: quic_packet, on path: Transport.Path, at now: NIODeadline) {
        guard self.first.take(at: now) else { return }
        var packet = unsafe packet
        var remote = path.remote.address
        var id = self.plan.marked(.random()).id
        let isAnswered = unsafe self.answer(on: path) { bytes in
            unsafe self.settings.withTokenSecret {
                unsafe quic_write_retry(&packet, &remote, &id, $0, now.uptimeNanoseconds, bytes)
            }
        }
        if isAnswered { self.counts.retries.increase() }
    }

    /// Says again what a peer was told at the end of its connection.
    func repeatFarewell(_ farewell: ByteBuffer, on path: Transport.Path, at now: NIODeadline) {
        if self.others.take(at: now) { self.send(farewell, on: path) }
    }

    /// - Parameter write: gets room for any packet, and returns how many bytes it has written.
    /// - Returns: whether there is an answer.
    @discardableResult
    private func answer(on path: Transport.Path, _ write: (UnsafeMutablePointer<UInt8>) -> Int) -> Bool {
        var answer = ByteBuffer()
        let size = unsafe answer.writeWithUnsafeMutableBytes(minimumWritableBytes: Transport.largestPacket) { bytes in
            unsafe bytes.baseAddress.map { unsafe write($0.assumingMemoryBound(to: UInt8.self)) } ?? 0
        }
        guard size > 0 else { return false }
        self.send(answer, on: path)
        return true
    }

    private func send(_ packet: ByteBuffer, on path: Transport.Path) {
        self.counts.sent.increase()
        unsafe packet.withUnsafeReadableBytes { unsafe self.output.send($0, size: $0.count, on: path) }
    }
}
