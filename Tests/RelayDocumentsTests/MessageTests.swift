import RelayDocuments
import Testing

@Suite("Messages and awareness updates")
struct MessageTests {
    private static let shown = hex("01 0e 01 08 01 0a 7b 22 6e 22 3a 22 c3 a9 22 7d")
    private static let withdrawn = hex("01 08 01 08 01 04 6e 75 6c 6c")

    private func read(_ bytes: [UInt8]) throws -> [DocumentMessage] {
        var offset = 0
        var messages: [DocumentMessage] = []
        while offset < bytes.count { messages.append(try DocumentMessage.next(in: bytes.span, at: &offset)) }
        return messages
    }

    @Test("Frames are written as y-protocols has them")
    func writing() {
        #expect(DocumentFrame.step1(StateVector()) == hex("00 00 01 00"))
        #expect(DocumentFrame.step2(Update.empty.bytes) == hex("00 01 02 00 00"))
        #expect(DocumentFrame.update(Sample.eight) == hex("00 02 0b 01 01 08 00 04 01 01 74 01 58 00"))
        #expect(DocumentFrame.updateHead(size: Sample.eight.count) + Sample.eight == DocumentFrame.update(Sample.eight))
        #expect(DocumentFrame.keepAlive == hex("01 01 00"))
        #expect(DocumentFrame.denied(reason: "no") == hex("02 00 02 6e 6f"))
        let entry = AwarenessEntry(client: 8, clock: 1, state: Array("{\"n\":\"é\"}".utf8))
        #expect(DocumentFrame.awareness(AwarenessUpdate([entry]).encoded()) == Self.shown)
        let gone = AwarenessEntry(client: 8, clock: 1, state: nil)
        #expect(DocumentFrame.awareness(AwarenessUpdate([gone]).encoded()) == Self.withdrawn)
    }

    @Test("A frame with several messages is read to its end")
    func reading() throws {
        let frame = hex("00 00 01 00") + DocumentFrame.update(Sample.eight) + Self.shown + [3] + hex("02 00 01 78")
        #expect(
            try self.read(frame) == [
                .step1(3..<4), .update(7..<18), .awareness(20..<34), .queryAwareness, .denied(reason: 38..<39),
            ]
        )
        #expect(try self.read(hex("00 01 02 00 00")) == [.step2(3..<5)])
        #expect(try self.read(hex("04 02 7b 7d")) == [.unknown(type: 4, 1..<4)])
        #expect(try self.read(hex("00 07 00")) == [.unknown(type: 0, 2..<3)])
    }

    @Test("Frames that end early, or lengths beyond the end, are refused")
    func truncated() {
        for frame in [Self.shown, DocumentFrame.update(Sample.eight), hex("02 00 02 6e 6f")] {
            for count in 1..<frame.count {
                #expect(throws: DocumentError.truncated) { try self.read(Array(frame[..<count])) }
            }
        }
        #expect(throws: DocumentError.truncated) { try self.read(hex("00 02 ff ff ff ff ff ff ff 0f")) }
        #expect(throws: DocumentError.numberTooLarge) { try self.read(hex("00 02 ff ff ff ff ff ff ff 1f")) }
    }

    @Test("Awareness is read with and without its length")
    func spellings() throws {
        let bare = Array(Self.shown[2...])
        let (update, hasLength) = try AwarenessUpdate.inEitherSpelling(Self.shown.span.extracting(1..<16))
        #expect(hasLength)
        #expect(update == AwarenessUpdate([AwarenessEntry(client: 8, clock: 1, state: Array("{\"n\":\"é\"}".utf8))]))
        let other = try AwarenessUpdate.inEitherSpelling(bare.span)
        #expect(!other.hasLength)
        #expect(other.update == update)
        let empty: [UInt8] = [0]
        #expect(try AwarenessUpdate.inEitherSpelling(empty.span).update == AwarenessUpdate())
    }

    @Test(
        "A state that clients could not read is refused",
        arguments: [
            ("01 08 01 02 7b 7d", nil), ("01 08 01 05 6e 75 6c 6c 20", nil),
            ("01 08 01 01 7b", DocumentError.invalidJSON),
            ("01 08 01 00", .invalidJSON), ("01 08 01 02 c0 80", .invalidText), ("01 08 01 02 30 31", .invalidJSON),
            ("02 08 01 02 7b 7d", .truncated), ("01 08 01 02 7b 7d 00", .trailingBytes),
            ("01 08 80 80 80 80 10 02 7b 7d", nil), ("01 08 80 80 80 80 80 80 80 10 02 7b 7d", .numberTooLarge),
        ]
    )
    func states(bytes: String, error: DocumentError?) {
        if let error {
            #expect(throws: error) { try AwarenessUpdate(hex(bytes)) }
        } else {
            #expect(throws: Never.self) { try AwarenessUpdate(hex(bytes)) }
        }
    }
}
