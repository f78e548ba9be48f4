import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Frames of Pulse's, fuzzed")
struct PulseFuzzTests {
    @Test("every frame is read as it was written", arguments: 0..<8 as Range<UInt64>)
    func thereAndBack(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let frame = self.frame(&random)
            var bytes = try #require(frame.encoded)
            let size = bytes.readInteger(as: UInt32.self)
            #expect(size == UInt32(bytes.readableBytes))
            let read = try PulseClientFrame(inset(bytes.readableBytesView))
            #expect(read == frame)
        }
    }

    @Test("whatever comes is read or refused, and what is read can be written", arguments: 0..<8 as Range<UInt64>)
    func mutations(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 1_000)
        var accepted = 0
        for _ in 0..<2_000 {
            let bytes = mutated(self.bytes(&random), &random)
            guard let frame = try? PulseClientFrame(inset(bytes)) else { continue }
            accepted += 1
            guard var again = frame.encoded else { continue }
            again.moveReaderIndex(forwardBy: PulseFraming.prefixSize)
            let read = try PulseClientFrame(again)
            #expect(read == frame, "\(bytes)")
        }
        #expect(accepted > 100)
    }

    @Test("a connection's bytes may be anything", arguments: 0..<8 as Range<UInt64>)
    func streams(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 2_000)
        for _ in 0..<200 {
            var stream: [UInt8] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                guard let frame = self.frame(&random).encoded else { continue }
                stream += frame.readableBytesView
            }
            var rest = mutated(stream, &random)[...]
            var splitter = PulseFrameSplitter(maximumFrame: 1 << 16)
            var came = 0
            while !rest.isEmpty {
                let size = Int.random(in: 1...40, using: &random)
                splitter.add(inset(rest.prefix(size)))
                rest = rest.dropFirst(size)
                came += size
                while let frame = try? splitter.next() { _ = try? PulseClientFrame(frame) }
                #expect(splitter.heldBytes <= max(64, 2 * came))
            }
        }
    }

    /// A frame's MessagePack, written as a client might.
    private func bytes(_ random: inout SeededGenerator) -> [UInt8] {
        guard !random.chance(20), var frame = self.frame(&random).encoded else {
            return bytes(PulseSamples.client.randomElement(using: &random)?.bytes ?? "").dropFirst(4) + []
        }
        frame.moveReaderIndex(forwardBy: PulseFraming.prefixSize)
        return Array(frame.readableBytesView)
    }

    private func bytes(_ text: String) -> [UInt8] { RelayWireTests.bytes(text) }

    private func frame(_ random: inout SeededGenerator) -> PulseClientFrame {
        let id = UInt64.random(in: 0...(.max), using: &random) >> UInt64.random(in: 0...63, using: &random)
        let channel = randomText(&random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .connect(version: UInt8.random(in: 0...255, using: &random), token: self.text(&random))
        case 1:
            let way = PulseWay(hasStream: random.chance(30), hasDatagrams: random.chance(30))
            return .subscribe(id: id, channel: channel, since: self.text(&random), way: way)
        case 2: return .unsubscribe(id: id, channel: channel)
        case 3: return .presence(id: id, channel: channel, action: self.action(&random), data: self.data(&random))
        case 4: return .ping(timestamp: random.chance(50) ? id : nil)
        case 5: return .pong(timestamp: random.chance(50) ? id : nil)
        default:
            let size = Int.random(in: 0...(random.chance(10) ? 300 : 10), using: &random)
            let payload = ByteBuffer(bytes: (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) })
            let event = self.text(&random)
            return .publish(id: random.chance(50) ? id : nil, channel: channel, event: event, payload: payload)
        }
    }

    private func text(_ random: inout SeededGenerator) -> String? {
        random.chance(50) ? randomText(&random) : nil
    }

    private func action(_ random: inout SeededGenerator) -> PulsePresenceAction {
        PulsePresenceAction.allCases.randomElement(using: &random) ?? .join
    }

    /// As it comes back: JSON in the one form that is written. Null is as no data.
    private func data(_ random: inout SeededGenerator) -> ByteBuffer? {
        var value = ByteBuffer()
        value.writeRandomValue(depth: 0, &random)
        guard random.chance(70), value != ByteBuffer(bytes: [0xC0]) else { return nil }
        return try? MessagePackJSON.json(from: value)
    }
}
