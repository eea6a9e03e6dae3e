import RecordSupport
import Reports
import SocketTable
import Testing

/// Times, widths and colours of the table.
@Suite struct PortTableLayoutTests {
  private static let timeWaits: [SocketRecord] = [
    .on(.loopback, peer: 52_090, expires: 41_000), .on(.loopbackIPv6, peer: 40_112, expires: 900),
    .on(.loopback, peer: 52_114, expires: 58_400),
  ]
  private static let listener = SocketRecord.on(.anyIPv4, 9527, .listen, inode: 1)
  private static let established = SocketRecord.on(.loopback, 9527, .established, inode: 2)
  private static let finWait2 = SocketRecord.on(.loopback, 9527, .finWait2, timer: .timeWait, expires: 30_000)
  private static let everything = SocketFilter(ports: PortSet(9527), states: .states(.all))

  // MARK: Times

  @Test(
    arguments: [
      (50, "    0.1 s"), (949, "    0.9 s"), (950, "    1.0 s"), (9949, "    9.9 s"), (9950, "   10.0 s"),
      (60_000, "   60.0 s"), (99_999, "  100.0 s"), (3_600_000, " 3600.0 s"),
    ] as [(UInt32, String)])
  func timesLeft(expires: UInt32, text: String) {
    let lines = PortReport.of([.on(.loopback, expires: expires)]).table().split(separator: "\n")
    #expect(lines[1].hasPrefix(text + "  TIME_WAIT"))
  }

  /// A row and the closing line speak of the same time.
  @Test(arguments: [0, 1, 49, 50, 4_294_967_295] as [UInt32])
  func oneTimeIsSaidOneWay(expires: UInt32) {
    let text = PortReport.of([.on(.loopback, expires: expires)]).table()
    let lines = text.split(separator: "\n")
    let isEnding = lines[1].contains("ending")
    #expect(!text.contains("0.0 s (up"), "\(text)")
    #expect(!lines[1].contains(" 0.0 s"), "\(text)")
    #expect(lines[2].contains("is ending") == isEnding, "\(text)")
  }

  // MARK: Width

  private static let long = IPAddress(ipv6High: 0x2001_0db8_1111_2222, low: 0x3333_4444_5555_6666)

  /// Rows are as wide as their addresses; sentences keep to the width, but for words that cannot be broken.
  @Test(arguments: [20, 40, 80, 100, 200]) func sentencesKeepToTheWidth(width: Int) {
    let reports: [PortReport] = [
      .of(Self.timeWaits), .of([]), .of([Self.listener]),
      .of(Self.timeWaits + [Self.finWait2, Self.listener]),
      .of([.on(Self.long, 65_535, peer: 65_535)], SocketFilter(ports: PortSet(65_535))),
      .of(Self.timeWaits, SocketFilter(ports: PortSet([1...2, 5...6, 9000...9999]))),
      .of(Self.timeWaits, Self.everything, coverage: .proc),
    ]
    for report in reports {
      let text = report.table(width: width)
      let sentences = text.split(separator: "\n", omittingEmptySubsequences: false).drop { $0 != "" }
      for line in report.listed.isEmpty ? text.split(separator: "\n") : Array(sentences) {
        #expect(line.count <= width || !line.contains(" "), "\(line)")
      }
    }
  }

  /// A command is there to be copied: at 80 columns it stands on one line.
  @Test func commandsStandOnOneLine() {
    let records = Self.timeWaits + [Self.listener, Self.established, Self.established]
    let text = PortReport.of(records).table()
    #expect(text.contains("tw-inspect trybind 9527"))
  }

  @Test func noTrailingBlanks() {
    for report in [PortReport.of(Self.timeWaits), .of([.on(.loopback, interface: 2), .on(.loopback)])] {
      for line in report.table().split(separator: "\n") { #expect(line.last != " ", "\(line)") }
    }
  }

  // MARK: Colour

  @Test func colourOnlyWhenAskedFor() throws {
    for report in [PortReport.of(Self.timeWaits), .of([]), .of([Self.listener])] {
      let plain = report.table()
      #expect(!plain.contains("\u{1b}"))
      let colored = report.table(usesColor: true)
      #expect(colored.contains("\u{1b}[38;5;30mTIME_WAIT\u{1b}[0m") == !report.listed.isEmpty)
      // Nothing but colour is different.
      let stripped = colored.replacing(try Regex("\u{1b}\\[[0-9;]+m"), with: "")
      #expect(stripped == plain)
    }
  }
}
