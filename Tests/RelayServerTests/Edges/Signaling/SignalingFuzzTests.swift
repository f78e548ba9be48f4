import Foundation
import NIOCore
import Testing

@testable import RelayServer

@Suite("Bad input on signaling sockets", .timeLimit(.minutes(5)))
struct SignalingFuzzTests {
    /// Cuts, doubled and changed bytes of a text, by a seed.
    private struct Mutations {
        var state: UInt64

        private mutating func next(_ bound: Int) -> Int {
            self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((self.state >> 33) % UInt64(max(1, bound)))
        }

        mutating func apply(to text: String) -> ByteBuffer {
            var bytes = Array(text.utf8)
            for _ in 0...self.next(3) {
                guard !bytes.isEmpty else { break }
                switch self.next(4) {
                case 0: bytes.removeLast(self.next(bytes.count))
                case 1: bytes[self.next(bytes.count)] = UInt8(self.next(128))
                case 2: bytes.insert(contentsOf: bytes.prefix(self.next(bytes.count)), at: self.next(bytes.count))
                default: bytes.removeFirst(self.next(bytes.count))
                }
            }
            // Texts have to be UTF-8: that they are is the WebSocket's to see to.
            return ByteBuffer(string: String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("no first message does any harm", arguments: [1, 2, 3] as [UInt64])
    func first(seed: UInt64) async throws {
        try await withRelay {
            $0.signaling.maxStrangersPerAddress = 1_000
        } _: { relay in
            let stage = try await SignalingStage(relay)
            var mutations = Mutations(state: seed)
            let join =
                #"{"type":"join","session_id":"\#(stage.id)","peer_id":"p","join_token":"\#(stage.token)","cursors":{"signal":"1-0"},"candidates":[1],"id":7}"#
            for _ in 0..<60 {
                let client = try await SignalingClient(relay, "/ws")
                client.socket.send(0x81, mutations.apply(to: join))
                let answer = await client.next()
                #expect(["error", "joined"].contains(answer["type"] as? String ?? ""), "\(answer)")
                client.disconnect()
            }
            let host = try await SignalingClient(relay)
            try host.socket.send(
                json: ["type": "join", "session_id": stage.id, "peer_id": "host", "join_token": stage.token]
            )
            #expect(await host.next()["type"] != nil)
            host.disconnect()
        }
    }

    @Test(
        "no message after the join does any harm, and every one that can't be read is answered",
        arguments: [4, 5] as [UInt64]
    )
    func joined(seed: UInt64) async throws {
        try await withRelay {
            $0.signaling.messagesPerSecond = 0
        } _: { relay in
            let stage = try await SignalingStage(relay)
            let host = try await stage.join("host")
            var mutations = Mutations(state: seed)
            let rows = SignalingClient.Dialect.allCases.flatMap(SignalingRow.all)
            for number in 0..<40 {
                let guest = try await stage.join("guest-\(number)")
                for row in rows.shuffled().prefix(8) {
                    guest.socket.send(0x81, mutations.apply(to: row.sent))
                }
                guest.socket.send(0x82, ByteBuffer(repeating: UInt8(truncatingIfNeeded: number), count: number))
                try guest.say(["type": "leave"])
                #expect(await guest.closeCode() == 1000)
                guest.disconnect()
            }
            try host.say(["type": "chat_message", "message": "alive"])
            #expect(await host.next("chat_message")["peer_id"] as? String != nil)
            host.disconnect()
        }
    }
}
