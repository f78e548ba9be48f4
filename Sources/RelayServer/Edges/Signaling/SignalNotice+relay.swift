import NIOCore
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

extension SignalNotice {
    /// As a whole text frame.
    var framed: ByteBuffer {
        var bytes = ByteBuffer()
        self.writeFramed(into: &bytes)
        return bytes
    }
}

extension SignalNotice.Failure {
    init(_ code: SessionErrorCode, _ text: String, _ requestID: ByteBuffer?) {
        self.init(code: code.rawValue, message: text, isRetryable: code.isRetryable, requestID: requestID)
    }

    init(_ failure: SessionFailure, _ requestID: ByteBuffer?) {
        self.init(failure.code, failure.text, requestID)
    }

    init(_ error: AccessError, _ requestID: ByteBuffer?) {
        self.init(SessionErrorCode(error), error.detail, requestID)
    }

    init(_ refusal: JoinRefusal, _ requestID: ByteBuffer?) {
        switch refusal {
        case .tooManySubscriptions: self.init(.quotaExceeded, refusal.clientText, requestID)
        case .overloaded: self.init(.unavailable, refusal.clientText, requestID)
        case .namedReader(let error), .broker(let error): self.init(error, requestID)
        }
    }

    /// What came of a message for other peers. The kinds of a session's topics begin their refusals with a code.
    init(_ error: BrokerError, _ requestID: ByteBuffer?) {
        if case .refused(let refusal) = error, let (code, text) = Self.parts(refusal.detail) {
            self.init(code: code, message: text, requestID: requestID)
        } else {
            self.init(error.signalingCode, error.clientText, requestID)
        }
    }

    private static func parts(_ detail: String) -> (code: String, text: String)? {
        guard let colon = detail.firstRange(of: ": ") else { return nil }
        let code = detail[..<colon.lowerBound]
        let isCode = code.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_")
        }
        return isCode && !code.isEmpty ? (String(code), String(detail[colon.upperBound...])) : nil
    }
}

extension BrokerError {
    fileprivate var signalingCode: SessionErrorCode {
        switch self {
        case .denied: .forbidden
        case .missing: .notFound
        case .tooManyWaiting: .rateLimited
        case .refused, .exists, .quota: .invalidRequest
        case .full, .moved, .overloaded, .store: .unavailable
        }
    }
}
