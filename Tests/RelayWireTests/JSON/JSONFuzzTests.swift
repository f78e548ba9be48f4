import Foundation
import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("JSON scanner, fuzzed")
struct JSONFuzzTests {
    static let seeds: [String] =
        JSONSamples.valid + JSONSamples.invalid + [
            #"{"topic":"job_setup","payload":{"a":[1,2.5e3,null],"b":"é\u00e9\n"},"ttl":30,"metadata":{"k":"v"}}"#,
            #"{"topics":["a","b"],"since":{"a":"1-2","b":"3"},"timeout":30.0,"replay_window_seconds":5}"#,
            #"{"type":"subscribe","topics":["a"],"client_id":"c","offset":"last","cursors":{"a":"1-0"}}"#,
            #"{"topic":"document/a","payload":"AQEBAAQBAXQBYQA=","encoding":"base64"}"#,
            #"{"type":"publish","id":1,"encoding":"base64","topic":"a","payload":"APvv\/w=="}"#,
            #"{"type":"publish","id":"x","topic":"t","payload":{},"idempotency_key":"k"}"#,
            #"{"messages":[{"topic":"a","payload":{}},{"topic":"b","payload":{"x":[]}}]}"#,
        ]

    @Test("takes and refuses what Foundation does", arguments: 0..<8 as Range<UInt64>)
    func likeFoundation(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<2500 {
            let bytes = mutated(&random)
            let mine = isJSON(inset(bytes))
            accepted += mine ? 1 : 0
            guard Self.isComparable(bytes) else { continue }
            let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            #expect(mine == theirs, "\(String(decoding: bytes, as: UTF8.self).debugDescription) \(bytes)")
        }
        #expect(accepted > 100)
    }

    @Test("no request decoder ever traps, and none takes what is no JSON", arguments: 0..<4 as Range<UInt64>)
    func decoders(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 1000)
        for _ in 0..<1500 {
            let bytes = mutated(&random)
            let json = inset(bytes)
            let isValid = isJSON(json)
            let results = [
                (try? PublishRequest(json: json)) != nil,
                (try? BulkRequest(json: json)) != nil,
                (try? PollRequest(json: json)) != nil,
                (try? ClientFrame(json: json, isFirst: true)) != nil,
                (try? ClientFrame(json: json, isFirst: false)) != nil,
            ]
            if !isValid { #expect(!results.contains(true), "\(bytes)") }
            do {
                _ = try PublishRequest(json: json)
            } catch {
                var body = ByteBuffer()
                error.write(into: &body)
                #expect(body.readableBytes == error.size)
                #expect(isJSON(body), "\(body.text)")
                if case .malformedJSON = error { #expect(!isValid) } else { #expect(isValid) }
            }
        }
    }

    /// A seed text with one to four random changes.
    private func mutated(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(Self.seeds.randomElement(using: &random)?.utf8 ?? "".utf8)
        let tokens: [String] = [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u00", "0", "-", ".", "e", "null", " ", "\n", "é",
            "\\ud83d\\ude00",
        ]
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where place < bytes.count:
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1 where place < bytes.count:
                bytes.remove(at: place)
            case 2:
                bytes.removeSubrange(place...)
            case 3:
                bytes.insert(UInt8.random(in: 0x20...0x7E, using: &random), at: place)
            default:
                bytes.insert(contentsOf: Array(tokens.randomElement(using: &random)?.utf8 ?? "".utf8), at: place)
            }
        }
        return bytes
    }

    /// Foundation guesses other encodings from NUL bytes and byte order marks, refuses half surrogates and numbers
    /// that it can't hold, and takes a comma before a closing bracket.
    private static func isComparable(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return !bytes.contains(0) && !bytes.starts(with: [0xEF, 0xBB, 0xBF]) && !bytes.starts(with: [0xFE, 0xFF])
            && !bytes.starts(with: [0xFF, 0xFE])
            && text.range(of: #"\\u[dD][89a-fA-F]"#, options: .regularExpression) == nil
            && text.range(of: #",\s*[\]}]"#, options: .regularExpression) == nil
            && text.range(of: #"[eE][+-]?\d{3}|\d{19}"#, options: .regularExpression) == nil
    }
}
