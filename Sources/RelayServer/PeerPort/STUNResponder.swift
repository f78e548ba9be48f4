import NIOCore
import RelayWire

/// Answers requests for Binding: RFC 8489, RFC 5780 with what alternates there are, and MAPPED-ADDRESS for clients of RFC 3489.
///
/// Nobody proves who they are, so no answer is longer than three times its request: what does not fit is left out, the least needed first.
/// An answer goes to the address that the request came from. RESPONSE-PORT may choose another port of that address, and no other address.
struct STUNResponder: Sendable {
    /// Types of attributes that a 420 lists at most.
    static let maximumUnknown = 32
    /// How many times as long as its request an answer may be.
    static let longestAnswer = 3

    let endpoints: STUNEndpoints
    /// SOFTWARE's text; nil for none.
    let software: String?

    init(endpoints: STUNEndpoints, software: String? = "pulsar-relay") {
        self.endpoints = endpoints
        self.software = software
    }

    /// - Parameter buckets: asked once it is clear that there is something to answer.
    func decide(_ arrival: DatagramArrival, _ buckets: inout SourceBuckets, at now: NIODeadline) -> DatagramDecision {
        guard let message = try? STUNMessage(arrival.bytes) else { return .ignore(.malformed) }
        guard message.type == STUNMessageType(.binding, .request) else { return .ignore(.notServed) }
        guard message.fingerprintIsRight else { return .ignore(.wrongFingerprint) }
        guard buckets.take(arrival.source.address, at: now) else { return .ignore(.tooMany) }
        do {
            let wish = try self.wish(of: message, arrival)
            return .answer(self.success(message, arrival, wish), to: wish.destination, from: wish.origin)
        } catch {
            return .answer(self.failure(message, error), to: arrival.source, from: arrival.local)
        }
    }

    // MARK: What is wanted

    private struct Wish {
        /// Where the answer is to come from.
        var origin: TransportAddress
        var destination: TransportAddress
        /// Nil for no PADDING.
        var padding: ByteBuffer?
    }

    private enum Refusal: Error {
        case badRequest
        case notUnderstood([UInt16])
    }

    private func wish(of message: STUNMessage, _ arrival: DatagramArrival) throws(Refusal) -> Wish {
        let unknown = message.unknownAttributes(limit: Self.maximumUnknown)
        guard unknown.isEmpty else { throw .notUnderstood(unknown) }
        let change: STUNChangeRequest
        let port: UInt16?
        do {
            change = try message.changeRequest()
            port = try message.responsePort()
        } catch {
            throw .badRequest
        }
        let padding = message.value(.padding)
        // RFC 5780, 6.1: padded answers go nowhere but to who asked.
        guard port != 0, port == nil || padding == nil else { throw .badRequest }
        guard !arrival.isStream || change.isEmpty,
            let origin = self.endpoints.endpoint(arrival.local, changing: change)
        else { throw .notUnderstood([STUNAttributeType.changeRequest.rawValue]) }
        guard !arrival.isStream || port == nil else {
            throw .notUnderstood([STUNAttributeType.responsePort.rawValue])
        }
        let destination = TransportAddress(arrival.source.address, port: port ?? arrival.source.port)
        return Wish(origin: origin, destination: destination, padding: padding)
    }

    // MARK: What is answered

    private func success(_ message: STUNMessage, _ arrival: DatagramArrival, _ wish: Wish) -> ByteBuffer {
        var answer = self.answer(message, .success)
        let source = arrival.source.unmapped
        guard message.header.hasCookie else {
            answer.add(.mappedAddress, address: source)
            return answer.bytes
        }
        answer.add(.xorMappedAddress, address: source)
        if self.endpoints.hasAlternates {
            answer.add(.responseOrigin, address: wish.origin.unmapped)
            // Clients take it for an address of its own (RFC 5780, 7.4), so there is none with a port alone.
            if let other = self.endpoints.endpoint(arrival.local, changing: [.address, .port]) {
                answer.add(.otherAddress, address: other.unmapped)
            }
            answer.add(.mappedAddress, address: source)
            // As long as the client's: how long a datagram may be on the way back is not known here.
            if let padding = wish.padding {
                answer.add(.padding, ByteBuffer(repeating: 0, count: padding.readableBytes))
            }
        }
        return self.finished(answer, for: message)
    }

    private func failure(_ message: STUNMessage, _ refusal: Refusal) -> ByteBuffer {
        var answer = self.answer(message, .error)
        switch refusal {
        case .badRequest:
            answer.add(.badRequest)
        case .notUnderstood(let types):
            answer.add(.unknownAttribute)
            answer.add(notUnderstood: types)
        }
        return message.header.hasCookie ? self.finished(answer, for: message) : answer.bytes
    }

    private func answer(_ message: STUNMessage, _ outcome: STUNMessageType.Class) -> STUNMessageWriter {
        let room = Self.longestAnswer * message.bytes.readableBytes
        let kept = message.hasFingerprint ? STUNMessageWriter.fingerprintSize : 0
        return STUNMessageWriter(
            STUNMessageType(.binding, outcome),
            cookie: message.header.cookie,
            message.header.transaction,
            limit: room - kept
        )
    }

    /// With what says who answers, and with a fingerprint for a client that has shown one (RFC 8489, 7).
    private func finished(_ answer: STUNMessageWriter, for message: STUNMessage) -> ByteBuffer {
        var answer = answer
        if let software = self.software { answer.add(.software, text: software) }
        if message.hasFingerprint {
            answer.limit += STUNMessageWriter.fingerprintSize
            answer.addFingerprint()
        }
        return answer.bytes
    }
}
