import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("What relays say to each other of a tunnel over QUIC")
struct TunnelLinkMessageTests {
    private static let messages: [(TunnelLinkMessage, [UInt8])] = [
        (.bind(tunnel: "t1", number: 300, kind: "git"), [1, 2, 0x74, 0x31, 0x41, 0x2C, 3, 0x67, 0x69, 0x74]),
        (.bound, [2]),
        (.refused("no"), [3, 2, 0x6E, 0x6F]),
        (.moved, [4]),
        (.unbound("x"), [5, 1, 0x78]),
        (.open(0), [6, 0]),
        (.opened(1), [7, 1]),
        (.data(64, ByteBuffer(string: "ab")), [8, 0x40, 0x40, 0x61, 0x62]),
        (.finished(2), [9, 2]),
        (.taken(3, 1 << 20), [10, 3, 0x80, 0x10, 0, 0]),
        (.reset(4, code: 5), [11, 4, 5]),
        (.stop(4, code: 6), [12, 4, 6]),
        (.end(4, code: 0x7007), [13, 4, 0x80, 0, 0x70, 0x07]),
        (.closed(4), [14, 4]),
        (.datagram(ByteBuffer(bytes: [0xFF])), [15, 0xFF]),
        (.datagram(ByteBuffer()), [15]),
    ]

    @Test("has these bytes, and is read from them", arguments: Self.messages.indices)
    func samples(_ place: Int) {
        let (message, bytes) = Self.messages[place]
        #expect(Array((message.head.readableBytesView + message.payload.readableBytesView)) == bytes)
        #expect(TunnelLinkMessage(ByteBuffer(bytes: bytes)) == message)
    }

    @Test("is none where it is cut off, goes on, or has a kind that nobody knows")
    func none() {
        for (message, bytes) in Self.messages where message.payload.readableBytes == 0 {
            for count in 0..<bytes.count where count != 1 || bytes[0] != 15 {
                #expect(TunnelLinkMessage(ByteBuffer(bytes: bytes[..<count])) == nil, "\(message)")
            }
            guard bytes[0] != 15 else { continue }
            #expect(TunnelLinkMessage(ByteBuffer(bytes: bytes + [0])) == nil, "\(message)")
        }
        for kind in [0, 16, 0xFF] as [UInt8] { #expect(TunnelLinkMessage(ByteBuffer(bytes: [kind, 1, 1])) == nil) }
    }

    @Test("is a message or none, whatever the bytes", arguments: 0..<8 as Range<UInt64>)
    func noise(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            var bytes = Self.messages.randomElement(using: &generator)?.1 ?? []
            bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            bytes += (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            guard let message = TunnelLinkMessage(ByteBuffer(bytes: bytes)) else { continue }
            var again = message.head
            again.writeImmutableBuffer(message.payload)
            #expect(TunnelLinkMessage(again) == message)
        }
    }
}
