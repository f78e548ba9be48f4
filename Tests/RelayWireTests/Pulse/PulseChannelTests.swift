import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Channels of Pulse's and topics")
struct PulseChannelTests {
    @Test(
        "each channel is a topic",
        arguments: [
            ("news", "news"), ("A_b-9", "A_b-9"), ("_-0", "_-0"), ("chat:room", "pulse/chat_3aroom"),
            ("a b", "pulse/a_20b"),
            ("-", "pulse/_2d"), ("___", "pulse/_5f_5f_5f"), ("a/b", "pulse/a_2fb"),
            ("document/x", "pulse/document_2fx"),
            ("pulse/x", "pulse/pulse_2fx"), ("a$", "pulse/a_24"), (" ", "pulse/_20"), ("~", "pulse/_7e"),
            ("a_:", "pulse/a_5f_3a"), ("private:x", "pulse/private_3ax"),
            (String(repeating: "a", count: 255), String(repeating: "a", count: 255)),
            (String(repeating: "a", count: 256), "pulse/" + String(repeating: "a", count: 256)),
            (String(repeating: ":", count: 256), "pulse/" + String(repeating: "_3a", count: 256)),
        ]
    )
    func both(channel: String, topic: String) {
        #expect(PulseChannel.isLegal(channel))
        #expect(PulseChannel.topic(ofChannel: channel) == topic)
        #expect(PulseChannel.channel(ofTopic: topic) == channel)
        #expect(TopicNaming.paths.allows(topic))
    }

    @Test(
        "some names no channel has",
        arguments: [
            "", "$x", "$", "a\n", "\u{0}", "a\u{1F}", "\u{7F}", "é", "a\u{301}", "\u{212A}", "😀",
            String(repeating: "a", count: 257), String(repeating: ":", count: 257),
        ]
    )
    func illegal(channel: String) {
        #expect(!PulseChannel.isLegal(channel))
        #expect(PulseChannel.topic(ofChannel: channel) == nil)
    }

    @Test(
        "only the one text for a channel is its topic",
        arguments: [
            "", "pulse/", "/pulse", "pulse/a", "pulse/news", "pulse/_61", "pulse/_3A", "pulse/_3", "pulse/_",
            "pulse/_zz",
            "pulse/a-b", "pulse/a:b", "pulse/a/b", "pulse/__3a", "pulse/_3a_", "pulse/_0a", "pulse/_7f", "pulse/_c3_a9",
            "pulse/_24x", "pulse/_2d3a_", "Pulse/_3a", "pulse/_3a ", "pulse/_3a\u{301}", "document/x", "session/x",
            "a/_3a", "-",
            "pulse/" + String(repeating: "a", count: 255), "pulse/" + String(repeating: "a", count: 257),
            "pulse/" + String(repeating: "_3a", count: 257), String(repeating: "a", count: 256),
        ]
    )
    func noChannel(topic: String) { #expect(PulseChannel.channel(ofTopic: topic) == nil) }

    @Test("no two channels are one topic, and each comes back", arguments: 0..<8 as Range<UInt64>)
    func fuzz(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var channels: [String: String] = [:]
        for _ in 0..<2_000 {
            let size =
                random.chance(10) ? Int.random(in: 1...256, using: &random) : Int.random(in: 1...4, using: &random)
            let bytes = (0..<size).map { _ in
                random.chance(50)
                    ? UInt8.random(in: 0x20...0x7E, using: &random)
                    : Array("aZ0_-:/".utf8).randomElement(using: &random) ?? 0x61
            }
            let channel = String(decoding: bytes, as: UTF8.self)
            guard let topic = PulseChannel.topic(ofChannel: channel) else {
                #expect(bytes[0] == UInt8(ascii: "$"))
                continue
            }
            #expect(TopicNaming.paths.allows(topic), "\(channel)")
            #expect(topic.utf8.count <= TopicNaming.maximumChannelLength)
            #expect(PulseChannel.channel(ofTopic: topic) == channel)
            #expect(channels.updateValue(channel, forKey: topic) ?? channel == channel)
        }
    }

    @Test("what comes back from a topic goes there again", arguments: 0..<8 as Range<UInt64>)
    func canonical(seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 50)
        let parts = ["_3a", "_3A", "_61", "a", "0", "_", "-", "/", "_2d", "_5f", "_24", "é", "_7f", "_ff"]
        var found = 0
        for _ in 0..<5_000 {
            var topic = random.chance(90) ? "pulse/" : ""
            for _ in 0..<Int.random(in: 1...4, using: &random) { topic += parts.randomElement(using: &random) ?? "" }
            guard let channel = PulseChannel.channel(ofTopic: topic) else { continue }
            found += 1
            #expect(PulseChannel.topic(ofChannel: channel) == topic)
        }
        #expect(found > 100)
    }

    @Test("topics of channels may be longer than others")
    func lengths() throws {
        let longest = "pulse/" + String(repeating: "_3a", count: 256)
        #expect(longest.utf8.count == TopicNaming.maximumChannelLength)
        #expect(try PublishRequest(json: self.request(longest)).topic == longest)
        for (name, limit) in [
            (longest + "a", 774), ("pulse_" + longest.dropFirst(6), 255), ("pulsf/" + longest.dropFirst(6), 255),
            ("a/pulse/" + longest.dropFirst(6), 255),
        ] {
            #expect(!TopicNaming.paths.allows(name))
            #expect(!TopicNaming.plain.allows(name))
            #expect(TopicNaming.paths.maximumLength(of: name.utf8) == limit)
            let problems = summary { _ = try PublishRequest(json: self.request(name)) }
            #expect(problems.map { $0.prefix(26) } == ["string_too_long body.topic"])
        }
        #expect(TopicNaming.plain.maximumLength(of: longest.utf8) == 255)
    }

    private func request(_ topic: String) -> ByteBuffer { inset(#"{"payload":{},"topic":"\#(topic)"}"#.utf8) }

    @Test("a poll takes the cursor of the longest name")
    func cursors() throws {
        let topic = "pulse/" + String(repeating: "_3a", count: 256)
        let escaped = topic.utf8.map { "\\u00" + String(hexadecimal: [$0]) }.joined()
        let request = try PollRequest(json: inset(#"{"topics":["\#(topic)"],"since":{"\#(escaped)":"1-2"}}"#.utf8))
        #expect(request.topics == [topic])
        #expect(request.since == [topic: "1-2"])
    }
}
