// swift-tools-version: 6.2

import Foundation
import PackageDescription

/// Whether libngtcp2 and its GnuTLS helper are on this machine, where Debian puts them. Without them everything is built, and says that QUIC is
/// not in. Where they are installed later: `swift package purge-cache`, since SwiftPM remembers what was said here.
let hasQUIC = FileManager.default.fileExists(atPath: "/usr/include/ngtcp2/ngtcp2_crypto_gnutls.h")

/// Applied to every target but `OTLPMessages`, tests included.
let settings: [SwiftSetting] = [
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0470-isolated-conformances.md
    .enableUpcomingFeature("InferIsolatedConformances"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
    .strictMemorySafety(),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0480-swiftpm-warning-control.md
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
]

// Each target imports only from targets above it in this list: see ARCHITECTURE.md, "Floors".
let package = Package(
    name: "pulsar-relay",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "pulsar-relay", targets: ["pulsar-relay"]),
        // With RelayWire, whose Timestamp is part of it.
        .library(name: "RelayClient", targets: ["RelayClient", "RelayWire"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    ],
    targets: [
        .systemLibrary(name: "CArgon2", providers: [.apt(["libargon2-dev"])]),
        .target(name: "CDatagrams"),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .target(
            name: "CNGTCP2",
            linkerSettings: hasQUIC
                ? [.linkedLibrary("ngtcp2"), .linkedLibrary("ngtcp2_crypto_gnutls"), .linkedLibrary("gnutls")] : []
        ),
        .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "RelayWire",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio")
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayCore",
            dependencies: [
                "RelayWire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayTunnels",
            dependencies: [
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayDatagrams",
            dependencies: [
                "CDatagrams",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayQUIC",
            dependencies: [
                "CDatagrams",
                "CNGTCP2",
                "RelayDatagrams",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayHTTP3",
            dependencies: [
                "RelayQUIC",
                "RelayWire",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayAccess",
            dependencies: [
                "CArgon2",
                "RelayCore",
                "RelayWire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelaySessions",
            dependencies: [
                "CSodium",
                "RelayCore",
                "RelayWire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(name: "RelayDocuments", swiftSettings: settings),
        .target(
            name: "RelayEditing",
            dependencies: [
                "RelayCore",
                "RelayDocuments",
                "RelayWire",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayPresence",
            dependencies: [
                "RelayCore",
                "RelayWire",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayValkey",
            dependencies: [
                "CHiredis",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayStorage",
            dependencies: [
                "RelayAccess",
                "RelayCore",
                "RelayValkey",
                "RelayWire",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayMetrics",
            dependencies: [
                .product(name: "CoreMetrics", package: "swift-metrics")
            ],
            swiftSettings: settings
        ),
        // Made by scripts/make-otlp-messages. Code of this kind is not written for the settings of the others.
        .target(
            name: "OTLPMessages",
            dependencies: [
                .product(name: "SwiftProtobuf", package: "swift-protobuf")
            ]
        ),
        .target(
            name: "RelayTelemetry",
            dependencies: [
                "OTLPMessages",
                "RelayCore",
                "RelayMetrics",
                "RelayWire",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayServer",
            dependencies: [
                "CDatagrams",
                "CZlib",
                "RelayAccess",
                "RelayCore",
                "RelayDatagrams",
                "RelayDocuments",
                "RelayEditing",
                "RelayHTTP3",
                "RelayMetrics",
                "RelayPresence",
                "RelayQUIC",
                "RelaySessions",
                "RelayStorage",
                "RelayTelemetry",
                "RelayTunnels",
                "RelayValkey",
                "RelayWire",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "TOMLKit", package: "TOMLKit"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "Yams", package: "Yams"),
            ],
            // Parts of the program, which needs no other file.
            resources: [
                .embedInCode("Edges/REST/Accounts/Pages/sign-in.css"),
                .embedInCode("Edges/REST/Client/Module"),
                .embedInCode("Edges/REST/Console/Files"),
                .embedInCode("Edges/REST/Documents/Example"),
                .embedInCode("Edges/REST/Operations/Descriptions"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayClient",
            dependencies: [
                "RelayWire",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayCommands",
            dependencies: [
                "RelayClient",
                "RelayDocuments",
                "RelayWire",
            ],
            swiftSettings: settings
        ),
        .target(
            name: "RelayProof",
            dependencies: [
                "RelayClient",
                "RelayWire",
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "pulsar-relay",
            dependencies: [
                "RelayAccess",
                "RelayClient",
                "RelayCommands",
                "RelayCore",
                "RelayProof",
                "RelayServer",
                "RelayStorage",
                "RelayWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "bare-nio",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            path: "Benchmarks/BareNIO",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "relay-bench",
            dependencies: [
                "RelayDocuments",
                "RelayQUIC",
                "SeededRandom",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Benchmarks/RelayBench",
            swiftSettings: settings
        ),
        .target(
            name: "SeededRandom",
            path: "Tests/SeededRandom",
            swiftSettings: settings
        ),
        .target(
            name: "StoreContract",
            dependencies: [
                "RelayAccess",
                "RelayCore",
                "RelayWire",
                "SeededRandom",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Tests/StoreContract",
            swiftSettings: settings
        ),
        .target(
            name: "ProgramFixture",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/ProgramFixture",
            swiftSettings: settings
        ),
        .target(
            name: "QUICFixture",
            dependencies: ["RelayQUIC"],
            path: "Tests/QUICFixture",
            swiftSettings: settings
        ),
        .target(
            name: "ValkeyFixture",
            dependencies: [
                "ProgramFixture",
                "RelayValkey",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/ValkeyFixture",
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayWireTests",
            dependencies: [
                "RelayWire",
                "SeededRandom",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayHTTP3Tests",
            dependencies: [
                "QUICFixture",
                "RelayHTTP3",
                "RelayQUIC",
                "RelayWire",
                "SeededRandom",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayQUICTests",
            dependencies: [
                "QUICFixture",
                "RelayQUIC",
                "SeededRandom",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayTunnelsTests",
            dependencies: [
                "RelayTunnels",
                "SeededRandom",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "DocumentModel",
            dependencies: ["SeededRandom"],
            path: "Tests/DocumentModel",
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayDocumentsTests",
            dependencies: ["DocumentModel", "RelayDocuments", "SeededRandom"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "DocumentCounterpartTests",
            dependencies: ["DocumentModel", "ProgramFixture", "RelayDocuments", "SeededRandom"],
            path: "Tests/DocumentCounterparts",
            exclude: ["counterparts"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayAccessTests",
            dependencies: [
                "RelayAccess",
                "RelayCore",
                "RelayWire",
                "SeededRandom",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayStorageTests",
            dependencies: [
                "RelayAccess",
                "RelayCore",
                "RelayStorage",
                "RelayValkey",
                "RelayWire",
                "StoreContract",
                "ValkeyFixture",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayValkeyTests",
            dependencies: [
                "RelayValkey",
                "SeededRandom",
                "ValkeyFixture",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelaySessionsTests",
            dependencies: [
                "RelayCore",
                "RelaySessions",
                "RelayWire",
                "SeededRandom",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayEditingTests",
            dependencies: [
                "RelayCore",
                "RelayDocuments",
                "RelayEditing",
                "RelayStorage",
                "RelayWire",
                "SeededRandom",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayPresenceTests",
            dependencies: [
                "RelayCore",
                "RelayPresence",
                "RelayStorage",
                "RelayWire",
                "SeededRandom",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayMetricsTests",
            dependencies: [
                "RelayMetrics",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayTelemetryTests",
            dependencies: [
                "OTLPMessages",
                "RelayCore",
                "RelayMetrics",
                "RelayTelemetry",
                "RelayWire",
                "SeededRandom",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayServerTests",
            dependencies: [
                "ProgramFixture",
                "RelayAccess",
                "RelayCore",
                "RelayDatagrams",
                "RelayDocuments",
                "RelayEditing",
                "RelayPresence",
                "RelayQUIC",
                "RelayServer",
                "RelaySessions",
                "RelayStorage",
                "RelayTelemetry",
                "RelayTunnels",
                "RelayWire",
                "SeededRandom",
                "ValkeyFixture",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            exclude: ["Configuration/Samples"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayClientTests",
            dependencies: [
                "RelayClient",
                "RelayWire",
                "SeededRandom",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayCommandsTests",
            dependencies: [
                "RelayClient",
                "RelayCommands",
                "RelayWire",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayProofTests",
            dependencies: [
                "RelayClient",
                "RelayProof",
                "RelayWire",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayCoreTests",
            dependencies: [
                "RelayCore",
                "RelayWire",
                "SeededRandom",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "FaultTests",
            dependencies: [
                "ProgramFixture",
                "RelayClient",
                "ValkeyFixture",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/Faults",
            swiftSettings: settings
        ),
        .testTarget(
            name: "AttackTests",
            dependencies: [
                "ProgramFixture",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/Attacks",
            swiftSettings: settings
        ),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "ProgramFixture",
                "RelayClient",
                "RelayQUIC",
                "RelaySessions",
                "RelayWire",
                "ValkeyFixture",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/Interop",
            exclude: ["node", "python"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "RelayBenchTests",
            dependencies: [
                "RelayDocuments",
                "relay-bench",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "Benchmarks/RelayBenchTests",
            swiftSettings: settings
        ),
    ]
)
