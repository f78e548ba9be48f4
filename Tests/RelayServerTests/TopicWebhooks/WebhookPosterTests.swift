import NIOCore
import NIOPosix
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("What a webhook's user hears of its receiver")
struct WebhookPosterTests {
    @Test("is the same of a name in the network behind the relay and of one that nobody has")
    func hiddenNames() async {
        let lookup = HostLookup { $0 == "intranet" ? [IPAddress("10.1.2.3")].compactMap(\.self) : [] }
        let http = OutgoingHTTP(on: MultiThreadedEventLoopGroup.singleton, lookup: lookup)
        let poster = WebhookPoster(http: http, settings: Adjustable(RelayConfiguration.forTests.webhookSettings))
        for host in ["intranet", "nowhere"] {
            let answer = await poster.post(ByteBuffer(), to: "http://\(host)/", [], for: UserID("u"))
            #expect(answer == .none("\(host) has no address that a webhook may be told at"))
        }
        await http.close()
    }
}
