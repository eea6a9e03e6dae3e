import ArgumentParser
import LinuxHost
import SocketTable

/// Which capabilities (capabilities(7)) a command needs. It gives up all others when its arguments have been read.
enum Privileges {
  /// For the owners of sockets: to look into the processes of others, and to open a cgroup by its number. For the kernel's
  /// self-tests: to give a socket of its own to another user, and (before Linux 5.7) to tie one to a device.
  private static let looking: Capabilities = [.sysPtrace, .dacReadSearch, .chown, .netRaw]
  /// The trial stands for the server, and is to be answered as this process would be. `looking` has what ties it to a device.
  private static let binding: Capabilities = [.netBindService]

  private static func needs(of command: String) -> Capabilities {
    switch command {
    case "port", "audit": looking
    case "trybind", "wait": looking.union(binding)
    case "release": looking.union(binding).union(.netAdmin)
    // It makes a network namespace, sets it up, and does there what the others do.
    case "demo": looking.union(binding).union([.sysAdmin, .netAdmin])
    case "serve": binding
    default: []
    }
  }

  /// What a command needs besides, by the options that it has been given.
  ///
  /// - Parameter value: what follows it on the command line, or after its "=".
  private static func needs(ofOption option: String, _ value: String?) -> Capabilities {
    switch option {
    case "--flags": value == ReuseOptionsChoice.all.rawValue ? [.bpf, .performanceMonitoring] : []
    case "--netns", "--all-netns": [.sysAdmin, .sysPtrace, .dacReadSearch]
    // A server is tried as the user who made its sockets.
    case "--as-user", "--like": [.setUID, .setGID]
    default: []
    }
  }

  /// - Parameter arguments: those of the command line.
  static func giveUp(for command: any Command.Type, _ arguments: [String]) {
    var kept = needs(of: command.configuration.commandName ?? "")
    for (index, argument) in arguments.enumerated() where argument.utf8.starts(with: "--".utf8) {
      let option = String(argument.prefix { $0 != "=" })
      let value =
        option.utf8.count < argument.utf8.count
        ? String(argument.dropFirst(option.count + 1))
        : index + 1 < arguments.count ? arguments[index + 1] : nil
      kept.formUnion(needs(ofOption: option, value))
    }
    Capabilities.keep(only: kept)
  }
}
