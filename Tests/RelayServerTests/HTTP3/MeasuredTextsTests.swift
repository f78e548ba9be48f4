import NIOCore
import Testing

@testable import RelayServer

@Suite("Texts behind their lengths")
struct MeasuredTextsTests {
    /// The texts that come of the bytes, which come in pieces of a size.
    private static func texts(of bytes: ByteBuffer, cutInto size: Int) -> [String] {
        var (rest, texts, found) = (bytes, MeasuredTexts(), [String]())
        var text: String?
        while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
            texts.add(piece)
            while let piece = texts.next() {
                #expect(piece.beginsText == (text == nil))
                text = (text ?? "") + String(buffer: piece.bytes)
                if piece.endsText, let whole = text {
                    found.append(whole)
                    text = nil
                }
            }
        }
        if let text { found.append("begun: " + text) }
        return found
    }

    private static func bytes(of texts: [String]) -> ByteBuffer {
        texts.reduce(into: ByteBuffer()) { bytes, text in
            bytes.writeInteger(UInt32(text.utf8.count))
            bytes.writeString(text)
        }
    }

    @Test("texts come whole, in their order, however their bytes are cut", arguments: [1, 2, 3, 4, 5, 7, 100, 10_000])
    func cuts(_ size: Int) {
        let texts = ["a", "", "{}", String(repeating: "x", count: 300), "", "end"]
        #expect(Self.texts(of: Self.bytes(of: texts), cutInto: size) == texts)
    }

    @Test("a text that is not whole is begun, and a length that is not whole is nothing")
    func unfinished() {
        var bytes = Self.bytes(of: ["a"])
        bytes.writeInteger(UInt16(0))
        #expect(Self.texts(of: bytes, cutInto: 100) == ["a"])
        bytes.writeInteger(UInt16(5))
        #expect(Self.texts(of: bytes, cutInto: 100) == ["a"])
        bytes.writeString("bcd")
        #expect(Self.texts(of: bytes, cutInto: 100) == ["a", "begun: bcd"])
    }

    @Test("a length that is as long as can be asks for nothing in advance")
    func longest() {
        var texts = MeasuredTexts()
        var bytes = ByteBuffer()
        bytes.writeInteger(UInt32.max)
        bytes.writeString("x")
        texts.add(bytes)
        #expect(texts.next() == MeasuredTexts.Piece(bytes: ByteBuffer(string: "x"), beginsText: true, endsText: false))
        #expect(texts.next() == nil)
    }
}
