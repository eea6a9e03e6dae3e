import Diagnosis
import LinuxHost
import NetlinkCodec
import SocketTable

/// Answers `demo serve`: the textbook's server, for one client.
struct DemoServeRun {
  let port: UInt16
  let reuse: Bool

  private enum End {
    case clientClosed
    case signal(Int32)
  }

  func run() throws -> Int32 {
    do throws(SystemError) {
      switch try serve() {
      case .clientClosed: return ExitStatus.yes
      // The sockets are closed by now, because `serve` has returned: the server's side was shut down first.
      case .signal(let number): Exit.bySignal(number)
      }
    } catch {
      switch error.call {
      case "bind", "listen":
        let option = reuse ? " --reuse" : ""
        try StandardOutput.write(
          """
          \(error.call) failed: \(error.errno.message) (\(error.errno.rawValue))
          What is in the way:  tw-inspect trybind \(port)\(option)

          """)
        return ExitStatus.no
      case "write": throw Failure.output(error)
      default: throw error
      }
    }
  }

  private func serve() throws(SystemError) -> End {
    let signals = try SignalWaiter(for: .ending)
    let listener = try StreamSocket(reuse ? .reuseAddress : [])
    try listener.bind(Endpoint(address: .anyIPv4, port: port))
    try listener.listen()
    let port = try listener.localPort()
    try say("listening on 0.0.0.0:\(port); connect with:  telnet 127.0.0.1 \(port)")
    guard let client = try listener.accept(unless: signals) else { return Self.end(by: signals) }
    try say("a client has connected")
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count: Int
      do throws(SystemError) {
        guard let received = try client.receive(into: &buffer, unless: signals) else {
          try client.shutdownWriting()
          try say("closed first; what is left of it:  tw-inspect port \(port)")
          client.discardIncoming(milliseconds: 500)
          return Self.end(by: signals)
        }
        count = received
      } catch {
        guard error.errno == .connectionReset else { throw error }
        try say("client reset the connection")
        return .clientClosed
      }
      guard count > 0 else { break }
      try say("received \(count) \(count == 1 ? "byte" : "bytes"): \(Self.shown(buffer[..<count]))")
    }
    try say("client closed")
    return .clientClosed
  }

  private static func end(by signals: borrowing SignalWaiter) -> End {
    if case .end(let number)? = signals.take() { .signal(number) } else { .clientClosed }
  }

  /// The received bytes, escaped and without the line break at the end.
  private static func shown(_ bytes: ArraySlice<UInt8>) -> String {
    var bytes = bytes
    while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
      bytes.removeLast()
    }
    return ByteSafety.escaped(String(decoding: bytes, as: UTF8.self))
  }

  /// Writes a line without buffering, as somebody may be watching.
  private func say(_ line: String) throws(SystemError) {
    try StandardOutput.write(Array((line + "\n").utf8).span)
  }
}
