import CNGTCP2

/// Whether this build has QUIC: it needs libngtcp2 0.12 with its GnuTLS helper.
public enum QUICLibrary {
    /// The library's version; nil where QUIC is not in.
    public static var version: String? { unsafe quic_library_version().map { unsafe String(cString: $0) } }
    /// Why QUIC is not in, for people; nil where it is.
    public static var absence: String? { unsafe quic_library_absence().map { unsafe String(cString: $0) } }
}
