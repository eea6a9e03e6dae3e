import ArgumentParser
import Handbook

/// What was probably meant by an option that a command does not have.
enum OptionGuess {
  /// What other programs call it, and what people call it by the name of the socket option.
  private static let otherNames = [
    "--host": "--address", "--bind": "--address", "--ip": "--address", "--addr": "--address",
    "--local": "--address",
    "--listen-address": "--address", "--bind-address": "--address",
    "--user": "--as-user", "--uid": "--as-user", "--run-as": "--as-user",
    "--reuseaddr": "--reuse", "--reuse-addr": "--reuse", "--reuse-address": "--reuse",
    "--so-reuseaddr": "--reuse",
    "--reuseport": "--reuse-port", "--so-reuseport": "--reuse-port",
    "--ipv6only": "--v6-only", "--ipv6-only": "--v6-only", "--v6only": "--v6-only",
    "--device": "--interface", "--dev": "--interface", "--iface": "--interface",
    "--bindtodevice": "--interface",
    "--ns": "--netns", "--namespace": "--netns", "--net": "--netns", "-N": "--netns",
    "--format": "--output", "--out": "--output", "-o": "--output", "-j": "--json",
    "--colour": "--color", "--no-color": "--color", "--silent": "--quiet",
    "--follow": "--watch", "-w": "--watch", "-f": "--watch", "--every": "--interval",
    "--states": "--state", "-a": "--all",
    "--process": "--owners", "--processes": "--owners", "--pid": "--owners", "--pids": "--owners",
    "--who": "--owners", "--all-namespaces": "--all-netns",
    "--dryrun": "--dry-run", "-n": "--dry-run", "--force": "--yes", "-y": "--yes",
    "--max": "--limit", "--head": "--limit", "--restart": "--after-stop", "--wait": "--timeout",
    "--ipv4": "-4", "--inet": "-4", "--ipv6": "-6", "--inet6": "-6", "--usage": "--help",
  ]

  /// The first option that the command does not have. The parser says nothing of it where an argument is missing as well.
  static func unknown(in arguments: [String], of command: any Command.Type) -> String? {
    let known = CommandOption.all(of: command).flatMap(\.names) + ["--version", "--udp"]
    return arguments.prefix { $0 != "--" }.first { argument in
      argument.hasPrefix("--") && !known.contains(String(argument.prefix { $0 != "=" }))
    }
  }

  /// The end of the message; nil where nothing is likely.
  ///
  /// - Parameter name: the program's and the command's, for an example.
  static func hint(_ unknown: String, of command: any Command.Type, _ name: String) -> String? {
    let typed = String(unknown.prefix { $0 != "=" }).replacing("_", with: "-")
    let known = CommandOption.all(of: command).flatMap(\.names) + ["--version"]
    if let meant = otherNames[typed] ?? otherNames[typed.lowercased()], known.contains(meant) {
      return "; did you mean '\(meant)'?"
    }
    switch typed.lowercased() {
    case "--tcp", "-t": return "; only TCP is looked at, so leave it out"
    case "--numeric", "-n": return "; no name is looked up, so leave it out"
    case "--port", "--ports", "-p":
      if !["explain", "demo"].contains(command.configuration.commandName) {
        return "; a port stands alone: \(name) 8080"
      }
    default: break
    }
    let near = known.filter { $0.hasPrefix("--") }.map {
      (name: $0, distance: Spelling.distance($0, typed.lowercased()))
    }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    // Without the dashes.
    return near.flatMap {
      $0.distance <= max(1, ($0.name.count - 2) / 3) ? "; did you mean '\($0.name)'?" : nil
    }
  }
}
