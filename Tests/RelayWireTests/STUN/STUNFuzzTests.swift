import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("STUN and the packets of the UDP port, fuzzed")
struct STUNFuzzTests {
    /// One of each kind, whole.
    static let seeds: [[UInt8]] =
        STUNSamples.all.map { Array($0.readableBytesView) } + [
            bytes("00010008 b7e7a701 bc34d686fa87dfae01020304 0003000400000006"),
            bytes("40010005 6162636465 000000"),
            bytes("00 0f 6162636465666768696a6b6c6d6e6f 02 7331"),
            bytes("00000000 0200000000000000 6162 0200000000000000 7331"),
            bytes("01 02 7331"), bytes("03"), bytes("04 fc 70110100"), bytes("04000000 01000000"),
        ]

    @Test("a message cut at any length is refused, and so is one with bytes behind it")
    func truncated() {
        for seed in STUNSamples.all.map({ Array($0.readableBytesView) }) {
            for length in 0..<seed.count {
                #expect(throws: STUNError.self) { try STUNMessage(inset(seed[..<length])) }
            }
            for extra in 1...8 {
                #expect(throws: STUNError.wrongLength) {
                    try STUNMessage(inset(seed + [UInt8](repeating: 0, count: extra)))
                }
            }
        }
    }

    @Test("a message cut at any length, with a header that says so, gives no attribute that goes beyond it")
    func shortened() {
        for seed in STUNSamples.all.map({ Array($0.readableBytesView) }) {
            for length in stride(from: STUNHeader.size, to: seed.count, by: 4) {
                var bytes = Array(seed[..<length])
                bytes[2] = UInt8((length - STUNHeader.size) >> 8)
                bytes[3] = UInt8((length - STUNHeader.size) & 0xFF)
                Self.readAll(inset(bytes))
            }
        }
    }

    @Test("no decoder traps, whatever comes", arguments: 0..<8 as Range<UInt64>)
    func mutated(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var messages = 0
        for _ in 0..<4_000 {
            let datagram = inset(Self.mutated(&random))
            Self.readAll(datagram)
            messages += (try? STUNMessage(datagram)) == nil ? 0 : 1
            switch DatagramKind(datagram) {
            case .stun: #expect(datagram.readableBytes >= STUNHeader.size)
            case .channelData, .reference: #expect(datagram.readableBytes > 0)
            case .unknown: #expect((try? STUNMessage(datagram))?.header.hasCookie != true)
            }
            Self.readStream(datagram)
        }
        #expect(messages > 100)
    }

    @Test("random bytes of every length", arguments: 0..<4 as Range<UInt64>)
    func random(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 77)
        for length in 0...256 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            Self.readAll(inset(bytes))
            Self.readStream(inset(bytes))
        }
    }

    /// Reads everything that there is to read.
    private static func readAll(_ datagram: ByteBuffer) {
        _ = TURNChannelData(datagram)
        if let packet = ReferencePacket(datagram) {
            var written = ByteBuffer()
            packet.write(into: &written)
            #expect(written.readableBytes <= datagram.readableBytes)
            #expect(ReferencePacket(written) == packet)
        }
        guard let message = try? STUNMessage(datagram) else { return }
        for type in STUNAttributeType.allCases {
            let size = message.value(type)?.readableBytes ?? 0
            #expect(size <= datagram.readableBytes)
            _ = try? message.address(type)
            _ = try? message.addresses(type, limit: 4)
            _ = try? message.text(type)
        }
        _ = try? message.errorCode()
        _ = try? message.notUnderstood()
        _ = try? message.changeRequest()
        _ = try? message.responsePort()
        _ = try? message.lifetime()
        _ = try? message.channelNumber()
        _ = try? message.requestedAddressFamily()
        _ = try? message.requestedTransport()
        _ = try? message.evenPort()
        _ = try? message.reservationToken()
        _ = try? message.userHash()
        _ = try? message.passwordAlgorithm()
        _ = try? message.passwordAlgorithms()
        _ = message.fingerprintIsRight
        _ = message.unknownAttributes(limit: 4)
        for integrity in [STUNIntegrity.sha1, .sha256] {
            let isAuthentic = message.isAuthentic(integrity) { _ in [UInt8](repeating: 0xA5, count: integrity.size) }
            #expect(!isAuthentic)
        }
    }

    /// Each step takes a message, or the stream ends there.
    private static func readStream(_ bytes: ByteBuffer) {
        var stream = bytes
        while let message = try? STUNStreamFraming.next(from: &stream, limit: 1_500) {
            #expect((4...1_500).contains(message.readableBytes))
        }
    }

    private static func mutated(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Self.seeds.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
            case 2: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            case 3: bytes.removeSubrange(place...)
            case 4: bytes.insert(contentsOf: [0, 0, 0, 0], at: place)
            default: bytes.append(contentsOf: Self.seeds.randomElement(using: &random) ?? [])
            }
        }
        return bytes
    }
}
