import ArgumentParser
import Foundation
import RelayClient
import RelayCommands
import RelayProof
import RelayWire

/// Acting as a peer, and not as whoever is logged in.
struct TicketOption: ParsableArguments {
    @Option(help: "Act as the peer whose ticket this is. Default: $PULSAR_TICKET, then the stored login.")
    var ticket: String?

    /// - Returns: nil where there is no ticket.
    func client(_ relay: RelayOptions) throws -> RelayClient? {
        guard let ticket = self.ticket ?? ProcessInfo.processInfo.environment["PULSAR_TICKET"] else { return nil }
        let end = Timestamp(microseconds: 0).adding(seconds: Int64(try SessionTicket(ticket).expiresAt))
        return try relay.client(by: Tokens(accessToken: ticket, expiresAt: end))
    }
}

/// How long an invite is good, on the command line.
enum ValidSpan {
    /// In seconds; the relay gives a day at most.
    static func seconds(_ text: String) throws -> Int {
        guard let span = SpanText.parse(text), span >= .seconds(1), span <= .seconds(86_400) else {
            throw UsageError("--valid is a span such as 30s, 15m or 24h, and 24h at most")
        }
        return Int(span.components.seconds)
    }
}
