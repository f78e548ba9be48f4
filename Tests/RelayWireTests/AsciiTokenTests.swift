import RelayWire
import Testing

@Suite("Tokens of protocols")
struct AsciiTokenTests {
    @Test("are compared by ASCII's letters, not by Unicode's")
    func letters() {
        #expect("WebSocKet".isToken("websocket"))
        #expect("WebSoc\u{212A}et".lowercased() == "websocket")
        #expect(!"WebSoc\u{212A}et".isToken("websocket"))
        #expect(!"web[ocket".isToken("web{ocket"))
        #expect("A-Z\u{212A}É".lowercasedASCII.utf8.elementsEqual("a-z\u{212A}É".utf8))
    }
}
