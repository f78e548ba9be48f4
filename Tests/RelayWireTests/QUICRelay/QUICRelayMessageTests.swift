import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("The control stream of the QUIC relay")
struct QUICRelayMessageTests {
    private static func bytes(_ hexadecimal: String) throws -> [UInt8] {
        try #require(Hexadecimal.bytes(hexadecimal[...].utf8, capitals: false))
    }

    /// One message, without its length.
    private static func request(_ write: (inout ByteBuffer) -> Void) throws -> QUICRelayRequest {
        var bytes = ByteBuffer()
        write(&bytes)
        return try QUICRelayRequest(bytes)
    }

    @Test("reads what clients say", arguments: QUICRelaySamples.requests.indices)
    func requests(_ place: Int) throws {
        let (hexadecimal, request) = QUICRelaySamples.requests[place]
        var splitter = QUICRelaySplitter()
        splitter.add(ByteBuffer(bytes: try Self.bytes(hexadecimal)))
        let first = try splitter.next()
        let message = try #require(first)
        #expect(try QUICRelayRequest(message) == request)
        let second = try splitter.next()
        #expect(second == nil && splitter.heldBytes == 0)
    }

    @Test("writes what the relay says", arguments: QUICRelaySamples.answers.indices)
    func answers(_ place: Int) throws {
        let (hexadecimal, answer) = QUICRelaySamples.answers[place]
        #expect(Array(answer.framed.readableBytesView) == (try Self.bytes(hexadecimal)))
    }

    @Test("cuts the same messages of its bytes, however they come", arguments: 1...7)
    func pieces(_ size: Int) throws {
        let all = try QUICRelaySamples.requests.flatMap { try Self.bytes($0.0) }
        var splitter = QUICRelaySplitter()
        var messages: [QUICRelayRequest] = []
        for start in stride(from: 0, to: all.count, by: size) {
            splitter.add(ByteBuffer(bytes: all[start..<min(start + size, all.count)]))
            while let message = try splitter.next() { messages.append(try QUICRelayRequest(message)) }
        }
        #expect(messages == QUICRelaySamples.requests.map(\.1))
    }

    @Test(
        "is at its end with what is no message, by its first bytes",
        arguments: ["hello", "GET / HTTP/1.1", "\u{05}\u{01}", "\u{00}"]
    )
    func noMessages(_ text: String) {
        var splitter = QUICRelaySplitter()
        splitter.add(ByteBuffer(string: text))
        for _ in 0..<2 {
            #expect(throws: QUICRelayFault.self) { try splitter.next() }
        }
        splitter.add(ByteBuffer(string: "more"))
        #expect(splitter.heldBytes == 0)
    }

    @Test("holds no message that claims to be longer than one may be")
    func tooLong() {
        var splitter = QUICRelaySplitter()
        var bytes = ByteBuffer()
        bytes.writeQUICVarint(UInt64(QUICRelayFraming.maximumMessage) + 1)
        splitter.add(bytes)
        #expect(throws: QUICRelayFault.self) { try splitter.next() }
    }

    @Test("goes on behind a message that says nothing known, and tells whose it was")
    func problems() throws {
        let unknown = #expect(throws: QUICRelayProblem.self) {
            try Self.request {
                $0.pack(mapOf: 2)
                $0.pack(text: "type")
                $0.pack(text: "dance")
                $0.pack(text: "id")
                $0.pack(4 as UInt64)
            }
        }
        #expect(unknown?.code == .unknownType && unknown?.id == 4)
        let incomplete = #expect(throws: QUICRelayProblem.self) {
            try Self.request {
                $0.pack(mapOf: 2)
                $0.pack(text: "type")
                $0.pack(text: "bind")
                $0.pack(text: "id")
                $0.pack(5 as UInt64)
            }
        }
        #expect(incomplete?.code == .badMessage && incomplete?.id == 5 && incomplete?.message == "no `to`")
    }

    @Test("takes no number of a tunnel that no stream can name, and no kind that can't be shown")
    func bounds() {
        for tunnel in [QUICVarint.maximum + 1, UInt64.max] {
            #expect(throws: QUICRelayProblem.self) { try Self.bind(tunnel, kind: "stream") }
        }
        for kind in ["", "a b", "ü", String(repeating: "k", count: 33)] {
            #expect(throws: QUICRelayProblem.self) { try Self.bind(1, kind: kind) }
        }
        #expect(throws: Never.self) { try Self.bind(QUICVarint.maximum, kind: "git") }
    }

    private static func bind(_ tunnel: UInt64, kind: String) throws {
        let request = try self.request {
            $0.pack(mapOf: 4)
            $0.pack(text: "type")
            $0.pack(text: "bind")
            $0.pack(text: "to")
            $0.pack(text: "bob")
            $0.pack(text: "tunnel")
            $0.pack(tunnel)
            $0.pack(text: "kind")
            $0.pack(text: kind)
        }
        #expect(request.content == .bind(to: "bob", tunnel: tunnel, kind: kind))
    }

    @Test("a message that has only begun keeps nothing of those before it")
    func memory() throws {
        let echo = try Self.bytes(QUICRelaySamples.requests[0].0)
        var bytes = ByteBuffer()
        while bytes.readableBytes < 15_000 { bytes.writeBytes(echo) }
        bytes.writeBytes(echo.prefix(2))
        var splitter = QUICRelaySplitter()
        splitter.add(bytes)
        while try splitter.next() != nil {}
        let address = Self.address(bytes)
        bytes.setInteger(UInt8(0), at: 0)
        // Nobody else holds it, so no copy was made to change it.
        #expect(Self.address(bytes) == address && splitter.heldBytes == 2)
    }

    private static func address(_ buffer: ByteBuffer) -> Int {
        unsafe buffer.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
    }

    @Test("whatever comes is cut and read the same, in pieces of any size", arguments: 0..<8 as Range<UInt64>)
    func cuts(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var bytes = ByteBuffer()
            for _ in 0..<3 {
                let sample = try Self.bytes(QUICRelaySamples.requests.randomElement(using: &random)?.0 ?? "")
                let isChanged = random.chance(40)
                bytes.writeBytes(
                    sample.map { isChanged && random.chance(5) ? UInt8.random(in: 0...255, using: &random) : $0 }
                )
            }
            let whole = Self.read(bytes, inPiecesOf: bytes.readableBytes)
            #expect(Self.read(bytes, inPiecesOf: 1) == whole && Self.read(bytes, inPiecesOf: 7) == whole)
        }
    }

    private struct Outcome: Equatable {
        var requests: [QUICRelayRequest] = []
        var problems: [QUICRelayProblem] = []
        var fault: QUICRelayFault?
    }

    private static func read(_ bytes: ByteBuffer, inPiecesOf size: Int) -> Outcome {
        var splitter = QUICRelaySplitter()
        var outcome = Outcome()
        var rest = bytes
        do throws(QUICRelayFault) {
            while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
                splitter.add(piece)
                while let message = try splitter.next() {
                    do throws(QUICRelayProblem) {
                        outcome.requests.append(try QUICRelayRequest(message))
                    } catch {
                        outcome.problems.append(error)
                    }
                }
                #expect(splitter.heldBytes <= QUICRelayFraming.maximumMessage + QUICVarint.longest)
            }
        } catch {
            outcome.fault = error
        }
        return outcome
    }

    @Test("survives bytes that somebody has changed", arguments: 0..<8 as Range<UInt64>)
    func fuzz(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            var bytes = try Self.bytes(QUICRelaySamples.requests.randomElement(using: &generator)?.0 ?? "")
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            var splitter = QUICRelaySplitter()
            splitter.add(ByteBuffer(bytes: bytes))
            while let message = try? splitter.next() { _ = try? QUICRelayRequest(message) }
            #expect(splitter.heldBytes <= bytes.count)
        }
    }

    @Test("ends streams by codes of its own range, each with a text of its own")
    func codes() {
        let all = QUICRelayFailure.allCases
        #expect(all.allSatisfy { 0x7000...0x70FF ~= $0.rawValue })
        #expect(Set(all.map(\.text)).count == all.count)
    }
}
