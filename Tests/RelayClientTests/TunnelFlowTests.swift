import NIOCore
import SeededRandom
import Testing

@testable import RelayClient

/// Two ends of a tunnel whose connections are lost at any moment, with what is on its way.
@Suite("Tunnels: what is sent, kept and resumed")
struct TunnelFlowTests {
    /// One end with its program.
    private struct End {
        var flow = TunnelFlow()
        var decoder = TunnelRecordDecoder()
        /// On its way to the other end.
        var wire: [ByteBuffer] = []
        var toSend: [UInt8]
        var sent = 0
        var got: [UInt8] = []
        var hasSeenEnd = false
        /// Delivered, and not taken by the program.
        var untaken = 0
        var greatestUntaken = 0

        mutating func connect() {
            self.decoder = TunnelRecordDecoder()
            self.wire = [self.flow.connected()]
        }

        mutating func disconnect() {
            self.flow.disconnected()
            self.wire = []
        }

        mutating func send(_ record: ByteBuffer?, isConnected: Bool) {
            if let record, isConnected { self.wire.append(record) }
        }

        mutating func receive(_ bytes: ByteBuffer) throws {
            self.decoder.received(bytes)
            while let record = try self.decoder.next() {
                for action in try self.flow.received(record) {
                    switch action {
                    case .send(let bytes): self.wire.append(bytes)
                    case .deliver(let bytes):
                        self.got += bytes.readableBytesView
                        self.untaken += bytes.readableBytes
                    case .deliverEnd:
                        self.hasSeenEnd = true
                        self.untaken += 1
                    case .breakOff: Issue.record("nobody broke off")
                    }
                }
            }
            self.greatestUntaken = max(self.greatestUntaken, self.untaken)
        }
    }

    private static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    /// Whatever is on its way, cut anywhere.
    private static func pass(_ from: inout End, _ to: inout End, _ random: inout SeededGenerator) throws {
        guard !from.wire.isEmpty else { return }
        var first = from.wire.removeFirst()
        let count = Int.random(in: 1...first.readableBytes, using: &random)
        guard let piece = first.readSlice(length: count) else { return }
        if first.readableBytes > 0 { from.wire.insert(first, at: 0) }
        try to.receive(piece)
    }

    private static func act(_ end: inout End, isConnected: Bool, _ random: inout SeededGenerator) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            guard end.flow.mayRead else { return }
            if end.sent == end.toSend.count { return end.send(end.flow.ended(), isConnected: isConnected) }
            let count = min(Int.random(in: 1...5000, using: &random), end.toSend.count - end.sent)
            let piece = ByteBuffer(bytes: end.toSend[end.sent..<end.sent + count])
            end.sent += count
            end.send(end.flow.read(piece), isConnected: isConnected)
        case 1:
            guard end.untaken > 0 else { return }
            let count = Int.random(in: 1...end.untaken, using: &random)
            end.untaken -= count
            if end.flow.took(count) { end.send(end.flow.acknowledgement(), isConnected: isConnected) }
        default:
            end.send(end.flow.acknowledgement(), isConnected: isConnected)
        }
    }

    @Test("Every byte arrives once and in order, both ways, however often the connection is lost", arguments: 0..<60)
    func losses(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var ends = [
            End(toSend: Self.bytes(Int.random(in: 0...60_000, using: &random), &random)),
            End(toSend: Self.bytes(Int.random(in: 0...60_000, using: &random), &random)),
        ]
        var isConnected = false
        var steps = 0
        while !(ends[0].flow.isFinished && ends[1].flow.isFinished) {
            steps += 1
            try #require(steps < 200_000, "it does not end")
            if !isConnected || random.chance(1) {
                for index in 0...1 { ends[index].disconnect() }
                isConnected = random.chance(50)
                if isConnected { for index in 0...1 { ends[index].connect() } }
                continue
            }
            let one = Int.random(in: 0...1, using: &random)
            var (first, second) = (ends[one], ends[1 - one])
            if random.chance(60) {
                try Self.pass(&first, &second, &random)
            } else {
                Self.act(&first, isConnected: true, &random)
            }
            (ends[one], ends[1 - one]) = (first, second)
        }
        for index in 0...1 {
            #expect(ends[index].got == ends[1 - index].toSend)
            #expect(ends[index].hasSeenEnd)
        }
    }

    @Test("A program is not read on at the window, and no more than that waits for one that takes nothing")
    func window() throws {
        var random = SeededGenerator(seed: 1)
        var writer = End(toSend: [UInt8](repeating: 7, count: 3 * TunnelFlow.window))
        var reader = End(toSend: [])
        writer.connect()
        reader.connect()
        while !(writer.wire.isEmpty && reader.wire.isEmpty) || writer.flow.mayRead {
            if writer.flow.mayRead {
                let piece = ByteBuffer(bytes: writer.toSend[writer.sent..<writer.sent + 65_536])
                writer.sent += 65_536
                writer.send(writer.flow.read(piece), isConnected: true)
            }
            try Self.pass(&writer, &reader, &random)
            try Self.pass(&reader, &writer, &random)
        }
        #expect(writer.sent == TunnelFlow.window)
        #expect(reader.greatestUntaken == TunnelFlow.window)
        let isUrgent = reader.flow.took(reader.untaken)
        #expect(isUrgent)
    }

    @Test("The last word may be lost with the connection that the other end closes: all has arrived all the same")
    func lastWord() throws {
        var random = SeededGenerator(seed: 2)
        var (one, other) = (End(toSend: []), End(toSend: []))
        one.connect()
        other.connect()
        one.send(one.flow.ended(), isConnected: true)
        for _ in 0..<100 {
            try Self.pass(&one, &other, &random)
            try Self.pass(&other, &one, &random)
        }
        #expect(other.hasSeenEnd && !other.flow.hasDelivered)
        other.send(other.flow.ended(), isConnected: true)
        let isUrgentThere = other.flow.took(1)
        #expect(isUrgentThere)
        other.send(other.flow.acknowledgement(), isConnected: true)
        while !other.wire.isEmpty { try Self.pass(&other, &one, &random) }
        let isUrgent = one.flow.took(1)
        #expect(isUrgent)
        let word = one.flow.acknowledgement()
        #expect(word != nil)
        #expect(one.flow.isFinished)
        #expect(!other.flow.isFinished && other.flow.hasDelivered)
    }

    @Test("What no end says is refused")
    func faults() throws {
        func refused(_ records: [TunnelRecord]) -> TunnelFault? {
            var flow = TunnelFlow()
            _ = flow.connected()
            _ = flow.read(ByteBuffer(string: "abc"))
            do throws(TunnelFault) {
                for record in records { _ = try flow.received(record) }
                return nil
            } catch {
                return error
            }
        }
        let hello = TunnelRecord.hello(received: 0)
        #expect(refused([hello, .acknowledged(3)]) == nil)
        #expect(refused([hello, .acknowledged(4)]) == .miscounted)
        #expect(refused([hello, .acknowledged(2), .acknowledged(1)]) == .miscounted)
        #expect(refused([.hello(received: 4)]) == .miscounted)
        #expect(refused([hello, hello]) == .notUnderstood)
        #expect(refused([.data(ByteBuffer(string: "x"))]) == .notUnderstood)
        #expect(refused([hello, .end, .end]) == .notUnderstood)
        #expect(refused([hello, .end, .data(ByteBuffer(string: "x"))]) == .notUnderstood)
        let much = TunnelRecord.data(ByteBuffer(repeating: 0, count: TunnelRecord.longestData))
        let most = 2 * TunnelFlow.window / TunnelRecord.longestData
        #expect(refused([hello] + [TunnelRecord](repeating: much, count: most)) == nil)
        #expect(refused([hello] + [TunnelRecord](repeating: much, count: most + 1)) == .overrun)
    }

    @Test("Records have golden bytes, and any cut of them reads the same")
    func records() throws {
        let golden: [(TunnelRecord, [UInt8])] = [
            (.hello(received: 258), [1, 0x50, 0x52, 0x54, 0x31, 0, 0, 0, 0, 0, 0, 1, 2]),
            (.data(ByteBuffer(string: "hi")), [2, 0, 0, 0, 2, 0x68, 0x69]),
            (.acknowledged(3), [3, 0, 0, 0, 0, 0, 0, 0, 3]),
            (.end, [4]),
            (.broken, [5]),
        ]
        for (record, bytes) in golden { #expect(Array(record.bytes.readableBytesView) == bytes) }
        let all = ByteBuffer(bytes: golden.flatMap(\.1))
        for cut in 0...all.readableBytes {
            var decoder = TunnelRecordDecoder()
            var found: [TunnelRecord] = []
            for part in [all.getSlice(at: 0, length: cut), all.getSlice(at: cut, length: all.readableBytes - cut)] {
                decoder.received(try #require(part))
                while let record = try decoder.next() { found.append(record) }
            }
            let data = found.compactMap {
                if case .data(let bytes) = $0 { Array(bytes.readableBytesView) } else { nil }
            }
            #expect(data.flatMap(\.self) == Array("hi".utf8))
            #expect(
                found.filter { if case .data = $0 { false } else { true } }
                    == golden.map(\.0).filter { $0 != golden[1].0 }
            )
        }
    }

    @Test("Any bytes are records or refused", arguments: 0..<200)
    func fuzz(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var decoder = TunnelRecordDecoder()
        var flow = TunnelFlow()
        _ = flow.connected()
        if seed.isMultiple(of: 2) { _ = try? flow.received(.hello(received: 0)) }
        do throws(TunnelFault) {
            for _ in 0..<100 {
                let count = Int.random(in: 1...20, using: &random)
                decoder.received(ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...6, using: &random) }))
                while let record = try decoder.next() { _ = try flow.received(record) }
            }
        } catch {
            #expect(!error.description.isEmpty)
        }
    }
}
