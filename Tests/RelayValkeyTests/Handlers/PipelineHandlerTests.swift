import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import RelayValkey

struct PipelineHandlerTests {
    private final class Outcomes: Sendable {
        let list = Mutex<[Result<ValkeyReply, ValkeyError>]>([])
        var all: [Result<ValkeyReply, ValkeyError>] { self.list.withLock { $0 } }
        var codes: [ValkeyError.Code?] {
            self.all.map { if case .failure(let error) = $0 { error.code } else { nil } }
        }
        func waiter() -> PipelineHandler.Waiter {
            .one { result in self.list.withLock { $0.append(result) } }
        }
    }

    private let loop = EmbeddedEventLoop()
    private let channel: EmbeddedChannel
    private let handler: PipelineHandler
    private let outcomes = Outcomes()

    init() throws {
        self.channel = EmbeddedChannel(loop: self.loop)
        self.handler = PipelineHandler(
            ValkeyConfiguration(),
            self.loop,
            PipelineHandler.Events(silence: { _ in }, ended: { _ in })
        )
        try self.channel.pipeline.syncOperations.addHandler(self.handler)
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    @Test("All commands of a tick leave in one write, in order, and those of the next in another")
    func oneWrite() throws {
        for name in ["A", "B"] {
            self.handler.send(ValkeyCommand([.init(name)]), deadline: nil, self.outcomes.waiter())
        }
        #expect(try self.channel.readOutbound(as: ByteBuffer.self) == nil)
        self.loop.run()
        #expect(
            try self.channel.readOutbound(as: ByteBuffer.self)
                == ByteBuffer(string: "*1\r\n$1\r\nA\r\n*1\r\n$1\r\nB\r\n")
        )
        self.handler.send(ValkeyCommand("C"), deadline: nil, self.outcomes.waiter())
        self.loop.run()
        #expect(try self.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "*1\r\n$1\r\nC\r\n"))
        #expect(try self.channel.readOutbound(as: ByteBuffer.self) == nil)
        try self.channel.writeInbound(ByteBuffer(string: ":1\r\n:2\r\n-ERR x\r\n"))
        #expect(self.outcomes.codes == [nil, nil, .server])
    }

    @Test("A broken connection says which commands may have run")
    func mayHaveRun() throws {
        self.handler.send(ValkeyCommand("A"), deadline: nil, self.outcomes.waiter())
        self.loop.run()
        self.handler.send(ValkeyCommand("B"), deadline: nil, self.outcomes.waiter())
        self.channel.pipeline.fireChannelInactive()
        self.handler.send(ValkeyCommand("C"), deadline: nil, self.outcomes.waiter())
        let runs = self.outcomes.all.map { if case .failure(let error) = $0 { error.mayHaveRun } else { false } }
        #expect(self.outcomes.codes == [.disconnected, .disconnected, .unavailable])
        #expect(runs == [true, false, false])
    }

    @Test("A deadline that passes fails its command and closes the connection")
    func deadline() throws {
        self.handler.send(ValkeyCommand("A"), deadline: nil, self.outcomes.waiter())
        self.handler.send(ValkeyCommand("B"), deadline: self.loop.now + .seconds(1), self.outcomes.waiter())
        self.loop.advanceTime(by: .milliseconds(1_100))
        #expect(self.outcomes.codes == [.disconnected, .timedOut])
        #expect(!self.channel.isActive)
    }

    @Test(
        "A reply that nobody asked for, and nonsense, closes the connection",
        arguments: [":1\r\n:2\r\n", "?", "$99999999999\r\n"]
    )
    func nonsense(text: String) throws {
        self.handler.send(ValkeyCommand("A"), deadline: nil, self.outcomes.waiter())
        self.loop.run()
        try self.channel.writeInbound(ByteBuffer(string: text))
        #expect(self.handler.reason?.code == .protocolViolation)
        #expect(!self.channel.isActive)
        #expect(self.outcomes.all.count == 1)
    }

    @Test("A completion may send, and may close")
    func reentrancy() throws {
        let me = NIOLoopBound(self.handler, eventLoop: self.loop)
        let waiter = self.outcomes.waiter()
        self.handler.send(
            ValkeyCommand("A"),
            deadline: nil,
            .one { _ in
                me.value.send(ValkeyCommand("B"), deadline: nil, waiter)
                me.value.close(.closed)
            }
        )
        self.handler.send(ValkeyCommand("C"), deadline: nil, self.outcomes.waiter())
        self.loop.run()
        try self.channel.writeInbound(ByteBuffer(string: ":1\r\n:2\r\n:3\r\n"))
        #expect(self.outcomes.codes == [.closed, .closed])
    }

    @Test("An idle connection is pinged, and its answer is nobody's")
    func ping() throws {
        self.loop.advanceTime(by: .milliseconds(1_100))
        #expect(try self.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "*1\r\n$4\r\nPING\r\n"))
        try self.channel.writeInbound(ByteBuffer(string: "+PONG\r\n"))
        #expect(self.channel.isActive)
        self.loop.advanceTime(by: .milliseconds(900))
        #expect(try self.channel.readOutbound(as: ByteBuffer.self) == nil)
    }
}
