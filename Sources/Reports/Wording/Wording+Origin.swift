internal import Diagnosis
internal import SocketTable

/// Where the description of the server is from, for a line below the verdict.
extension Wording {
  /// Nil where it was typed.
  package var origin: Prose? {
    switch target.origin {
    case .described: nil
    case .taken(let server): "Like \(text(server))."
    case .unreadable:
      caller.isRoot
        ? "The options of what listens could not be read, even as root, and none are assumed."
        : "The options of what listens could not be read, and none are assumed. Root can read them: \(sudo)"
    case .unlike:
      "The sockets that listen were set up differently, and no options are assumed. Describe yours by --address and --reuse."
    }
  }

  private var sudo: Prose {
    let command = "sudo tw-inspect trybind \(port) --after-stop"
    return Prose(unbreakable: namespace.flatMap { $0.command(command, asRoot: false) } ?? command)
  }

  /// "nginx (pid 812): 0.0.0.0:8080 and [::]:8080, SO_REUSEADDR, as root".
  private func text(_ server: TakenServer) -> Prose {
    var parts: [Prose] = [addresses]
    parts.append(target.options.isEmpty ? "without SO_REUSEADDR" : Prose(Self.names(target.options)))
    if let interface = target.interface { parts.append("on \(ByteSafety.escaped(interface))") }
    if target.isMultipath { parts.append("Multipath TCP") }
    let name = target.uid == server.uid ? server.userName.map(ByteSafety.escaped) : nil
    parts.append("as \(name ?? "uid \(target.uid)")")
    return "\(OwnerText.name(server.process)): \(parts.joined(separator: ", "))"
  }

  private static let mostAddresses = 3

  private var addresses: Prose {
    let all = target.addresses.map { address in
      Prose(address.text(port: port)) + (address.v6Only ? " (IPV6_V6ONLY)" : "")
    }
    guard all.count > 1, let last = all.last else { return all.first ?? "" }
    if all.count > Self.mostAddresses {
      return all.prefix(Self.mostAddresses).joined(separator: ", ")
        + " and \(all.count - Self.mostAddresses) more"
    }
    return all.dropLast().joined(separator: ", ") + " and \(last)"
  }
}
