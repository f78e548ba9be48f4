/// How the relay shows a provider the secret that it has there, by the names that OpenID Connect has for it (Core, 9).
public enum ClientAuthentication: String, CaseIterable, Sendable {
    /// In a header.
    case basic = "client_secret_basic"
    /// In the form that asks for tokens.
    case post = "client_secret_post"
}
