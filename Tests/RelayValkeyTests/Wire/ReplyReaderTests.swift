import NIOCore
import SeededRandom
import Testing

@testable import RelayValkey

struct ReplyReaderTests {
    static let samples: [(String, ValkeyReply)] = [
        ("+OK\r\n", .status("OK")),
        (":-42\r\n", .integer(-42)),
        ("$5\r\nhe\r\no\r\n", .string(ByteBuffer(string: "he\r\no"))),
        ("$0\r\n\r\n", .string(ByteBuffer())),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("*0\r\n", .array([])),
        (
            "-MOVED 3999 127.0.0.1:6381\r\n",
            .error(ValkeyServerError(prefix: "MOVED", message: "3999 127.0.0.1:6381"))
        ),
        (
            "*3\r\n*2\r\n:1\r\n$-1\r\n+x\r\n*1\r\n*1\r\n$1\r\ny\r\n",
            .array([
                .array([.integer(1), .null]), .status("x"), .array([.array([.string(ByteBuffer(string: "y"))])]),
            ])
        ),
    ]

    @Test("A stream cut in two at any byte gives the same replies")
    func split() throws {
        let stream = Array(Self.samples.map(\.0).joined().utf8)
        for cut in 0...stream.count {
            let reader = ReplyReader(limits: ReplyLimits())
            let replies = try read(reader, [stream[..<cut], stream[cut...]])
            #expect(replies == Self.samples.map(\.1), "cut at \(cut)")
            #expect(!reader.hasPartialReply)
        }
    }

    @Test("A stream fed byte by byte gives the same replies")
    func byByte() throws {
        let stream = Array(Self.samples.map(\.0).joined().utf8)
        let reader = ReplyReader(limits: ReplyLimits())
        #expect(try read(reader, stream.indices.map { stream[$0...$0] }) == Self.samples.map(\.1))
    }

    @Test(
        "What is too large or no reply is refused at once",
        arguments: [
            "$1001\r\n", "$9223372036854775807\r\n", "$99999999999999999999\r\n", "*11\r\n", "*2147483647\r\n",
            "*99999999999\r\n", "*6\r\n*5\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n",
            "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "?\r\n", ":x\r\n", "$x\r\n", "$-2\r\n",
            "$1111111111111111111111111111111111111111",
        ]
    )
    func refusals(_ text: String) {
        let reader = ReplyReader(limits: ReplyLimits(maxBytes: 1_000, maxElements: 10))
        let error = #expect(throws: ValkeyError.self) { try read(reader, [Array(text.utf8)[...]]) }
        #expect(error?.code == .protocolViolation)
    }

    @Test("Strings of one reply count together, and a line has to end")
    func sums() {
        let string = "$600\r\n" + String(repeating: "a", count: 600) + "\r\n"
        self.refusals("*2\r\n" + string + string)
        self.refusals("+" + String(repeating: "a", count: ReplyReader.maxLineBytes + 1))
    }

    @Test("The limits count for each reply, not for the stream")
    func limitsPerReply() throws {
        let reader = ReplyReader(limits: ReplyLimits(maxBytes: 10, maxElements: 3))
        let text = String(repeating: "*2\r\n$5\r\nhello\r\n$5\r\nhello\r\n", count: 100)
        #expect(try read(reader, [Array(text.utf8)[...]]).count == 100)
    }

    @Test("Random bytes and mutated replies end in replies or an error", arguments: 0..<200)
    func fuzz(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var bytes = seed.isMultiple(of: 2) ? Array(Self.samples.map(\.0).joined().utf8) : []
        for _ in 0..<200 where bytes.isEmpty || seed.isMultiple(of: 2) == false {
            bytes.append("$*:+-0123456789\r\n\u{0}ab".utf8.randomElement(using: &random) ?? 0)
        }
        for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random) }
        let reader = ReplyReader(limits: ReplyLimits(maxBytes: 1_000, maxElements: 100))
        do {
            for reply in try read(reader, bytes.map { [$0] }) { #expect(reply.size <= 1_000) }
        } catch {
            #expect((error as? ValkeyError)?.code == .protocolViolation)
        }
    }

    @Test(
        "An error without a word in capitals has no prefix",
        arguments: [("oops", ""), ("ERR oops", "ERR"), ("", "")]
    )
    func prefixes(line: String, prefix: String) {
        #expect(ValkeyServerError(line: line).prefix == prefix)
    }
}

/// Feeds piece after piece and takes all replies.
func read(_ reader: ReplyReader, _ pieces: [ArraySlice<UInt8>]) throws -> [ValkeyReply] {
    var replies: [ValkeyReply] = []
    for piece in pieces {
        try reader.feed(ByteBuffer(bytes: piece))
        while let reply = try reader.next() { replies.append(reply) }
    }
    return replies
}

extension ValkeyReply {
    fileprivate var size: Int {
        switch self {
        case .string(let buffer): buffer.readableBytes
        case .array(let values): values.reduce(0) { $0 + $1.size }
        case .status, .integer, .null, .error: 0
        }
    }
}
