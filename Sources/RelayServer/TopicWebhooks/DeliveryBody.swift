import Crypto
import Foundation
import NIOCore
import RelayAccess
import RelayCore
import RelayWire

/// What one POST of a webhook says: events of one topic, in their order.
///
/// Each event is `{"event": …, "data": …}`. The data of what comes out of a topic's stream is the frame that a WebSocket's reader gets for it.
struct DeliveryBody {
    private var json: ByteBuffer
    private(set) var events = 0

    init(webhook id: String, topic: TopicName) {
        self.json = ByteBuffer(string: #"{"webhook_id":"#)
        self.json.writeJSONString(id)
        self.json.writeStaticString(#","topic":"#)
        self.json.writeJSONString(topic.rawValue)
        self.json.writeStaticString(#","events":["#)
    }

    mutating func add(_ event: String, _ frame: ServerFrame) {
        var data = ByteBuffer()
        frame.write(into: &data)
        self.add(event, json: data)
    }

    mutating func add(_ event: String, json data: ByteBuffer) {
        if self.events > 0 { self.json.writeStaticString(",") }
        self.events += 1
        self.json.writeStaticString(#"{"event":"#)
        self.json.writeJSONString(event)
        self.json.writeStaticString(#","data":"#)
        self.json.writeImmutableBuffer(data)
        self.json.writeStaticString("}")
    }

    consuming func finish() -> ByteBuffer {
        self.json.writeStaticString("]}")
        return self.json
    }
}

/// The headers by which a receiver knows that a body is the relay's, and that it is no old one: those of Standard Webhooks, version 1.
struct DeliverySignature {
    let id: String
    let timestamp: String
    let signature: String

    /// - Parameter secret: as ``RelayAccess/WebhookDefinition/secret`` has it.
    init(of body: ByteBuffer, under secret: String, at now: Timestamp) {
        // The same delivery has the same id each time that it is tried.
        let digest = SHA256.hash(data: Data(body.readableBytesView))
        self.id = "msg_" + String(hexadecimal: digest.prefix(16))
        self.timestamp = String(now.microseconds / 1_000_000)
        let text = secret.hasPrefix("whsec_") ? String(secret.dropFirst(6)) : secret
        let key = SymmetricKey(data: Data(base64Encoded: text) ?? Data(text.utf8))
        var code = HMAC<SHA256>(key: key)
        code.update(data: Data("\(self.id).\(self.timestamp).".utf8))
        code.update(data: Data(body.readableBytesView))
        self.signature = "v1," + Data(code.finalize()).base64EncodedString()
    }

    var headers: [(name: String, value: String)] {
        [
            ("webhook-id", self.id), ("webhook-timestamp", self.timestamp), ("webhook-signature", self.signature),
        ]
    }
}
