import Diagnosis
import RecordSupport
import SocketTable
import Testing

@testable import Reports

/// What is said of UDP sockets on the number of a TCP port.
@Suite struct OtherProtocolsReportTests {
  private static let details: [(SocketDetails, String)] = [
    (.seen(OwnerCases.nginx), "nginx (pid 812, nginx.service) has"),
    (
      SocketDetails(owners: [], isOwnersComplete: false, visibility: .hidden),
      "a process of www-data, hidden from you, has"
    ),
    (SocketDetails(owners: [], isOwnersComplete: true, visibility: .none), "the kernel itself has"),
    (
      SocketDetails(owners: [], isOwnersComplete: false, visibility: .unknown),
      "a process that was not found has"
    ),
    (.seen(SocketOwner(pid: 9, command: "a\u{1b}[31m\nb", descriptor: 3)), "a\\u{1b}[31m\\u{a}b (pid 9) has"),
  ]

  private static func udp(_ number: UInt32, _ address: IPAddress = .anyIPv4) -> SocketRecord {
    .on(address, 53, .close, uid: 33, inode: number, cookie: UInt64(number), transport: .udp)
  }

  @Test(arguments: Self.details.indices) func whoHasIt(index: Int) {
    let (known, words) = Self.details[index]
    var table = SocketDetailsTable()
    table[Self.udp(1)] = known
    table.userNames = [33: "www-data"]
    let sentence = OtherProtocolsReport.sentence(OtherProtocols([Self.udp(1)], table))?.plain
    #expect(sentence == "UDP: \(words) 0.0.0.0:53; TCP and UDP do not stand in each other's way.")
  }

  @Test func fewOfMany() {
    var table = SocketDetailsTable()
    let records = (1...200).map { Self.udp($0, $0 <= 3 ? IPAddress(ipv4: 0x7f00_0000 + $0) : .anyIPv6) }
    for record in records.prefix(3) { table[record] = .seen(OwnerCases.nginx) }
    table[records[3]] = SocketDetails(owners: [], isOwnersComplete: true, visibility: .none)
    for record in records[4..<64] { table[record] = .seen(OwnerCases.systemd) }
    let sentence = OtherProtocolsReport.sentence(OtherProtocols(records, table))?.plain ?? ""
    #expect(
      sentence
        == "UDP: nginx (pid 812, nginx.service) has 127.0.0.1:53, 127.0.0.2:53 and more; "
        + "the kernel itself has [::]:53; 196 more sockets have it; TCP and UDP do not stand in each other's way."
    )
  }

  @Test func nothingIsSaidOfNone() {
    #expect(OtherProtocolsReport.sentence(nil) == nil)
    #expect(OtherProtocolsReport.sentence(OtherProtocols([])) == nil)
  }

  /// Null is not looked, and an empty list none.
  @Test(arguments: [nil, OtherProtocols([]), OwnerCases.udp]) func json(others: OtherProtocols?) throws {
    var writer = JSONWriter(.compact)
    writer.object { OtherProtocolsReport.write(&$0, others) }
    let json = try JSONObject(writer.finish().text)
    guard let others else {
      #expect(json.isNull("other_protocols"))
      return
    }
    let list = try json.objects("other_protocols")
    #expect(list.count == others.records.count)
    guard let first = list.first else { return }
    #expect(first.keys == ["protocol", "address", "port", "uid", "owners"])
    #expect(first.string("protocol") == "udp" && first.string("address") == "0.0.0.0")
    #expect(try first.objects("owners").map { $0.string("command") } == ["nginx"])
  }
}
