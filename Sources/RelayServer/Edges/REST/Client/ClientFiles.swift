/// The client for browsers and Node, and its types: pages import it from the relay that they talk to, so that the two fit.
enum ClientFiles {
    static let folder = EmbeddedFolder(
        path: "/client",
        audience: .everyOrigin,
        files: [
            EmbeddedFile("pulsar-relay.js", PackageResources.pulsar_relay_js),
            EmbeddedFile("pulsar-relay.d.ts", PackageResources.pulsar_relay_d_ts),
        ]
    )
}
