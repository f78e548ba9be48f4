import NIOHTTP1
import RelayWire

/// What a request for an event stream asks for, before any of it is checked.
///
/// The same thing has many names out there: browsers send `Last-Event-ID`, their replacements put it in the query, each by a name of its own.
/// What is empty counts as not sent, since EventSource and its replacements begin with an empty id.
struct EventStreamRequest {
    /// From all `topics` of the query, each a list with commas.
    let topics: [String]
    /// The event that the client saw last: from the header, else from the query.
    let lastEventID: String?
    let offset: String?
    let epochs: String?
    /// As which of the reader's peers it reads, in topics that have peers.
    let clientID: String?
    /// As which named reader it reads, as sent.
    let reader: String?

    init(query: Substring, headers: HTTPHeaders) {
        let query = QueryItems(query)
        self.topics = query.all("topics").flatMap { $0.split(separator: ",").map(String.init) }
        self.lastEventID =
            headers["last-event-id"].last { !$0.isEmpty } ?? query.last { Self.namesLastEvent($0) }
        self.offset = query.last { $0 == "offset" }
        self.epochs = query.last { $0 == "epochs" }
        self.clientID = query.last { $0 == "client_id" }
        self.reader = query.last { $0 == "reader" }
    }

    /// `last_event_id`, `lastEventId`, `lastEventID`, `Last-Event-ID` and the like.
    private static func namesLastEvent(_ name: String) -> Bool {
        name.filter { $0 != "_" && $0 != "-" }.isToken("lasteventid")
    }
}
