import Foundation
import NIOHTTP1
import RelayCore

/// The topic that a request's path names, and the texts of what is wrong with it.
struct TopicPath {
    /// As sent; of a name with a `/`, which has to be escaped in a path, as it was meant.
    let text: String
    let key: TopicKey

    /// A name that no topic can have is told from an unknown one by nobody.
    init(_ call: RESTCall, for caller: Principal) throws(RESTRefusal) {
        let sent = call.parameter("topic_name")
        let catalog = call.services.broker.catalog
        let meant = sent.removingPercentEncoding ?? sent
        guard let key = catalog.key(ofPath: meant, for: caller.id) else { throw Self.refusal(.missing, sent) }
        self.text = meant
        self.key = key
    }

    /// What the broker refused, with the topic's name in its text.
    static func refusal(_ error: BrokerError, _ name: String) -> RESTRefusal {
        switch error {
        case .missing: RESTRefusal(Reply(.notFound, detail: "Topic '\(name)' not found"))
        case .denied: RESTRefusal(Reply(.forbidden, detail: "Access denied to topic '\(name)'"))
        case .exists: RESTRefusal(Reply(.badRequest, detail: "Topic '\(name)' already exists"))
        case .refused, .quota, .full, .moved, .overloaded, .tooManyWaiting, .store: RESTRefusal(Reply(error))
        }
    }

    /// Runs a call of the broker about this topic.
    func asking<Value>(
        _ call: (TopicKey) async throws(BrokerError) -> Value
    ) async throws(RESTRefusal) -> Value {
        do throws(BrokerError) {
            return try await call(self.key)
        } catch {
            throw Self.refusal(error, self.text)
        }
    }
}
