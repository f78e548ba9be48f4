import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

/// `/openapi.json` has the routes of the relay as it is wired, all of them and no others.
@Suite("Description of the routes")
struct OpenAPITests {
    private let document: JSON

    init() throws {
        self.document = try JSON(DescriptionRoutes.openAPI)
    }

    /// Of a relay with everything that settings may leave out.
    private static func table() async throws -> RouteTable {
        var table: RouteTable?
        try await withRelayParts { parts, _, _ in
            table = (parts.services.routes.others as? RouterLane)?.responder.table
        }
        return try #require(table)
    }

    /// `HEAD` goes with `GET`, which the document says once for all.
    private static func methods(of entry: RouteTable.Entry) -> Set<String> {
        let methods = Set(entry.methods.map { $0.method.rawValue.lowercased() })
        return methods.contains("get") ? methods.subtracting(["head"]) : methods
    }

    @Test("has every path and method of the relay, and the relay has every path and method of it")
    func routes() async throws {
        let entries = try await Self.table().entries
        let routes = Dictionary(uniqueKeysWithValues: entries.map { ($0.template, Self.methods(of: $0)) })
        let described = self.document["paths"].members.mapValues { path in
            Set(path.members.keys).subtracting(["parameters", "summary", "description"])
        }
        #expect(described.keys.sorted() == routes.keys.sorted())
        for (path, methods) in routes {
            #expect(described[path] == methods, "\(path)")
        }
    }

    @Test("says of each route that asks for a permission which it is, and for a token")
    func permissions() async throws {
        for entry in try await Self.table().entries {
            for (method, admission) in entry.methods where method != .head {
                guard case .caller(let permissions, _) = admission, !permissions.isEmpty else { continue }
                let operation = self.document["paths"][entry.template][method.rawValue.lowercased()]
                let text = operation["description"].text ?? ""
                for name in permissions.names {
                    #expect(text.contains("`\(name)`"), "\(method) \(entry.template)")
                }
                #expect(operation["security"].elements.map { $0.members.keys.sorted() } == [["bearer"]])
            }
        }
    }

    @Test("names the parameters of each path, and no others of a path")
    func pathParameters() {
        for (template, path) in self.document["paths"].members {
            let named = template.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                String($0.dropFirst().dropLast())
            }
            let described = path["parameters"].elements.map { self.resolved($0) }
                .filter { $0["in"].text == "path" }.compactMap { $0["name"].text }
            #expect(described.sorted() == named.sorted(), "\(template)")
        }
    }

    @Test("is of this version")
    func version() {
        #expect(self.document["info"]["version"].text == RelayVersion.current)
    }

    @Test("is what the relay serves to everybody", arguments: ["/openapi.json", "/asyncapi.json"])
    func served(path: String) async throws {
        try await withRelay { relay in
            let reply = try await relay.send(.GET, path)
            #expect(reply.status == 200)
            #expect(reply.headers["content-type"] == ["application/json"])
            let document = path == "/openapi.json" ? DescriptionRoutes.openAPI : DescriptionRoutes.asyncAPI
            #expect(reply.body == document)
        }
    }

    private func resolved(_ value: JSON) -> JSON { value.resolved(in: self.document) }
}
