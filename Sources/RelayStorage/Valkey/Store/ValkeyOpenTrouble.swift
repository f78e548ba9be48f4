import RelayCore
import RelayValkey

/// Why a store could not be opened, as far as somebody can do something about it.
public enum ValkeyOpenTrouble: Hashable, Sendable {
    /// Nobody listens at the address, or it can't be reached.
    case unreachable
    /// The server does not take the user or the password.
    case credentials
    /// The server has no database of this number.
    case database(Int)
    /// The file with the authorities to trust can't be read.
    case authorities(path: String)
    /// The server's certificate is not of an authority that is trusted, or is for another host.
    case certificate
    /// TLS is spoken, and the server does not answer in it.
    case noTLS
    /// Plain text is spoken, and the server breaks off.
    case noPlainText
}

extension ValkeyOpenTrouble {
    /// Of a server that would not have this client.
    init(refusal: String, database: Int) {
        let isDatabase = database != 0 && ["DB index", "SELECT"].contains { refusal.contains($0) }
        self = isDatabase ? .database(database) : .credentials
    }

    /// Of connections that did not come about.
    init(_ error: ValkeyError?, usesTLS: Bool) {
        switch error?.code {
        case .disconnected? where error?.isCertificateRefused == true: self = .certificate
        case .disconnected?, .protocolViolation?: self = usesTLS ? .noTLS : .noPlainText
        case .timedOut? where usesTLS: self = .noTLS
        default: self = .unreachable
        }
    }

    /// With what can be done about it.
    func error(_ place: ValkeyEndpoint, _ settings: ValkeyStore.Settings, _ cause: String?) -> StoreError {
        let advice = settings.advice(self).map { ": \($0)" } ?? ""
        return StoreError(.unavailable, self.sentence(place, settings.openTimeout, cause) + advice)
    }

    private func sentence(_ place: ValkeyEndpoint, _ time: Duration, _ cause: String?) -> String {
        let cause = cause.map { " (\($0))" } ?? ""
        return switch self {
        case .unreachable: "no connection to \(place) within \(time)\(cause)"
        case .credentials: "\(place) refuses this relay's user or password\(cause)"
        case .database(let number): "\(place) has no database \(number)\(cause)"
        case .authorities(let path): "the authorities in '\(path)' can't be read\(cause)"
        case .certificate: "the certificate of \(place) is not trusted"
        case .noTLS: "\(place) does not answer in TLS\(cause)"
        case .noPlainText: "\(place) does not answer in plain text\(cause)"
        }
    }
}
