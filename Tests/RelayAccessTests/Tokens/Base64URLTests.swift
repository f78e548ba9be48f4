import Testing

@testable import RelayAccess

@Suite
struct Base64URLTests {
    @Test(
        "RFC 4648's samples, without padding, both ways",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func samples(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded.utf8) == Array(plain.utf8))
    }

    @Test("The URL alphabet is used")
    func urlAlphabet() {
        #expect(Base64URL.encode([0xfb, 0xff, 0xbf]) == "-_-_")
        #expect(Base64URL.decode("-_-_".utf8) == [0xfb, 0xff, 0xbf])
    }

    @Test(
        "Text that no encoder makes is refused",
        arguments: ["Z", "Zg==", "Zh", "Zm9", "Zm9vYg=", "+/+/", "Zm 9v", "Zm9v\n", "é"]
    )
    func refused(text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }
}
