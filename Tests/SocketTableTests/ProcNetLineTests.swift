import SocketTable
import Testing

@Suite struct ProcNetLineTests {
  private func record(_ line: String, _ family: AddressFamily = .ipv4) throws(ProcNetLine.ParsingError)
    -> SocketRecord
  {
    try ProcNetLine.record(Array(line.utf8).span, family: family)
  }

  private func offset(_ line: String, _ family: AddressFamily = .ipv4) -> Int? {
    do throws(ProcNetLine.ParsingError) {
      _ = try record(line, family)
      return nil
    } catch { return error.offset }
  }

  /// Lines of a kernel, all but the addresses of kernel objects.
  private static let listener =
    "   1: 0100007F:2537 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 13825933 3 0 100 0 0 10 0  "

  @Test func listen() throws {
    let record = try record(Self.listener)
    #expect(record.state == .listen)
    #expect(record.local.text == "127.0.0.1:9527")
    #expect(record.peer == nil)
    #expect(record.timer == nil)
    #expect(record.uid == 1000)
    #expect(record.inode == 13_825_933)
    #expect(record.v6Only == false)
    #expect(record.interface == 0 && record.cookie == 0 && record.cgroupID == nil)
  }

  @Test func timeWait() throws {
    let record = try record(
      "  10: 0100007F:2537 0200007F:C35B 06 00000000:00000000 03:0000173E 00000000     0        0 0 3 0000000085"
    )
    #expect(record.state == .timeWait)
    #expect(record.local.text == "127.0.0.1:9527")
    #expect(record.peer?.text == "127.0.0.2:50011")
    #expect(record.timer == .init(kind: .timeWait, expires: 59_500))
    #expect(record.uid == nil)
    #expect(record.isMinisocket)
  }

  @Test func finWait2Minisocket() throws {
    let record = try record(
      "  12: 0100007F:2537 0100007F:C355 05 00000000:00000000 03:00000001 00000000     0        0 0 3 0")
    #expect(record.state == .finWait2)
    #expect(record.isMinisocket && !record.isOrphan)
    #expect(record.timer?.expires == 10)
  }

  @Test func orphan() throws {
    let record = try record(
      "   7: 0100007F:2537 0100007F:C356 04 0039B601:00000000 04:00000026 00000000    33        0 0 2 0 20 0 0 10 -1"
    )
    #expect(record.state == .finWait1)
    #expect(record.timer == .init(kind: .probe, expires: 380))
    #expect(record.uid == 33)
    #expect(record.isOrphan)
  }

  @Test func ipv6() throws {
    let listener = try record(
      "   2: 00000000000000000000000001000000:253A 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 13825936 1 0 100 0 0 10 0",
      .ipv6)
    #expect(listener.local.text == "[::1]:9530")
    #expect(listener.v6Only == nil)
    let other = try record(
      "   2: B80D01200000000067452301EFCDAB89:0001 0000000000000000FFFF00000100007F:C35C 01 00000000:00000000 02:00000000 00000000     0        0 1 1 0",
      .ipv6)
    #expect(other.local.text == "[2001:db8::123:4567:89ab:cdef]:1")
    #expect(other.peer?.text == "[::ffff:127.0.0.1]:50012")
    #expect(other.timer == .init(kind: .keepalive, expires: 0))
  }

  /// Lines of /proc/net/udp: an unconnected socket is in state 7, a connected one in 1.
  @Test func udp() throws {
    let unconnected = try ProcNetLine.record(
      Array(
        "  921: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 19021 2 00000000f6f8d5e5 0"
          .utf8
      ).span, family: .ipv4, transport: .udp)
    #expect(unconnected.transport == .udp)
    #expect(unconnected.state == .bound)
    #expect(unconnected.local.text == "127.0.0.1:53")
    #expect(unconnected.peer == nil && unconnected.timer == nil)
    #expect(unconnected.uid == 101 && unconnected.inode == 19_021)
    let connected = try ProcNetLine.record(
      Array(
        "  922: 0100007F:C001 0100007F:0035 01 00000000:00000000 00:00000000 00000000     0        0 19022 2 0 0"
          .utf8
      ).span, family: .ipv4, transport: .udp)
    #expect(connected.state == .established)
    #expect(connected.peer?.text == "127.0.0.1:53")
  }

  @Test func uidAbove2To31() throws {
    #expect(try record(Self.listener.replacing("1000 ", with: "4294967294 ")).uid == 4_294_967_294)
  }

  /// `tr->tm_when` is a long: more than eight digits are possible, and more milliseconds than a number here holds.
  @Test(arguments: [
    ("100000000", UInt32.max), ("FFFFFFFFFFFFFFFF", .max), ("0FFFFFFF", 2_684_354_550),
    ("19999999", 4_294_967_290),
  ])
  func longJiffies(ticks: String, expires: UInt32) throws {
    let line = "0: 0100007F:2537 0100007F:C356 06 00000000:00000000 03:\(ticks) 00000000 0 0 0 2"
    #expect(try record(line).timer?.expires == expires)
  }

  @Test func everyCutIsAnErrorOrARecord() {
    let line = Self.listener
    let whole = try? record(line)
    for count in 0..<line.utf8.count {
      let cut = String(decoding: line.utf8.prefix(count), as: UTF8.self)
      guard let record = try? record(cut) else {
        #expect(offset(cut) ?? -1 <= count)
        continue
      }
      // From the first digit of the inode on there is a record; nothing tells that digits are missing.
      #expect(count > (line.utf8.count - "13825933 3 0 100 0 0 10 0  ".utf8.count), "\(cut)")
      #expect(record.local == whole?.local)
    }
  }

  @Test func errorsSayWhere() {
    #expect(offset("") == 0)
    #expect(offset("    ") == 4)
    #expect(offset("sl  local_address rem_address   st tx_queue") == 0)
    #expect(offset("  1 0100007F:2537") == 3)
    #expect(offset("  1: 0100007G:2537 00000000:0000 0A") == 12)
    #expect(offset("  1: 0100007F 2537") == 13)
    #expect(offset("  1: 0100007F:253") == 17)
    // An IPv6 address where IPv4 is expected, and the reverse.
    #expect(offset("  1: 00000000000000000000000001000000:253A 0") == 13)
    #expect(offset("  1: 0100007F:2537 00000000:0000 0A", .ipv6) == 13)
    #expect(offset("  1: 0100007F:2537 00000000:0000 A 00000000:0") == 34)
    #expect(offset(Self.listener.replacing("0100007F", with: "-100007F")) == 6)
    #expect(offset(Self.listener.replacing(" 1000 ", with: " -1 ")) == 77)
    #expect(offset("18446744073709551616: 0100007F:2537") == 19)
  }

  /// A number that does not fit is damage, and must not become another number: a uid of 2^32 would be root's.
  @Test func numbersThatDoNotFit() {
    let line = "0: 0100007F:2537 0100007F:C356 01 00000000:00000000 00:00000000 00000000 1000 0 77 2"
    #expect(offset(line) == nil)
    #expect(offset(line.replacing(":2537", with: ":12537")) != nil, "port 0x12537")
    #expect(offset(line.replacing(":C356 01", with: ":C356 0106")) != nil, "state 0x0106")
    #expect(offset(line.replacing(" 00:", with: " 103:")) != nil, "timer 0x103")
    #expect(offset(line.replacing(" 1000 ", with: " 4294967296 ")) != nil, "uid 2^32")
    #expect(offset(line.replacing(" 77 ", with: " 4294967296 ")) != nil, "inode 2^32")
  }

  @Test func bytesThatAreNoText() {
    for byte in UInt8.min...UInt8.max {
      for position in 0..<90 {
        var bytes = Array(Self.listener.utf8)
        bytes[position] = byte
        _ = try? ProcNetLine.record(bytes.span, family: .ipv4)
        _ = try? ProcNetLine.record(bytes.span, family: .ipv6)
      }
    }
  }
}
