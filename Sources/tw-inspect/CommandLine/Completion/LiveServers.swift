import LinuxHost
import SocketTable

/// Servers that listen right now: what `--like` can name.
enum LiveServers {
  /// Units first, then processes, each once.
  ///
  /// - Parameter port: as it was typed; nil, or what is no port, is any.
  static func look(port typed: String?) -> [(word: String, note: String)] {
    guard var source = try? SocketSource(.auto) else { return [] }
    let port = typed.flatMap { try? PastedPort($0) }.flatMap { try? PortArgument.single($0.port) } ?? 0
    let ports = port == 0 ? PortSet([1...65535]) : PortSet(port)
    var listeners: [SocketRecord] = []
    _ = try? source.stream(
      SocketFilter(ports: ports, states: .states(StateSet(.listen))), begin: { _ in }
    ) { listeners.append($0) }
    let details = OwnerSearch.details(of: listeners, .first)
    var seen: Set<String> = []
    var (units, processes): ([(word: String, note: String)], [(word: String, note: String)]) = ([], [])
    for record in listeners {
      guard let owner = details[record]?.owners?.first else { continue }
      let note = "\(owner.command), port \(record.localPort)"
      if let unit = owner.service?.systemUnit, unit.hasSuffix(".service"), seen.insert(unit).inserted {
        units.append((unit, note))
      }
      if seen.insert("\(owner.pid)").inserted { processes.append(("\(owner.pid)", note)) }
    }
    return units + processes
  }
}
