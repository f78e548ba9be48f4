import NIOCore
import RelayCore
import RelayQUIC
import RelayWire

/// The control stream of a connection to the QUIC relay: cuts what comes into messages, hands them on one after another, and sends the answers.
///
/// It is read no further while a message is worked on, while its client has said more than it may for now, and while the client doesn't take its
/// answers. Meanwhile the client has no credit, so what waits is less than a stream's window. Lives on the connection's loop.
final class QUICControl: QUICStreamHandler {
    /// Bytes of answers that the client has not acknowledged, at which it is heard no further.
    private static let mostUntaken = 64 << 10
    /// Of answers and of what others have brought about, at which its connection is ended: a tunnel's other peer binds and unbinds as it likes.
    private static let mostHeld = 4 * mostUntaken

    private let stream: QUICStream
    /// Nil once the connection is over, or the stream is good for nothing any more.
    private weak var allocation: QUICAllocation?
    private let memory: MemoryLedger
    private var splitter = QUICRelaySplitter()
    private var budget: SenderBudget
    /// Ends the wait for the next message that may be heard.
    private var timer: Scheduled<Void>?
    /// Of what waits, bytes.
    private var charged = 0
    private var hasEnded = false
    private var isOverfull = false

    init(_ stream: QUICStream, of allocation: QUICAllocation) {
        self.stream = stream
        self.allocation = allocation
        self.memory = allocation.services.memory
        self.budget = SenderBudget(allocation.services.limits.sender.current)
    }

    func send(_ answer: QUICRelayAnswer) {
        self.stream.write(answer.framed)
        guard self.stream.held > Self.mostHeld, !self.isOverfull, let allocation = self.allocation else { return }
        self.isOverfull = true
        // Whoever says this has not done with the tunnel that it is about.
        allocation.loop.eventLoop.assumeIsolated().execute { [weak self] in self?.allocation?.close(.overloaded) }
    }

    // MARK: From the client

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        self.splitter.add(bytes)
        if isLast { self.hasEnded = true }
        self.goOn()
    }

    func stream(_ stream: QUICStream, released count: Int) { self.goOn() }

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) { self.broken() }

    func streamWasStopped(_ stream: QUICStream) { self.broken() }

    func streamClosed(_ stream: QUICStream) {
        self.stop()
        self.allocation?.controlEnded(isBroken: !self.hasEnded)
        self.allocation = nil
    }

    private var isHeld: Bool {
        self.timer != nil || self.stream.held > Self.mostUntaken || self.allocation?.isBusy ?? true
    }

    /// Handles what has come, as far as it may be heard.
    func goOn() {
        do throws(QUICRelayFault) {
            while !self.isHeld, let message = try self.splitter.next() {
                self.spend(message.readableBytes)
                self.handle(message)
            }
        } catch {
            return self.broken()
        }
        let isHeld = self.isHeld
        self.settle()
        guard self.hasEnded, !isHeld else { return }
        // A message may have been cut off.
        if self.splitter.heldBytes > 0 { self.broken() } else { self.ended() }
    }

    private func handle(_ message: ByteBuffer) {
        do throws(QUICRelayProblem) {
            self.allocation?.received(try QUICRelayRequest(message))
        } catch {
            self.allocation?.fail(error.code.rawValue, error.message, re: error.id)
        }
    }

    private func spend(_ count: Int) {
        guard let moment = self.budget.spend(count, at: .now()), let allocation = self.allocation else { return }
        let eventLoop = allocation.loop.eventLoop
        self.timer = eventLoop.assumeIsolated().scheduleTask(deadline: moment) { [weak self] in
            self?.timer = nil
            self?.goOn()
        }
    }

    /// Gives credit for what does not wait any more, and charges what does.
    private func settle() {
        let held = self.splitter.heldBytes
        if self.stream.owed > held { self.stream.grant(self.stream.owed - held) }
        self.memory.add(held, to: .requests)
        self.memory.release(self.charged, from: .requests)
        self.charged = held
    }

    // MARK: The end

    private func ended() {
        self.stream.write(ByteBuffer(), isLast: true)
        self.stop()
        self.allocation.take()?.controlEnded(isBroken: false)
    }

    /// No message can be read any more.
    private func broken() {
        self.stop()
        guard let allocation = self.allocation.take() else { return }
        let failure: QUICRelayFailure = allocation.member == nil ? .unauthenticated : .badMessage
        self.stream.reset(code: failure.rawValue)
        self.stream.stop(code: failure.rawValue)
        allocation.controlEnded(isBroken: true)
    }

    private func stop() {
        self.timer?.cancel()
        self.timer = nil
        self.splitter = QUICRelaySplitter()
        self.settle()
    }
}
