import NIOCore
import SeededRandom
import Testing

@testable import RelayValkey

struct ValkeyCommandTests {
    @Test("A command is an array of bulk strings, byte for byte")
    func encoding() {
        let command = ValkeyCommand("SET", "kéy", ValkeyArgument(ByteBuffer(bytes: [0, 13, 10, 255])), "", 42)
        let expected =
            Array("*5\r\n$3\r\nSET\r\n$4\r\nkéy\r\n$4\r\n".utf8) + [0, 13, 10, 255]
            + Array("\r\n$0\r\n\r\n$2\r\n42\r\n".utf8)
        #expect(command.encoded.map { Array($0.readableBytesView) } == expected)
    }

    @Test("hiredis reads back what was encoded, at every length around a power of ten", arguments: 0..<50)
    func readsBack(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let texts = (0..<Int.random(in: 1...120, using: &random)).map { _ in
            let length = [0, 1, 9, 10, 11, 99, 100, 999, 1_000].randomElement(using: &random) ?? 0
            return ByteBuffer(bytes: (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        let encoded = try #require(ValkeyCommand(texts.map { ValkeyArgument($0) }).encoded)
        let reader = ReplyReader(limits: ReplyLimits())
        #expect(try read(reader, [Array(encoded.readableBytesView)[...]]) == [.array(texts.map { .string($0) })])
        #expect(!reader.hasPartialReply)
    }

    @Test("A number goes as its decimal digits", arguments: [0, 7, 9, 10, 99, 100, -1, -10, .max, .min] as [Int64])
    func numbers(number: Int64) {
        #expect(ValkeyCommand(.init(number)).encoded == ValkeyCommand(.init(String(number))).encoded)
    }

    @Test("A number that is larger than any Int64 goes as its decimal digits too")
    func largeNumber() {
        #expect(ValkeyCommand(.init(UInt64.max)).encoded == ValkeyCommand("18446744073709551615").encoded)
    }

    @Test("A command without arguments, or with too many, is none")
    func limits() {
        #expect(ValkeyCommand([]).encoded == nil)
        #expect(ValkeyCommand(Array(repeating: "", count: CommandEncoder.maxArguments + 1)).encoded == nil)
    }

    @Test("A script is named by its digest")
    func script() {
        let script = ValkeyScript("return 1")
        #expect(script.digest == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
    }

    @Test("A password prints nowhere, not even where the server repeats it")
    func password() {
        let password: ValkeyPassword = "hush"
        #expect(!"\(password) \(String(reflecting: password))".contains("hush"))
        var configuration = ValkeyConfiguration(password: password)
        configuration.clientName = "me"
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hush"))
        var handshake = Handshake(configuration)
        let answer = ValkeyServerError(prefix: "ERR", message: "unknown command with args 'hush'")
        let shown = ValkeyServerError(prefix: "ERR", message: "unknown command with args '***'")
        #expect(handshake.received(.error(answer)) == .refused(shown))
    }
}
