import NIOCore
import RelayQUIC

/// A peer of a session, which has a connection to the QUIC relay and was let in.
struct QUICPeer: Sendable {
    /// How late an answer may be before the relay is taken to hang.
    private static let patience = TimeAmount.seconds(20)

    let call: QUICCall
    private let talk: NIOLoopBound<QUICTalk>

    /// - Parameter accept: gives the streams of tunnels their handlers.
    static func enter(
        _ ticket: String,
        port: Int,
        from client: LoadClient,
        accept: @escaping QUICCall.Accept = { _ in nil }
    ) async throws -> QUICPeer {
        let call = try await QUICCall.open(port: port, speaking: "pulsar-relay/2", from: client, accept: accept)
        do {
            let loop = call.loop
            let talk = try await call.onLoop { connection in
                let talk = QUICTalk()
                try talk.begin(connection.openStream(talk))
                return NIOLoopBound(talk, eventLoop: loop)
            }
            let peer = QUICPeer(call: call, talk: talk)
            try await peer.say(.auth(ticket: ticket), until: "auth_ok")
            return peer
        } catch {
            await call.close()
            throw error
        }
    }

    /// Has a tunnel to another peer, by this number here.
    func bind(to peer: String, as tunnel: UInt8) async throws {
        try await self.say(.bind(to: peer, tunnel: tunnel), until: "bound")
    }

    private func say(_ message: QUICTalk.Message, until answer: String) async throws {
        let talk = self.talk
        try await self.call.loop.flatSubmit {
            let heard = talk.value.say(message, until: answer)
            let alarm = talk.eventLoop.scheduleTask(in: Self.patience) { talk.value.giveUp() }
            return heard.always { _ in alarm.cancel() }
        }.get()
    }

    func close() async { await self.call.close() }
}

/// The client's side of a control stream: one question at a time. Lives on the connection's loop.
final class QUICTalk: QUICStreamHandler {
    /// A map of MessagePack, with its length in front.
    struct Message: Sendable {
        let bytes: ByteBuffer

        static func auth(ticket: String) -> Message { Message([("type", "auth"), ("ticket", ticket)]) }

        static func bind(to peer: String, tunnel: UInt8) -> Message {
            Message([("type", "bind"), ("to", peer)], numbers: [("tunnel", tunnel)])
        }

        /// - Parameter numbers: below 128, where MessagePack writes a number as itself.
        private init(_ texts: [(String, String)], numbers: [(String, UInt8)] = []) {
            var map = ByteBuffer()
            map.writeInteger(0x80 | UInt8(texts.count + numbers.count))
            for (name, text) in texts {
                Self.write(name, into: &map)
                Self.write(text, into: &map)
            }
            for (name, number) in numbers {
                Self.write(name, into: &map)
                map.writeInteger(number)
            }
            // A QUIC integer of two bytes.
            var message = ByteBuffer()
            message.writeInteger(0x4000 | UInt16(map.readableBytes))
            message.writeImmutableBuffer(map)
            self.bytes = message
        }

        private static func write(_ text: String, into map: inout ByteBuffer) {
            map.writeInteger(UInt8(0xDA))
            map.writeInteger(UInt16(text.utf8.count))
            map.writeString(text)
        }
    }

    private var stream: QUICStream?
    private var heard = ""
    private var awaited: (answer: String, heard: EventLoopPromise<Void>)?

    func begin(_ stream: QUICStream) { self.stream = stream }

    /// - Returns: succeeds when an answer of this type has come.
    func say(_ message: Message, until answer: String) -> EventLoopFuture<Void> {
        guard let stream = self.stream else { preconditionFailure("nothing is said before the stream is there") }
        let promise = stream.connection.eventLoop.makePromise(of: Void.self)
        self.heard = ""
        self.awaited = (answer, promise)
        stream.write(message.bytes)
        return promise.futureResult
    }

    func giveUp() { self.awaited.take()?.heard.fail(LoadError.connectionClosed) }

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        stream.grant(bytes.readableBytes)
        self.heard += String(buffer: bytes)
        guard let awaited = self.awaited else { return }
        if self.heard.contains(awaited.answer) {
            self.awaited = nil
            awaited.heard.succeed()
        } else if self.heard.contains("error") {
            self.awaited = nil
            awaited.heard.fail(LoadError.frameRefused(self.heard))
        }
    }

    func stream(_ stream: QUICStream, released count: Int) {}

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) {}

    func streamWasStopped(_ stream: QUICStream) {}

    func streamClosed(_ stream: QUICStream) {
        self.stream = nil
        self.giveUp()
    }
}
