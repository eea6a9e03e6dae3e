import Foundation
import LinuxHost
import SocketTable
import Testing

@Suite struct ProcNetSourceTests {
  /// Tables in a directory of their own; nil is no such file.
  private func dump(
    tcp: String?, tcp6: String? = nil,
    _ filter: SocketFilter = SocketFilter(ports: PortSet([0...65535]), states: .states(.all))
  ) throws -> (ports: [UInt16], error: SourceError?) {
    let directory = FileManager.default.temporaryDirectory.appending(path: "tw-inspect-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for (name, text) in [("tcp", tcp), ("tcp6", tcp6)] {
      try text.map { try Data($0.utf8).write(to: directory.appending(path: name)) }
    }
    var ports: [UInt16] = []
    do throws(SourceError) {
      try ProcNetSource(directory: directory.path).dump(filter) { ports.append($0.local.port) }
      return (ports, nil)
    } catch {
      return (ports, error)
    }
  }

  private static let heading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"

  private func line(_ port: UInt16, family: AddressFamily = .ipv4) -> String {
    let words = family == .ipv4 ? "0100007F" : "00000000000000000000000001000000"
    let zero = String(repeating: "0", count: words.count)
    let hex = String(port, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: 4 - hex.count) + hex
    return
      "   0: \(words):\(padded) \(zero):0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0\n"
  }

  @Test func bothTables() throws {
    let result = try dump(
      tcp: Self.heading + line(1) + line(2), tcp6: Self.heading + line(3, family: .ipv6))
    #expect(result.error == nil)
    #expect(result.ports == [1, 2, 3])
  }

  @Test func withoutIPv6() throws {
    let result = try dump(tcp: Self.heading + line(1))
    #expect(result.error == nil)
    #expect(result.ports == [1])
  }

  @Test func withoutATable() throws {
    guard case .unavailable(let reason) = try dump(tcp: nil, tcp6: Self.heading).error else {
      Issue.record("a host without /proc has no sockets")
      return
    }
    #expect(reason.contains("/tcp"))
  }

  @Test func emptyTables() throws {
    #expect(try dump(tcp: "", tcp6: "").ports.isEmpty)
    #expect(try dump(tcp: Self.heading, tcp6: Self.heading).ports.isEmpty)
  }

  @Test func onlyWhatMatches() throws {
    let filter = SocketFilter(ports: PortSet(2), states: .states(StateSet(.listen)))
    #expect(try dump(tcp: Self.heading + line(1) + line(2), filter).ports == [2])
  }

  /// Lines on every side of the reader's buffer of 64 KiB.
  @Test(arguments: [400, 435, 436, 437, 5000]) func longTables(count: Int) throws {
    let lines = (0..<count).map { line(UInt16($0)) }.joined()
    let result = try dump(tcp: Self.heading + lines)
    #expect(result.error == nil)
    #expect(result.ports == (0..<count).map { UInt16($0) })
  }

  @Test func aLineLongerThanTheBuffer() throws {
    let long = line(1).dropLast() + String(repeating: " ", count: 200_000) + "\n"
    let result = try dump(tcp: Self.heading + long + line(2))
    #expect(result.error == nil)
    #expect(result.ports == [1, 2])
  }

  @Test func damagedLines() throws {
    let result = try dump(tcp: Self.heading + line(1) + "   1: 0100007F:00\n" + line(3))
    #expect(result.ports == [1])
    guard case .malformedLine(let path, let number, let offset) = result.error else {
      Issue.record("\(String(describing: result.error))")
      return
    }
    #expect(path.hasSuffix("/tcp"))
    #expect(number == 3)
    #expect(offset == 17)
  }

  /// The kernel ends every line; a table that does not has lost something.
  @Test func anUnfinishedLastLine() throws {
    let result = try dump(tcp: Self.heading + line(1) + line(2).dropLast(60))
    #expect(result.error != nil)
    let whole = try dump(tcp: Self.heading + line(1) + line(2).dropLast(1))
    #expect(whole.ports == [1, 2])
  }
}
