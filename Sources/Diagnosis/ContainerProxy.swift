package import SocketTable

/// A process that holds a port on behalf of a container.
package struct ContainerProxy: Hashable, Sendable {
  /// The program, as its users know it.
  package let program: String
  package let runtime: CgroupPath.Container.Runtime
  /// Name or id of the container; nil where the process does not tell.
  package let container: String?
  /// "172.17.0.2:80"; nil where the process does not tell.
  package let target: String?

  /// Names are cut to 15 bytes by the kernel.
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

  /// The kernel's name of a process that may be one, so that its command line is worth reading.
  package static func isOne(_ command: String) -> Bool { programs[command] != nil }

  /// Nil for any other process.
  package init?(_ owner: SocketOwner) {
    guard let program = Self.programs[owner.command] else { return nil }
    self.program = program.name
    runtime = program.runtime
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

  private static func value(_ option: String, _ arguments: [String]) -> String? {
    guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else { return nil }
    let value = arguments[index + 1]
    return value.isEmpty ? nil : value
  }
}
