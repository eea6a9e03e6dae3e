import ArgumentParser
import LinuxHost

/// Which capabilities (capabilities(7)) a command needs. It gives up all others when its arguments have been read.
enum Privileges {
  private typealias Needs = Set<Capabilities.Capability>

  /// For the owners of sockets: to look into the processes of others, and to open a cgroup by its number. For the kernel's
  /// self-tests: to give a socket of its own to another user, and (before Linux 5.7) to tie one to a device.
  private static let looking: Needs = [.sysPtrace, .dacReadSearch, .chown, .netRaw]
  /// The trial stands for the server, and is to be answered as this process would be. `looking` has what ties it to a device.
  private static let binding: Needs = [.netBindService]

  /// By the names of the commands.
  private static let ofCommands: [String: Needs] = [
    "port": looking,
    "trybind": looking.union(binding),
    "wait": looking.union(binding),
    "release": looking.union(binding).union([.netAdmin]),
    "explain": [],
    // It makes a network namespace, sets it up, and does there what the others do.
    "demo": looking.union(binding).union([.sysAdmin, .netAdmin]),
    "serve": binding,
  ]

  /// By the options for which a command needs more.
  private static let ofOptions: [String: Needs] = [
    "--netns": [.sysAdmin, .sysPtrace, .dacReadSearch],
    "--as-user": [.setUID, .setGID],
  ]

  /// - Parameter arguments: those of the command line.
  static func giveUp(for command: any Command.Type, _ arguments: [String]) {
    var needs = command.configuration.commandName.flatMap { ofCommands[$0] } ?? []
    for (option, more) in ofOptions
    where arguments.contains(where: { $0 == option || $0.hasPrefix(option + "=") }) {
      needs.formUnion(more)
    }
    Capabilities.keep(only: needs)
  }
}
