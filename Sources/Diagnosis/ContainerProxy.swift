package import SocketTable

/// A process that holds a port on behalf of a container, recognized by its name.
package struct ContainerProxy: Hashable, Sendable {
  /// The full name of the program, such as "rootlesskit-docker-proxy".
  package let program: String
  package let runtime: CgroupPath.Container.Runtime
  /// Name or id of the container, from the command line of the process; nil where that does not tell.
  package let container: String?
  /// The address and port that it forwards to ("172.17.0.2:80"), from the command line of the process; nil where that does
  /// not tell.
  package let target: String?

  /// What it listens on, from its command line; nil where that does not tell.
  private let hostPort: UInt16?
  private let hostAddress: String?
  /// No dockerd is its parent any more, so that no container is behind it.
  package let isLeftover: Bool
  /// The user whose containers it serves, where these are not the system's; otherwise nil.
  package let user: User?

  package struct User: Hashable, Sendable {
    package let uid: UInt32
    /// Nil if /etc/passwd has none.
    package let name: String?
  }

  /// By the name that the kernel has for the process (comm), which is cut to 15 bytes.
  private static let programs: [String: (name: String, runtime: CgroupPath.Container.Runtime)] = [
    "docker-proxy": ("docker-proxy", .docker),
    "rootlesskit": ("rootlesskit", .docker),
    "rootlesskit-doc": ("rootlesskit-docker-proxy", .docker),
    "rootlessport": ("rootlessport", .podman),
    "rootlessport-ch": ("rootlessport", .podman),
    "pasta": ("pasta", .podman),
    "pasta.avx2": ("pasta", .podman),
    "slirp4netns": ("slirp4netns", .podman),
    "conmon": ("conmon", .podman),
    "gvproxy": ("gvproxy", .podman),
  ]

  /// Whether a process of this name (comm) may be a container's proxy, so that its command line is worth reading.
  package static func isOne(_ command: String) -> Bool { programs[command] != nil }

  /// Nil if the process is no container's proxy.
  package init?(_ owner: SocketOwner) {
    guard let program = Self.programs[owner.command] else { return nil }
    self.program = program.name
    runtime = program.runtime
    user = owner.uid.flatMap { $0 == 0 ? nil : User(uid: $0, name: owner.user) }
    hostPort = Self.value("-host-port", owner.arguments).flatMap { UInt16($0) }
    hostAddress = Self.value("-host-ip", owner.arguments)
    // A daemon that is gone leaves its children to process 1, or to a service manager that stands in for it.
    isLeftover =
      program.name == "docker-proxy"
      && owner.parent.map { $0.pid == 1 && $0.command != "dockerd" || $0.command == "systemd" } ?? false
    switch program.name {
    case "docker-proxy":
      container = nil
      target = Self.value("-container-ip", owner.arguments).map { address in
        let port = Self.value("-container-port", owner.arguments).map { ":\($0)" } ?? ""
        return (address.contains(":") ? "[\(address)]" : address) + port
      }
    case "conmon":
      container =
        Self.value("-n", owner.arguments) ?? Self.value("--name", owner.arguments)
        ?? Self.value("-c", owner.arguments) ?? Self.value("--cid", owner.arguments)
      target = nil
    default:
      container = nil
      target = nil
    }
  }

  /// Whether its command line says that it listens there.
  package func publishes(_ local: Endpoint) -> Bool {
    hostPort == local.port && (hostAddress == nil || hostAddress == local.address.text)
  }

  private static func value(_ option: String, _ arguments: [String]) -> String? {
    guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else { return nil }
    let value = arguments[index + 1]
    return value.isEmpty ? nil : value
  }
}
