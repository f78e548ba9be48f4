import NIOCore
import RelayWire
import Testing

@Suite("STUN on a stream")
struct STUNStreamFramingTests {
    @Test("messages and channel data come whole, however the stream is cut", arguments: 1...41)
    func cuts(step: Int) throws {
        let messages =
            [bytes("40010005 6162636465 000000"), bytes("40020000")]
            + STUNSamples.all.map { Array($0.readableBytesView) } + [bytes("40010004 61626364")]
        let whole = messages.flatMap { $0 }
        var buffer = ByteBuffer()
        var found: [[UInt8]] = []
        for start in stride(from: 0, to: whole.count, by: step) {
            buffer.writeBytes(whole[start..<min(start + step, whole.count)])
            while let next = try STUNStreamFraming.next(from: &buffer, limit: 1_500) {
                found.append(Array(next.readableBytesView))
            }
        }
        #expect(found == messages)
        #expect(buffer.readableBytes == 0)
        #expect(TURNChannelData(ByteBuffer(bytes: found[0]))?.data == ByteBuffer(string: "abcde"))
    }

    @Test(
        "what can become no message is refused with its first bytes",
        arguments: [
            ("80", STUNError.notSTUN), ("474554202f20", .tooLong), ("16030100 c8010000", .notSTUN),
            ("00010001", .notSTUN), ("00010000 b7e7a701", .notSTUN), ("000105dc", .tooLong), ("400105d9", .tooLong),
        ]
    )
    func refused(text: String, reason: STUNError) {
        var buffer = hex(text)
        #expect(throws: reason) { try STUNStreamFraming.next(from: &buffer, limit: 1_500) }
    }

    @Test(
        "at the limit a message is taken, and nothing is taken before it is whole",
        arguments: [
            "", "00", "000100", "000105c8", "000105c8 2112a4", "000105c8 2112a442", "40", "400105d8",
        ]
    )
    func incomplete(text: String) throws {
        var buffer = hex(text)
        let before = buffer
        let message = try STUNStreamFraming.next(from: &buffer, limit: 1_500)
        #expect(message == nil)
        #expect(buffer == before)
    }
}
