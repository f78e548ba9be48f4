import Crypto
import NIOCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("Credentials for TURN")
struct TURNCredentialsTests {
    /// Made by Python's `hmac` and `hashlib`.
    @Test("the password is the name's HMAC-SHA1 in Base64, and the key the MD5 of all")
    func golden() {
        let issued = TURNExchange.credentials.issue(TURNCredentials.Name(end: 1_700_000_600, id: "alice"))
        #expect(issued.username == "1700000600:alice")
        #expect(issued.password == "GoIY3v+D/e8a+a35UPl1rUtY8GY=")
        let expected = SymmetricKey(data: Self.bytes("37014932b8ef7c88e5ba63228a400634"))
        #expect(TURNExchange.credentials.key(of: issued.username) == expected)
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        Array(hexadecimal).indices.filter { $0.isMultiple(of: 2) }.compactMap { index in
            UInt8(String(Array(hexadecimal)[index...index + 1]), radix: 16)
        }
    }

    @Test("a name has an end and an id")
    func names() {
        #expect(TURNCredentials.name("12:a:b") == TURNCredentials.Name(end: 12, id: "a:b"))
        let long = String(repeating: "x", count: TURNCredentials.maximumID + 1)
        for text in ["", ":", "12", "12:", ":a", "-1:a", "a:1", "12.5:a", "12:\(long)"] {
            #expect(TURNCredentials.name(text) == nil, "\(text)")
        }
    }

    @Test("keys of two purposes and of two secrets differ")
    func keys() {
        let keys = [("a", "x"), ("a", "y"), ("b", "x")].map { PortKey.derive(from: $0, for: $1) }
        #expect(keys[0] != keys[1] && keys[0] != keys[2] && keys[1] != keys[2])
    }

    @Test("each port is taken once, and given back")
    func ports() {
        var random = SystemRandomNumberGenerator()
        var ports = RelayedPorts(50_000...50_009)
        let even = (0..<6).map { _ in ports.take(isEven: true, using: &random) }
        #expect(Set(even.compactMap(\.self)).count == 5 && even.last == .some(nil))
        let odd = (0..<6).map { _ in ports.take(isEven: false, using: &random) }
        #expect(Set(odd.compactMap(\.self)).count == 5 && odd.last == .some(nil))
        ports.give(50_004)
        let again = ports.take(isEven: false, using: &random)
        #expect(again == 50_004)
    }

    @Test("so many bytes go in a second, at once or in pieces")
    func bucket() {
        let bucket = TrafficBucket(bytesPerSecond: 1_000)
        let start = NIODeadline.uptimeNanoseconds(5_000_000_000)
        let sent = (0..<12).map { _ in bucket.take(100, at: start) }
        #expect(sent == Array(repeating: true, count: 10) + [false, false])
        #expect(!bucket.take(100, at: start + .milliseconds(99)))
        #expect(bucket.take(100, at: start + .milliseconds(100)))
        #expect(!bucket.take(1_001, at: start + .seconds(60)))
        #expect(TrafficBucket(bytesPerSecond: 0).take(.max, at: start))
    }

    @Test("a range holds the addresses that share its first bits, of its own family")
    func ranges() throws {
        let cases: [(String, String, Bool)] = [
            ("0.0.0.0/0", "255.255.255.255", true), ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.2", false), ("::/0", "ffff::1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
            ("::/96", "::1.2.3.4", true), ("::/96", "::1:0:0", false), ("::1", "::1", true),
            ("0.0.0.0/0", "::1", false),
        ]
        for (range, address, isIn) in cases {
            #expect(
                try #require(IPRange(range)).contains(try #require(IPAddress(address))) == isIn,
                "\(range) \(address)"
            )
        }
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/x", "host"] { #expect(IPRange(text) == nil) }
    }
}
