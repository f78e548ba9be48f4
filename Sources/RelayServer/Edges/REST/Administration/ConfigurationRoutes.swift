import HTTPTypes
import NIOHTTP1
import RelayCore
import RelayWire

/// `/api/v1/admin/config`: the configuration in effect at the relay that answers, and reading it again.
enum ConfigurationRoutes {
    static func add(to routes: inout RESTRoutes, _ services: AdministrationServices) {
        routes.on(.get, "/api/v1/admin/config", asking: .caller(.admin)) { call in
            _ = try await call.caller()
            return Self.reply(services.configuration.current, services.directory.own)
        }
        routes.on(
            .post,
            "/api/v1/admin/config/reload",
            asking: .caller(.admin),
            audited: .init("config.reload")
        ) { try await Self.reload($0, services) }
    }

    private static func reload(_ call: RESTCall, _ services: AdministrationServices) async throws -> Reply {
        _ = try await call.caller()
        do throws(ConfigurationFailure) {
            guard let outcome = try services.reload() else {
                return Reply(.notImplemented, detail: "The relay was given its configuration by a program")
            }
            call.note?.note("changed", outcome.changed.map(\.key).joined(separator: ","))
            return Reply(
                .ok,
                .object([
                    ("node", .text(services.directory.own)),
                    ("reloaded_at", .moment(services.configuration.current.loadedAt)),
                    ("changed", .list(outcome.changed.map(Self.tree))),
                    ("needs_restart", .list(outcome.needsRestart.map(Self.tree))),
                    ("warnings", .texts(outcome.warnings.map(\.description))),
                ])
            )
        } catch {
            return Reply(
                .unprocessableEntity,
                .object([
                    ("detail", .text("The configuration was not changed: \(Self.text(error))")),
                    ("problems", .list(error.problems.map(Self.tree))),
                ])
            )
        }
    }

    private static func text(_ failure: ConfigurationFailure) -> String {
        failure.problems.map(\.description).joined(separator: "; ")
    }

    private static func tree(_ change: LiveConfiguration.Change) -> JSONTree {
        guard let key = ConfigurationKey.named(change.key) else { return .null }
        return .object([
            ("key", .text(change.key)),
            ("from", Self.value(change.old, of: key)),
            ("to", Self.value(change.new, of: key)),
        ])
    }

    private static func tree(_ problem: ConfigurationProblem) -> JSONTree {
        .object([
            ("key", .text(problem.key)), ("message", .text(problem.message)), ("place", .text(problem.place)),
        ])
    }

    private static func reply(_ state: LiveConfiguration.State, _ node: String) -> Reply {
        let defaults = RelayConfiguration()
        let keys = ConfigurationKey.all(in: state.effective.configuration)
        return Reply(
            .ok,
            .object([
                ("node", .text(node)),
                ("file", .text(state.effective.file)),
                ("loaded_at", .moment(state.loadedAt)),
                ("pending", .texts(state.pending)),
                ("keys", .list(keys.map { Self.tree($0, state.effective, defaults) })),
            ])
        )
    }

    private static func tree(
        _ key: ConfigurationKey,
        _ effective: EffectiveConfiguration,
        _ defaults: RelayConfiguration
    ) -> JSONTree {
        let origin = effective.origins[key.name]
        return .object([
            ("key", .text(key.name)),
            ("group", .text(key.group)),
            ("value", Self.value(key.shown(in: effective.configuration), of: key)),
            ("default", Self.value(key.shown(in: defaults), of: key)),
            ("source", .text(Self.name(of: origin?.source ?? .default))),
            ("place", .text(origin?.place)),
            ("reloads", .flag(key.reloads)),
            ("secret", .flag(key.isSecret)),
            ("summary", .text(key.summary)),
        ])
    }

    private static func name(of source: ValueSource) -> String {
        switch source {
        case .foreign: ValueSource.environment.rawValue
        case .flag, .environment, .dotEnvironment, .file, .default: source.rawValue
        }
    }

    static func value(_ value: ConfigurationValue?, of key: ConfigurationKey) -> JSONTree {
        switch value {
        case nil: .null
        case .text(let text) where key.isPlain: Int64(text).map { .number($0) } ?? .flag(text == "true")
        case .text(let text): .text(text)
        case .list(let texts): .texts(texts)
        case .span(let span): .text("\(span)")
        }
    }
}
