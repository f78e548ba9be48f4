import Foundation
import NIOHTTP1
import RelayCore

/// The topic that a request's path names, and the texts of what is wrong with it.
struct TopicPath {
    /// As it was meant: a name with a `/` is one segment of the path, where that is escaped.
    let text: String
    let key: TopicKey

    /// A name that no topic can have is told from an unknown one by nobody.
    init(_ call: RESTCall, for caller: Principal) throws(RESTRefusal) {
        let sent = call.parameter("topic_name")
        self.text = sent.removingPercentEncoding ?? sent
        guard let key = call.services.broker.catalog.key(ofPath: self.text, for: caller.id) else {
            throw Self.refusal(.missing, self.text)
        }
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
