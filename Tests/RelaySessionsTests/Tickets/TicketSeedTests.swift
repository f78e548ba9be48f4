import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

@Suite
struct TicketSeedTests {
    /// Of which all forms have both of the characters in which base64 and base64url differ.
    static let bytes = Array([0xFB, 0xFF, 0xBF] + (3..<32).map { UInt8($0) })
    static let hexadecimal = String(hexadecimal: bytes)

    @Test(
        "Each form of a key is read",
        arguments: [hexadecimal, hexadecimal.uppercased()] + Sodium.Base64.allCases.map { Sodium.base64(bytes, $0) }
    )
    func forms(_ text: String) throws {
        #expect(try TicketSeed(text: text).bytes == Self.bytes)
        #expect(try TicketSeed(setting: text) { _, _ in nil }.bytes == Self.bytes)
        #expect(try TicketSeed(fileContents: Array("\n \(text)\r\n".utf8)).bytes == Self.bytes)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", " ", "0", hexadecimal + "0", String(hexadecimal.dropLast()), String(hexadecimal.dropLast()) + "g",
            " " + hexadecimal, hexadecimal + "\n", "+" + hexadecimal.dropFirst(), "é" + hexadecimal.dropFirst(2),
            "0x" + hexadecimal.dropFirst(2), Sodium.base64(bytes) + "==", "=" + Sodium.base64(bytes),
            Sodium.base64(bytes).replacing("-", with: "+"), String(Sodium.base64(bytes).dropLast()) + "9",
            Sodium.base64(Array(bytes.dropLast())), Sodium.base64(bytes + [0]),
            String(repeating: "a", count: 1_000_000),
        ]
    )
    func refused(_ text: String) {
        #expect(throws: TicketSeed.Problem.notASeed) { try TicketSeed(text: text) }
    }

    @Test("A file is read as far as a key can be long, and may hold the bytes themselves")
    func files() throws {
        let seed = try TicketSeed(setting: "file:/etc/key") { path, bytes in
            #expect(path == "/etc/key")
            #expect(bytes == 257)
            return Self.bytes
        }
        #expect(seed.bytes == Self.bytes)
        #expect(throws: TicketSeed.Problem.unreadableFile(path: "/none")) {
            try TicketSeed(setting: "file:/none") { _, _ in nil }
        }
        let long = Array(Self.hexadecimal.utf8) + [UInt8](repeating: 0x20, count: 193)
        #expect(throws: TicketSeed.Problem.notASeed) { try TicketSeed(fileContents: long) }
        #expect(throws: TicketSeed.Problem.notASeed) { try TicketSeed(fileContents: []) }
        #expect(throws: TicketSeed.Problem.notASeed) { try TicketSeed(bytes: []) }
        #expect(!"\(TicketSeed.Problem.notASeed)".contains(Self.hexadecimal))
    }

    @Test("A sealed seed opens for who knows the secret, for the same cluster, and not with a character changed")
    func sealing() throws {
        var generator = SeededGenerator(seed: 3)
        let seed = TicketSeed(using: &generator)
        let sealed = seed.sealed(under: "secret", for: "cluster", using: &generator)
        #expect(TicketSeed(sealed: sealed, under: "secret", for: "cluster") == seed)
        #expect(seed.sealed(under: "secret", for: "cluster", using: &generator) != sealed)
        #expect(TicketSeed(sealed: sealed, under: "Secret", for: "cluster") == nil)
        #expect(TicketSeed(sealed: sealed, under: "secret", for: "other") == nil)
        for offset in sealed.indices {
            var changed = sealed
            changed.replaceSubrange(offset...offset, with: sealed[offset] == "A" ? "B" : "A")
            #expect(TicketSeed(sealed: changed, under: "secret", for: "cluster") == nil)
            #expect(TicketSeed(sealed: String(sealed[..<offset]), under: "secret", for: "cluster") == nil)
        }
        #expect(!sealed.contains(Sodium.base64(seed.bytes)))
    }
}
