import Foundation
import NIOCore
import RelayWire
import SeededRandom
import Testing

/// What one client may publish is what all others have to read.
@Suite("JSON that other parsers read")
struct ReadableJSONTests {
    /// Reads a line each, as strictly as a service would that stores what it reads: also writes it again, as UTF-8.
    private static let reader = """
        import json, sys
        for number, line in enumerate(sys.stdin.buffer):
            try:
                json.dumps(json.loads(line), allow_nan=False, ensure_ascii=False).encode()
            except Exception as error:
                print(number, type(error).__name__)
        """

    private static let python = "/usr/bin/python3"

    @Test(
        "whatever is accepted is read, and written again, by Python with its own limits",
        .enabled(if: FileManager.default.isExecutableFile(atPath: Self.python), "needs Python"),
        arguments: [1, 2, 3] as [UInt64]
    )
    func readByPython(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var accepted: [String] = []
        var refused = 0
        for _ in 0..<4000 {
            let payload = Self.object(depth: 0, &random)
            let metadata = #"{\#(Self.text(&random)):\#(Self.text(&random))}"#
            let body = #"{"topic":"t","payload":\#(payload),"metadata":\#(metadata)}"#
            guard let request = try? PublishRequest(json: ByteBuffer(string: body)) else {
                refused += 1
                continue
            }
            let fields = [request.payload, request.metadata ?? ByteBuffer(string: "{}")].map { String(buffer: $0) }
            // As deep as any answer has it.
            accepted.append(#"{"messages":[{"payload":\#(fields[0]),"metadata":\#(fields[1])}]}"#)
        }
        #expect(accepted.count > 400 && refused > 400, "\(accepted.count) accepted, \(refused) refused")
        let complaints = try Self.complaints(about: accepted)
        #expect(complaints.isEmpty, "\(complaints)")
    }

    @Test("no answer is nested deeper than 127 levels, where some parsers stop")
    func depth() {
        for levels in 1...200 {
            let arrays = String(repeating: "[", count: levels - 1) + String(repeating: "]", count: levels - 1)
            let payload = levels == 1 ? "{}" : #"{"a":\#(arrays)}"#
            let request = try? PublishRequest(json: ByteBuffer(string: #"{"topic":"t","payload":\#(payload)}"#))
            // A poll puts the payload into a message, the message into a list, and the list into its answer.
            #expect(request == nil || levels + 3 <= 127, "\(levels)")
            #expect(request != nil || levels > 100, "\(levels)")
        }
    }

    private static func complaints(about texts: [String]) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "readable-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(texts.joined(separator: "\n").utf8).write(to: file)
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: Self.python)
        process.arguments = ["-c", Self.reader]
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = output
        try process.run()
        let complaints = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: complaints, as: UTF8.self)
    }

    // MARK: Texts of which many are poison for somebody

    private static func object(depth: Int, _ random: inout SeededGenerator) -> String {
        let members = (0..<Int.random(in: 0...2, using: &random)).map { _ in
            "\(Self.text(&random)):\(Self.value(depth: depth + 1, &random))"
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func value(depth: Int, _ random: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0...4: return Self.number(&random)
        case 5...7: return Self.text(&random)
        case 8 where depth < 8: return Self.object(depth: depth, &random)
        case 9 where depth < 8:
            return "[\(Self.value(depth: depth + 1, &random)),\(Self.value(depth: depth + 1, &random))]"
        case 10 where random.chance(10):
            let levels = Int.random(in: 50...1500, using: &random)
            return String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        default: return ["true", "false", "null"].randomElement(using: &random) ?? "null"
        }
    }

    private static func number(_ random: inout SeededGenerator) -> String {
        func digits(_ limit: Int) -> String {
            let count =
                random.chance(5) ? Int.random(in: 1...limit, using: &random) : Int.random(in: 1...18, using: &random)
            return (0..<count).map { _ in "\(Int.random(in: 0...9, using: &random))" }.joined()
        }
        var text = random.chance(30) ? "-" : ""
        let whole = digits(6000).drop { $0 == "0" }
        text += whole.isEmpty ? "0" : whole
        if random.chance(30) { text += "." + digits(6000) }
        if random.chance(30) {
            text += "e" + (["", "+", "-"].randomElement(using: &random) ?? "") + digits(8).prefix(8)
        }
        return text
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        let pieces = [
            "a", "é", "e\u{301}", "😀", "\\u0000", "\\ud83d\\ude00", "\\n", "\u{2028}", "\u{7F}", "\u{FFFF}", "\\\"",
            "\\/",
        ]
        let halves = ["\\ud83d", "\\ude00", "\\uDFFF"]
        let chosen = (0..<Int.random(in: 0...5, using: &random)).map { _ in
            (random.chance(4) ? halves : pieces).randomElement(using: &random) ?? ""
        }
        return "\"\(chosen.joined())\""
    }
}
