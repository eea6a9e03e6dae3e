import TestSupport

extension Requirement {
  /// Some kernels remember of a port that all its sockets had SO_REUSEADDR when they were bound.
  static let presentOptions = Requirement(
    "present-options",
    "this kernel goes by SO_REUSEADDR as it was at bind(2), though it was taken back since",
    isMet: { noticesOptionsTakenBack })

  private static let noticesOptionsTakenBack: Bool = {
    let second = try? withNetworkNamespace { _ in
      let bound = try TCPSocket(.ipv4, .withReuseAddress)
      try bound.bind("127.0.0.1", port: 9528)
      try bound.setReuseAddress(false)
      return try answer("127.0.0.1", 9528, .withReuseAddress)
    }
    return second == .inUse
  }()
}
