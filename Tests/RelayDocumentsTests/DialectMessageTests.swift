import RelayDocuments
import SeededRandom
import Testing

@Suite("Messages of Hocuspocus and Zeal")
struct DialectMessageTests {
    @Test("Hocuspocus: each type is read, with its address")
    func hocuspocus() throws {
        let head = hex("03 61 00 31")
        let table: [([UInt8], HocuspocusMessage.Content)] = [
            (hex("00 00 01 00"), .plain(.step1(7..<8))), (hex("00 01 02 00 00"), .plain(.step2(7..<9))),
            (hex("00 02 02 00 00"), .plain(.update(7..<9))), (hex("01 01 00"), .plain(.awareness(6..<7))),
            (hex("02 00 02 68 69"), .authenticate(token: 7..<9)),
            (hex("02 00 00 03 34 2e 35"), .authenticate(token: 7..<7)),
            (hex("02 01 00"), .unknown(type: 2)), (hex("03"), .plain(.queryAwareness)),
            (hex("04 00 00"), .unknown(type: 4)),
            (hex("05 02 68 69"), .stateless(6..<8)), (hex("06 02 68 69"), .broadcast), (hex("07"), .close),
            (hex("08 01"), .unknown(type: 8)), (hex("0b"), .unknown(type: 11)),
        ]
        for (body, content) in table {
            let message = try HocuspocusMessage((head + body).span)
            #expect(message.address == 1..<4)
            #expect(message.content == content, "\(body)")
        }
        for bytes in [[], hex("00"), hex("03 61 00"), hex("01 c3 03"), hex("01 61"), hex("01 61 02 00 05 68")] {
            #expect(throws: DocumentError.self) { try HocuspocusMessage(bytes.span) }
        }
        #expect(HocuspocusMessage.isHeartbeat([9]) && HocuspocusMessage.isHeartbeat([10]))
        #expect(!HocuspocusMessage.isHeartbeat([8]) && !HocuspocusMessage.isHeartbeat([9, 9]))
    }

    @Test("Hocuspocus: what a server says")
    func hocuspocusFrames() {
        #expect(HocuspocusFrame.address(Array("a\u{0}1".utf8)) == hex("03 61 00 31"))
        #expect(HocuspocusFrame.wantsToken == hex("02 00"))
        #expect(HocuspocusFrame.denied(reason: "no") == hex("02 01 02 6e 6f"))
        #expect(HocuspocusFrame.accepted(mayWrite: false) == hex("02 02 08") + Array("readonly".utf8))
        #expect(HocuspocusFrame.accepted(mayWrite: true) == hex("02 02 0a") + Array("read-write".utf8))
        #expect(HocuspocusFrame.stateless(hex("68 69")) == hex("05 02 68 69"))
        #expect(HocuspocusFrame.close(reason: "no") == hex("07 02 6e 6f"))
        #expect(
            HocuspocusFrame.status(isApplied: true) + HocuspocusFrame.status(isApplied: false) == hex("08 01 08 00")
        )
    }

    @Test("Zeal: who it is, its own messages, and awareness in both spellings")
    func zeal() throws {
        func read(_ bytes: [UInt8]) throws -> [ZealMessage] {
            var offset = 0
            var messages: [ZealMessage] = []
            while offset < bytes.count { messages.append(try ZealMessage.next(in: bytes.span, at: &offset)) }
            return messages
        }
        let shown = AwarenessUpdate([AwarenessEntry(client: 8, clock: 1, state: Array("{}".utf8))])
        let frame = hex("00 00 01 00 03 02 02 7b 7d 04 04 6e 75 6c 6c")
        let messages: [ZealMessage] = [
            .plain(.step1(3..<4)), .plain(.queryAwareness), .authenticate(7..<9), .custom(11..<15),
        ]
        for hasLength in [true, false] {
            let awareness = ZealMessage.awarenessFrame(shown.encoded(), hasLength: hasLength)
            #expect(awareness.count == (hasLength ? 8 : 7))
            #expect(try read(frame + awareness) == messages + [.awareness(shown, hasLength: hasLength)])
        }
        #expect(ZealMessage.customFrame(hex("7b 7d")) == hex("04 02 7b 7d"))
        #expect(try read(hex("05 01")) == [.unknown(type: 5)])
        for bytes in [hex("02 02 7b"), hex("02 01 7b"), hex("04 02 7b 7b"), hex("01"), hex("01 05 00"), hex("02 00")] {
            #expect(throws: DocumentError.self) { try read(bytes) }
        }
    }

    @Test("A stateless message comes back as it was, and nothing else is one")
    func stateless() throws {
        let message = StatelessMessage(.hocuspocus, from: 300, Array("hé".utf8))
        #expect(message.encoded() == hex("05 ac 02 03 68 c3 a9"))
        #expect(try StatelessMessage(message.encoded().span) == message)
        #expect(throws: DocumentError.trailingBytes) { try StatelessMessage((message.encoded() + [0]).span) }
        #expect(throws: DocumentError.malformed) { try StatelessMessage(hex("06 01 00").span) }
        #expect(throws: DocumentError.invalidText) { try StatelessMessage(hex("04 01 01 c3").span) }
    }

    @Test("Bytes that were changed anywhere, and cut at every length, are read or refused")
    func fuzz() {
        var random = SeededGenerator(seed: 0x2e41)
        let shown = AwarenessUpdate([AwarenessEntry(client: 1 << 40, clock: 7, state: Array("{\"a\":[1]}".utf8))])
        let seeds = [
            hex("03 61 00 31 02 00 02 68 69 01 34"), hex("01 61 05 04 f0 9f 98 80"),
            hex("01 61") + DocumentFrame.update(Sample.eight),
            ZealMessage.awarenessFrame(shown.encoded(), hasLength: false),
            ZealMessage.customFrame(Array("[{\"a\":1}]".utf8)),
            StatelessMessage(.zeal, from: 1 << 52, Array("{}".utf8)).encoded(),
        ]
        for _ in 0..<5_000 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            for count in 0...bytes.count {
                let part = Array(bytes[..<count])
                if let message = try? HocuspocusMessage(part.span) { #expect(message.address.upperBound <= count) }
                _ = try? StatelessMessage(part.span)
                var offset = 0
                while offset < count, (try? ZealMessage.next(in: part.span, at: &offset)) != nil {}
            }
        }
    }
}
