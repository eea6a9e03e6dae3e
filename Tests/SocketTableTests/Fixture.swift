import Foundation
import NetlinkCodec
import SocketTable

/// Tests/Fixtures: one set of sockets, as sock_diag and as /proc showed it. README.md there says how it was recorded.
enum Fixture {
  static let sequence: UInt32 = 123_456
  static let portID: UInt32 = 4242

  static let datagrams = [bytes("netlink-1.bin"), bytes("netlink-2.bin")]
  static let tcp = bytes("tcp")
  static let tcp6 = bytes("tcp6")

  private static func bytes(_ name: String) -> [UInt8] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    guard let data = try? Data(contentsOf: tests.appending(path: "Fixtures/\(name)")) else {
      fatalError("Tests/Fixtures/\(name) cannot be read")
    }
    return Array(data)
  }

  /// The records of a dump, and how it ended.
  static func records(
    _ datagrams: [[UInt8]]
  ) throws(DecodingError) -> (records: [SocketRecord], progress: DumpAssembler.Progress) {
    var assembler = DumpAssembler(sequence: sequence, portID: portID)
    var records: [SocketRecord] = []
    for datagram in datagrams {
      try assembler.consume(datagram.span.bytes) { message in records.append(SocketRecord(message)) }
    }
    return (records, assembler.progress)
  }

  /// The records of a /proc table behind its heading.
  static func records(
    _ table: [UInt8], _ family: AddressFamily
  ) throws(ProcNetLine.ParsingError) -> [SocketRecord] {
    var records: [SocketRecord] = []
    for line in table.split(separator: UInt8(ascii: "\n")).dropFirst() {
      records.append(try ProcNetLine.record(Array(line).span, family: family))
    }
    return records
  }

  /// A record in the columns of the golden list; nil is "-".
  static func columns(_ record: SocketRecord) -> String {
    func text(_ value: (some CustomStringConvertible)?) -> String { value.map(\.description) ?? "-" }
    let columns = [
      record.state.name, record.local.text, text(record.peer?.text),
      text(record.timer.map { "\($0.kind) \($0.expires)" }), text(record.uid), text(record.inode),
      text(record.interface), text(record.cookie), text(record.v6Only), text(record.cgroupID),
    ]
    return columns.joined(separator: " | ")
  }

  // MARK: Length fields

  struct LengthField {
    let offset: Int
    let byteCount: Int
  }

  /// Of every message in a datagram, and of every attribute behind an inet_diag_msg.
  static func lengthFields(_ datagram: [UInt8]) -> [LengthField] {
    var fields: [LengthField] = []
    var message = 0
    while message + 16 <= datagram.count {
      let length = Int(number(datagram, message, 4))
      fields.append(LengthField(offset: message, byteCount: 4))
      var attribute = message + 16 + InetDiagMessage.byteCount
      while attribute + 4 <= message + length {
        fields.append(LengthField(offset: attribute, byteCount: 2))
        attribute += (Int(number(datagram, attribute, 2)) + 3) & ~3
      }
      message += (length + 3) & ~3
    }
    return fields
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt32 {
    (0..<count).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
  }
}
