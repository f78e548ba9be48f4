/// The example page: a text that two windows edit at once. What a document holds is asked for by the page, with the visitor's own token.
enum ExampleFiles {
    static let folder = EmbeddedFolder(
        path: "/example",
        audience: .ownPages,
        index: EmbeddedFile("page.html", PackageResources.page_html),
        files: [
            EmbeddedFile("page.css", PackageResources.page_css),
            EmbeddedFile("page.mjs", PackageResources.page_mjs),
            EmbeddedFile("area.mjs", PackageResources.area_mjs),
            EmbeddedFile("bytes.mjs", PackageResources.bytes_mjs),
            EmbeddedFile("connection.mjs", PackageResources.connection_mjs),
            EmbeddedFile("document.mjs", PackageResources.document_mjs),
            EmbeddedFile("presence.mjs", PackageResources.presence_mjs),
            EmbeddedFile("session.mjs", PackageResources.session_mjs),
            EmbeddedFile("structs.mjs", PackageResources.structs_mjs),
        ]
    )
}
