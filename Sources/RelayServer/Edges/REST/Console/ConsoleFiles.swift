import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayWire

/// The console: pages on which people see topics, users and sessions, and change what they may. What they show they ask for by the public API,
/// with the visitor's own token.
enum ConsoleFiles {
    /// With the way there from `/`, which people open first.
    static func add(to routes: inout RESTRoutes) {
        self.folder.add(to: &routes)
        routes.on(.get, "/", asking: .open(maxBodyBytes: 1_024)) { _ in
            // Relative, for a proxy that has the relay under a path of its own.
            Reply(.temporaryRedirect, headers: ["location": "console"], body: ByteBuffer())
        }
    }

    private static let folder = EmbeddedFolder(
        path: "/console",
        audience: .ownPages,
        index: EmbeddedFile("console.html", PackageResources.console_html),
        files: [
            EmbeddedFile("console.css", PackageResources.console_css),
            EmbeddedFile("components.css", PackageResources.components_css),
            EmbeddedFile("icon.svg", PackageResources.icon_svg),
            EmbeddedFile("theme.js", PackageResources.theme_js),
            EmbeddedFile("console.mjs", PackageResources.console_mjs),
            EmbeddedFile("entrance.mjs", PackageResources.entrance_mjs),
            EmbeddedFile("api.mjs", PackageResources.api_mjs),
            EmbeddedFile("components.mjs", PackageResources.components_mjs),
            EmbeddedFile("format.mjs", PackageResources.format_mjs),
            EmbeddedFile("list.mjs", PackageResources.list_mjs),
            EmbeddedFile("filters.mjs", PackageResources.filters_mjs),
            EmbeddedFile("metrics.mjs", PackageResources.metrics_mjs),
            EmbeddedFile("chart.mjs", PackageResources.chart_mjs),
            EmbeddedFile("overview.mjs", PackageResources.overview_mjs),
            EmbeddedFile("topics.mjs", PackageResources.topics_mjs),
            EmbeddedFile("topic.mjs", PackageResources.topic_mjs),
            EmbeddedFile("messages.mjs", PackageResources.messages_mjs),
            EmbeddedFile("publish.mjs", PackageResources.publish_mjs),
            EmbeddedFile("grants.mjs", PackageResources.grants_mjs),
            EmbeddedFile("readers.mjs", PackageResources.readers_mjs),
            EmbeddedFile("documents.mjs", PackageResources.documents_mjs),
            EmbeddedFile("editor.mjs", PackageResources.editor_mjs),
            EmbeddedFile("provider.mjs", PackageResources.provider_mjs),
            EmbeddedFile("yjs.mjs", PackageResources.yjs_mjs),
            // The example page's.
            EmbeddedFile("area.mjs", PackageResources.area_mjs),
            EmbeddedFile("users.mjs", PackageResources.users_mjs),
            EmbeddedFile("editing.mjs", PackageResources.editing_mjs),
            EmbeddedFile("meeting.mjs", PackageResources.meeting_mjs),
            EmbeddedFile("signins.mjs", PackageResources.signins_mjs),
            EmbeddedFile("nodes.mjs", PackageResources.nodes_mjs),
            EmbeddedFile("connections.mjs", PackageResources.connections_mjs),
            EmbeddedFile("audit.mjs", PackageResources.audit_mjs),
            EmbeddedFile("settings.mjs", PackageResources.settings_mjs),
            EmbeddedFile("tokens.mjs", PackageResources.tokens_mjs),
            EmbeddedFile("webhooks.mjs", PackageResources.webhooks_mjs),
            EmbeddedFile("account.mjs", PackageResources.account_mjs),
        ]
    )
}
