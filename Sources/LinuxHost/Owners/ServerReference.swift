package import Diagnosis
package import SocketTable

/// How the user named a running server (`--like`).
package enum ServerReference: Equatable, Sendable {
  case process(Int32)
  /// The whole name of a unit, such as "nginx.service".
  case unit(String)

  /// A number is a process. Any other name without a unit's suffix is a service's, as systemctl(1) takes it. Nil for a number
  /// that no process has, and for what is no unit's name.
  package init?(_ typed: String) {
    if !typed.isEmpty, typed.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) {
      guard let pid = Int32(typed), pid > 0 else { return nil }
      self = .process(pid)
      return
    }
    guard let first = typed.first, first != ".", first != "-" else { return nil }
    let path = CgroupPath("/" + typed)
    if !typed.contains("/"), path.unit == typed {
      self = .unit(typed)
    } else if !typed.contains("/"),
      CgroupPath("/\(typed).service").unit == "\(typed).service"
    {
      self = .unit("\(typed).service")
    } else {
      return nil
    }
  }

  /// As it is typed.
  package var text: String {
    switch self {
    case .process(let pid): "\(pid)"
    case .unit(let name): name
    }
  }
}

/// Why a server's sockets could not be taken for a description.
package enum ServerError: Error, Sendable {
  case noSuchProcess
  /// The process, or the last one of the unit, has ended or closed its sockets while they were read.
  case hasEnded
  /// No process is in the unit. `isKnown`: there is a unit file of that name, so it is stopped. `listening`: who listens on
  /// the port, if that may be seen.
  case notRunning(isKnown: Bool, listening: SocketOwner?)
  /// It does not listen on the port, but on these.
  case notOnPort([UInt16])
  /// Process `pid` of it is in another network namespace, where it may listen on the port.
  case inOtherNamespace(pid: Int32)
  /// Its sockets on the port were set to different things, which one description cannot say.
  case differ([ServerSocket])
  case notPermitted(TraceObstacle, pid: Int32)
  /// A call failed that says nothing about the server.
  case couldNotSearch(String)
  /// This kernel has no pidfd_getfd(2), which came with Linux 5.6.
  case notSupported
  /// Not every listener on the port was seen.
  case incomplete(Coverage.Shortfall?)
}
