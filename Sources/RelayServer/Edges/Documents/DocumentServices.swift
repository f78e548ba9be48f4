import NIOCore
import RelayCore
import RelayEditing

/// What connections to documents work with: the same for all, fixed while the relay runs.
final class DocumentServices: Sendable {
    let access: RequestAccess
    let joiner: Joiner
    let publisher: Publisher
    let documents: DocumentService
    let sockets: WebSocketServices
    let metrics: DocumentMetrics

    init(
        access: RequestAccess,
        joiner: Joiner,
        publisher: Publisher,
        documents: DocumentService,
        sockets: WebSocketServices,
        metrics: DocumentMetrics
    ) {
        self.access = access
        self.joiner = joiner
        self.publisher = publisher
        self.documents = documents
        self.sockets = sockets
        self.metrics = metrics
    }

    var clock: RelayClock { self.publisher.broker.clock }
}

extension DeliveryLoop: DocumentLoop {
    var readers: LoopReaders? { self.current?.readers }
}
