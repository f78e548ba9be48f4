import NIOCore
import Testing

@testable import RelayValkey

struct HashSlotTests {
    @Test(
        "The checksum is that of XMODEM",
        arguments: [("", 0), ("123456789", 0x31C3), ("A", 0x58E5)] as [(String, UInt16)]
    )
    func checksum(_ text: String, _ sum: UInt16) {
        #expect(CRC16.checksum(text.utf8) == sum)
    }

    @Test(
        "Keys have the slots that the specification and servers give them",
        arguments: [
            ("", 0), ("123456789", 12_739), ("foo", 12_182), ("bar", 5_061), ("hello", 866),
            ("{user1000}.following", 3_443), ("{user1000}.followers", 3_443), ("user1000", 3_443),
        ]
    )
    func slots(_ key: String, _ slot: Int) {
        #expect(HashSlot.of(key.utf8) == slot)
        #expect(ValkeyArgument(key).slot == slot)
        #expect(ValkeyArgument(ByteBuffer(string: key)).slot == slot)
    }

    @Test(
        "Only what is in the first braces counts, if there is anything",
        arguments: [
            ("a{b}c", "b"), ("a{b}{c}", "b"), ("a{{b}}c", "{b"), ("{}{b}", "{}{b}"), ("a{}b", "a{}b"),
            ("a{b", "a{b"), ("a}b{c}", "c"), ("}{", "}{"), ("a{b}c}", "b"),
        ]
    )
    func tags(_ key: String, _ tag: String) {
        #expect(CRC16.checksum(tag.utf8) & 0x3FFF == UInt16(HashSlot.of(key.utf8)))
    }
}
