/// Somebody's use of a document: keeps it in memory. Ends with the last reference to it, and with it what its connection showed of
/// itself.
public final class DocumentUse: Sendable {
    public let document: LoadedDocument
    /// Tells the uses of a document apart.
    public let connection: UInt64
    private let service: DocumentService

    init(_ document: LoadedDocument, _ connection: UInt64, _ service: DocumentService) {
        self.document = document
        self.connection = connection
        self.service = service
    }

    deinit { self.service.left(self.document, self.connection) }
}
