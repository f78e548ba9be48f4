import NIOCore
import Testing

@testable import RelayServer

@Suite struct ValueFormatTests {
    private static func accepts<Value>(_ format: ValueFormat<Value>, _ value: ConfigurationValue) -> Bool {
        (try? format.read(value)) != nil
    }

    @Test(
        "Times are a plain number of the key's unit, or carry their own",
        arguments: [
            ("0", 0), ("30", 30_000), ("30s", 30_000), ("500ms", 500), ("5m", 300_000), ("24h", 86_400_000),
            ("7d", 604_800_000), ("1.5", 1_500), ("0.25h", 900_000),
        ]
    )
    func durations(_ text: String, _ milliseconds: Int64) {
        #expect(DurationText.parse(text, unit: .second) == .milliseconds(milliseconds))
    }

    @Test(
        "What is no time is refused",
        arguments: [
            "", "s", "-1", "+1", "1e3", "inf", "nan", "1 s", "1S", "1w", "1.2.3", "0.0001", "1d2h", "999999999d", "٣",
        ]
    )
    func noDurations(_ text: String) {
        #expect(DurationText.parse(text, unit: .second) == nil)
    }

    @Test(
        "Times are shown plainly where their unit allows it",
        arguments: [
            (90_000, DurationText.Unit.second, "90"), (90_000, .minute, "90s"), (500, .second, "500ms"), (0, .day, "0"),
        ]
    )
    func shownDurations(_ milliseconds: Int64, _ unit: DurationText.Unit, _ text: String) {
        #expect(DurationText.render(.milliseconds(milliseconds), unit: unit) == text)
        #expect(DurationText.parse(text, unit: unit) == .milliseconds(milliseconds))
    }

    @Test(
        "Sizes are bytes or carry their own unit",
        arguments: [("0", 0), ("1048576", 1_048_576), ("64KiB", 65_536), ("1mib", 1_048_576), ("2GiB", 2 << 30)]
    )
    func sizes(_ text: String, _ bytes: Int) {
        #expect(ByteSize.parse(text) == bytes)
    }

    @Test("What is no size is refused", arguments: ["", "KiB", "-1", "1kB", "1 KiB", "1.5MiB", "9999999999999GiB"])
    func noSizes(_ text: String) {
        #expect(ByteSize.parse(text) == nil)
    }

    @Test("Both ends of a range are in it, their neighbours are not")
    func ranges() {
        let format = ValueFormat<Int>.integer(5...7)
        for (text, isAccepted) in [("4", false), ("5", true), ("7", true), ("8", false), ("5.0", false), ("", false)] {
            #expect(Self.accepts(format, .text(text)) == isAccepted, "\(text)")
        }
    }

    @Test(
        "Origins are scheme and host, in lower case, and nothing more, or a star",
        arguments: [
            ("https://App.example.org", true), ("http://localhost:3000", true), ("http://[::1]:8080", true),
            ("moz-extension://0a1b", true), ("*", true), ("null", false), ("app.example.org", false),
            ("https://a.example/", false), ("https://a.example/x", false), ("https://", false), ("https://*.a", false),
            ("://a", false), ("https://a b", false),
        ]
    )
    func origins(_ text: String, _ isAccepted: Bool) throws {
        #expect(Self.accepts(.origins, .list([text])) == isAccepted)
        guard isAccepted else { return }
        #expect(try ValueFormat.origins.read(.list([text])) == [text.lowercased()])
    }

    @Test(
        "Hosts are names without port; a star stands alone or for the first labels",
        arguments: [
            ("relay.example.org", true), ("*.example.org", true), ("*", true), ("10.0.0.1", true), ("[::1]", true),
            ("relay:8080", false), ("a.*.org", false), ("*example.org", false), ("http://a", false), ("", false),
        ]
    )
    func hosts(_ text: String, _ isAccepted: Bool) {
        #expect(Self.accepts(.hosts, .list([text])) == isAccepted)
    }

    @Test("An access token must live longer than the five minutes before which clients renew it")
    func tokenLife() throws {
        let key = try #require(ConfigurationKey.all.first { $0.name == "access_token_expire_minutes" })
        for (text, isAccepted) in [
            ("5", false), ("300s", false), ("301s", true), ("6", true), ("120", true), ("121", false),
        ] {
            var configuration = RelayConfiguration()
            #expect(((try? key.write(.text(text), &configuration)) != nil) == isAccepted, "\(text)")
        }
        var configuration = RelayConfiguration()
        let rejection = #expect(throws: ValueRejection.self) { try key.write(.text("5"), &configuration) }
        #expect(rejection?.reason?.contains("clients renew") == true)
    }

    @Test(
        "Networks hold the addresses that share their bits",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false), ("10.1.128.0/17", "10.1.200.1", true),
            ("10.1.128.0/17", "10.1.127.1", false),
            ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false), ("fd00::/8", "fd12::1", true),
            ("::1", "::1", true), ("10.0.0.0/8", "::ffff:10.0.0.1", true), ("127.0.0.1", "unknown", false),
        ]
    )
    func networks(_ network: String, _ address: String, _ isInside: Bool) throws {
        let network = try #require(IPNetwork(network))
        #expect(network.contains(address) == isInside)
        guard let socketAddress = try? SocketAddress(ipAddress: address, port: 1) else { return }
        #expect(network.contains(socketAddress) == isInside)
    }

    @Test(
        "What is no network is refused",
        arguments: ["", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::1/129", "a/8", "10.0.0.0/8/8"]
    )
    func noNetworks(_ text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test(
        "The distance between words counts single letters",
        arguments: [("", "abc", 3), ("port", "prot", 2), ("port", "ports", 1), ("a", "a", 0), ("kitten", "sitting", 3)]
    )
    func distance(_ first: String, _ second: String, _ distance: Int) {
        #expect(EditDistance.between(first, second) == distance)
        #expect(EditDistance.between(second, first) == distance)
    }
}
