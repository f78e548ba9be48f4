import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Payloads of Pulse's among the relay's")
struct PulsePayloadTests {
    @Test(
        "one JSON object on one line is JSON",
        arguments: [
            "{}", #"{"a":1}"#, #"{ "a" : [ 1 , {} ] }"#, #"{"a":"é\n\u0000"}"#, "{\"a\":\"\u{7F}\u{2028}\u{85}\"}",
            #"{"a":1,"a":2}"#,
            "{\"a\":" + String(repeating: "[", count: 118) + String(repeating: "]", count: 118) + "}",
        ]
    )
    func json(text: String) {
        let payload = PulsePayload(inset(text.utf8))
        #expect(!payload.isBinary)
        #expect(payload.bytes.text == text)
        #expect((try? PublishRequest(json: self.request(text)))?.payload == payload.bytes)
    }

    @Test(
        "all else is bytes",
        arguments: [
            "", " ", "[]", "1", "null", #""a""#, "{", "}", "{}}", "{}{}", "{} ", " {}", "{}\n", "{\n}", "{\r\n}",
            "{\t}", "{\"a\":\t1}",
            "{\"a\":\"\n\"}", "{\"a\":\"\u{0}\"}", #"{"a":NaN}"#, #"{"a":1e999}"#, #"{"a":"\ud800"}"#, #"{'a':1}"#,
            "\u{FEFF}{}",
            "{\"a\":" + String(repeating: "[", count: 119) + String(repeating: "]", count: 119) + "}", "Hello, world!",
        ]
    )
    func binary(text: String) {
        let payload = PulsePayload(inset(text.utf8))
        #expect(payload.isBinary)
        #expect(payload.bytes.text == text)
    }

    @Test("what is not UTF-8 is bytes", arguments: JSONSamples.invalidUTF8)
    func invalid(bytes: [UInt8]) {
        let text = Array(#"{"a":""#.utf8) + bytes + Array(#""}"#.utf8)
        let payload = PulsePayload(inset(text))
        #expect(payload.isBinary)
        #expect(payload.bytes == ByteBuffer(bytes: text))
    }

    @Test("what is JSON here is so in a request, and the same bytes", arguments: 0..<8 as Range<UInt64>)
    func fuzz(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var found = 0
        for _ in 0..<2_000 {
            var bytes = Array(JSONFuzzTests.seeds.randomElement(using: &random)?.utf8 ?? "".utf8)
            if random.chance(70) { bytes = mutated(bytes, &random) }
            let payload = PulsePayload(inset(bytes))
            #expect(payload.bytes == ByteBuffer(bytes: bytes))
            let request = try? PublishRequest(json: self.request(bytes))
            let isKept = request?.isBinary == false && request?.payload == payload.bytes
            if !payload.isBinary {
                found += 1
                #expect(isKept, "\(payload.bytes.text)")
            } else if isKept {
                #expect(bytes.contains { $0 < 0x20 }, "\(payload.bytes.text)")
            }
        }
        #expect(found > 40)
    }

    private func request(_ payload: String) -> ByteBuffer { self.request(Array(payload.utf8)) }

    private func request(_ payload: [UInt8]) -> ByteBuffer {
        inset(Array(#"{"topic":"t","payload":"#.utf8) + payload + Array("}".utf8))
    }

    @Test(
        "an event is kept in the metadata",
        arguments: ["", "e", "é \"x\"\\\n", String(repeating: "e", count: 1_000)]
    )
    func events(event: String) throws {
        let metadata = try #require(PulsePayload.metadata(ofEvent: event))
        let read = PulsePayload.event(inMetadata: metadata)
        #expect(read == event)
        // A request takes it.
        let request = try PublishRequest(json: inset(#"{"topic":"t","payload":{},"metadata":\#(metadata.text)}"#.utf8))
        #expect(request.metadata == metadata)
        // So it stays beside a trace.
        let traced = TraceMetadata.adding("00-1-2-01", to: metadata)
        #expect(PulsePayload.event(inMetadata: traced) == event)
    }

    @Test("metadata can't hold every event")
    func noEvents() { #expect(PulsePayload.metadata(ofEvent: "a\u{0}b") == nil) }

    @Test(
        "the event of any publisher's metadata is read",
        arguments: [
            (#"{"event":"e"}"#, "e"), (#"{"a":"b", "event" : "\u0065\n"}"#, "e\n"), (#"{"\u0065vent":"x"}"#, "x"),
            (#"{"event":"a","event":"b"}"#, "b"), ("{}", nil), (#"{"Event":"e"}"#, nil), (#"{"event":1}"#, nil),
            ("", nil), ("[]", nil),
        ]
    )
    func metadata(text: String, event: String?) { #expect(PulsePayload.event(inMetadata: inset(text.utf8)) == event) }
}
