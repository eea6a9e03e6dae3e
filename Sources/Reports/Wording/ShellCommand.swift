internal import Diagnosis
internal import SocketTable

/// Command lines to paste. Users may paste them as root, so a name that comes from a process, a cgroup or the command line
/// is put into one only if it is safe: a shell takes it for a plain word, and no program takes it for an option.
enum ShellCommand {
  static func isPasteable(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix("-") && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "@"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// `words` followed by the name; nil if the name would not be safe to paste.
  static func naming(_ name: String, after words: String) -> String? {
    isPasteable(name) ? words + name : nil
  }

  /// The command that shows the container, or of a pod the pod itself.
  static func list(_ container: CgroupPath.Container) -> String? {
    if let pod = container.pod { return naming(pod, after: "crictl pods --label io.kubernetes.pod.uid=") }
    let words: String? =
      switch container.runtime {
      case .docker: "docker ps --filter id="
      case .podman: "podman ps --filter id="
      case .containerd: "nerdctl ps --filter id="
      case .crio: "crictl ps --id "
      case .lxc: "lxc-info "
      case .nspawn: "machinectl status "
      case .unknown: nil
      }
    return words.flatMap { naming(container.shortID, after: $0) }
  }

  /// Whether its runtime lists its containers to root only.
  static func needsRoot(_ container: CgroupPath.Container) -> Bool {
    container.pod != nil || ![.docker, .nspawn].contains(container.runtime)
  }

  static func stop(_ container: CgroupPath.Container) -> String? {
    let words: String? =
      switch container.runtime {
      case .docker: "docker stop "
      case .podman: "podman stop "
      // The containers of a pod are those of the kubelet's runtime, whatever that is.
      case .containerd, .unknown:
        container.pod == nil ? container.runtime == .unknown ? nil : "nerdctl stop " : "crictl stop "
      case .crio: "crictl stop "
      case .lxc: "lxc-stop "
      case .nspawn: "machinectl poweroff "
      }
    return words.flatMap { naming(container.shortID, after: $0) }
  }

  /// Users had better look first at more processes than these before they end them.
  static let killLimit = 4

  /// Nil if there are no processes.
  static func signal(_ signal: String?, _ owners: [SocketOwner]) -> String? {
    guard !owners.isEmpty else { return nil }
    return (["kill"] + [signal].compactMap { $0 } + owners.map { "\($0.pid)" }).joined(separator: " ")
  }
}

extension BindTarget {
  /// The options that describe this server to `trybind` and `wait`, each with a space before it. Nil if a name in them would
  /// not be safe to paste.
  var commandOptions: String? {
    var words: [String] = []
    if options.contains(.reuseAddress) { words.append("--reuse") }
    if options.contains(.reusePort) { words.append("--reuse-port") }
    if !areAlternatives {
      for address in addresses {
        guard address.scopeName.isEmpty || ShellCommand.isPasteable(address.scopeName) else { return nil }
        let scope = address.scopeName.isEmpty ? "" : "%\(address.scopeName)"
        words.append("--address \(address.address.text)\(scope)")
      }
    } else if addresses.count == 1 {
      words.append(addresses[0].address.family == .ipv4 ? "-4" : "-6")
    }
    if addresses.contains(where: { $0.v6Only }) { words.append("--v6-only") }
    if let interface {
      guard ShellCommand.isPasteable(interface) else { return nil }
      words.append("--interface \(interface)")
    }
    if listens { words.append("--listen") }
    return words.map { " \($0)" }.joined()
  }
}

extension NamespaceReference {
  /// The option that names this namespace. It is not escaped.
  var option: String {
    switch self {
    case .named(let name): "--netns \(name)"
    case .process(let pid): "--netns pid:\(pid)"
    case .path(let path): "--netns \(path)"
    }
  }

  /// The command, run in this network namespace; nil if that would not be safe to paste. Commands whose answer does not
  /// depend on the network namespace are returned unchanged.
  ///
  /// - Parameter asRoot: root pastes it, who needs no sudo.
  func command(_ command: String, asRoot: Bool) -> String? {
    let sudo = asRoot ? "" : "sudo "
    let isPrivileged = command.hasPrefix("sudo ")
    let bare = isPrivileged ? String(command.dropFirst("sudo ".count)) : command
    let isOwn = bare.hasPrefix("tw-inspect ")
    guard isOwn || ["ss ", "ip ", "sysctl "].contains(where: bare.hasPrefix) else { return command }
    // It says itself where to look.
    if bare.contains(" --netns ") || bare.contains(" --all-netns") { return command }
    switch self {
    case .named(let name):
      guard ShellCommand.isPasteable(name) else { return nil }
      return isOwn ? "\(command) \(option)" : "\(sudo)ip netns exec \(name) \(bare)"
    case .process(let pid):
      return isOwn ? "\(command) \(option)" : "\(sudo)nsenter --target \(pid) --net \(bare)"
    case .path: return nil
    }
  }
}

extension OtherNamespace {
  /// "nginx (pid 812): 1 LISTEN".
  var summary: Prose {
    OwnerText.named(ByteSafety.escaped(process.command), pid: process.pid) + ": \(StateList(sockets).list)"
  }
}
