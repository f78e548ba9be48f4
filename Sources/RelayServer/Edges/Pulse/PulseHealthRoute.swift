import NIOCore
import NIOHTTP1
import RelayCore
import RelayWire

/// `GET /health` on the port for Pulse, as Pulse's clients know it. It says only that the relay is there; `/health` on the relay's own port tells
/// what is wrong.
final class PulseHealthRoute: Route {
    func handle(_ exchange: Exchange) {
        var body = ByteBuffer(staticString: #"{"status":"ok","version":"#)
        body.writeJSONString(RelayVersion.current)
        body.writeStaticString("}")
        exchange.answer(Reply(.ok, json: body))
    }
}

/// All other paths of that port.
final class PulseNoRoute: Route {
    func handle(_ exchange: Exchange) { exchange.answer(Reply(.notFound, detail: "Not found")) }
}
