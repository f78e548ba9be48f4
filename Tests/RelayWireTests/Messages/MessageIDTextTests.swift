import NIOCore
import RelayWire
import Testing

@Suite("Message id text")
struct MessageIDTextTests {
    @Test("is written as it is described, at every number of digits")
    func everyWidth() {
        var numbers: [UInt64] = [0, .max, .max - 1]
        var power: UInt64 = 1
        for _ in 0..<20 {
            numbers += [power - 1, power, power + 1, power &* 7]
            power = power &* 10
        }
        for number in numbers {
            let id = MessageID(milliseconds: number, sequence: .max - number)
            var buffer = ByteBuffer()
            buffer.writeMessageID(id)
            #expect(buffer.text == id.description)
            #expect(id.textSize == id.description.utf8.count)
        }
    }
}
