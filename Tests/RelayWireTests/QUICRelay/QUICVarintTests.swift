import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Numbers of QUIC")
struct QUICVarintTests {
    /// RFC 9000, appendix A.1.
    @Test(
        "are read as the RFC's samples",
        arguments: [
            ("c2197c5eff14e88c", 151_288_809_941_952_652 as UInt64), ("9d7f3e7d", 494_878_333), ("7bbd", 15_293),
            ("25", 37), ("4025", 37),
        ]
    )
    func samples(_ hexadecimal: String, _ number: UInt64) throws {
        var bytes = ByteBuffer(bytes: try #require(Hexadecimal.bytes(hexadecimal[...].utf8, capitals: false)))
        let read = bytes.readQUICVarint()
        #expect(read == number && bytes.readableBytes == 0)
    }

    private static let sizes: [(UInt64, Int)] = [
        (0, 1), (63, 1), (64, 2), (16_383, 2), (16_384, 4), (1 << 30 - 1, 4), (1 << 30, 8), (QUICVarint.maximum, 8),
    ]

    @Test(
        "any bytes are a number or the beginning of one, and none is larger than there is",
        arguments: 0..<4 as Range<UInt64>
    )
    func noise(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...9, using: &random)
            let bytes = ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
            var rest = bytes
            guard let number = rest.readQUICVarint() else {
                #expect(rest == bytes && count < QUICVarint.longest)
                continue
            }
            #expect(number <= QUICVarint.maximum && count - rest.readableBytes >= QUICVarint.size(of: number))
        }
    }

    @Test("come back as they were written, in the shortest form", arguments: sizes)
    func roundTrip(_ number: UInt64, _ size: Int) {
        var bytes = ByteBuffer()
        bytes.writeQUICVarint(number)
        #expect(bytes.readableBytes == size && QUICVarint.size(of: number) == size)
        for count in 0..<size {
            var part = ByteBuffer(bytes: bytes.readableBytesView.prefix(count))
            let read = part.readQUICVarint()
            #expect(read == nil && part.readableBytes == count)
        }
        let read = bytes.readQUICVarint()
        #expect(read == number)
    }
}
