import Diagnosis
import RecordSupport
import SocketTable
import Testing

@testable import Reports

/// What `--watch` marks and draws, and the line that `wait` writes over.
@Suite struct WatchTests {
  private let canvas = Canvas(rows: nil, columns: 79, usesColor: false, hasUTF8: true)

  private func lines(
    _ records: [SocketRecord], _ changes: SocketChanges = SocketChanges(markedFor: 3000), room: Int? = nil,
    on canvas: Canvas? = nil
  ) -> [String] {
    WatchRows(changes, canvas ?? self.canvas).lines(records, room: room) { "dev\($0)" }
  }

  /// The first look marks nothing; later ones mark for three seconds.
  @Test func marks() {
    var changes = SocketChanges(markedFor: 3000)
    let old = SocketRecord.on(.loopback, peer: 1, expires: 9000, cookie: 1)
    let older = SocketRecord.on(.loopback, peer: 1, expires: 8000, cookie: 1)
    let new = SocketRecord.on(.loopback, peer: 2, expires: 60_000, cookie: 2)
    changes.update([old], at: 0)
    #expect(changes.mark(of: old) == nil)
    changes.update([older, new], at: 1000)
    #expect(changes.mark(of: older) == nil, "time alone is no change")
    #expect(changes.mark(of: new) == .appeared)
    changes.update([new], at: 2000)
    #expect(changes.gone == [older])
    changes.update([new], at: 4500)
    #expect(changes.mark(of: new) == nil)
    #expect(changes.gone == [older])
    changes.update([new, older], at: 4600)
    #expect(changes.gone.isEmpty, "it is back")
    changes.update([], at: 4700)
    changes.update([], at: 7700)
    #expect(changes.gone.isEmpty)
  }

  /// A FIN_WAIT2 that becomes a TIME_WAIT is another thing to look at.
  @Test func stateChanges() {
    var changes = SocketChanges(markedFor: 3000)
    changes.update([.on(.loopback, 9527, .finWait2, timer: .timeWait, cookie: 1)], at: 0)
    let now = SocketRecord.on(.loopback, 9527, .timeWait, cookie: 1)
    changes.update([now], at: 10)
    #expect(changes.mark(of: now) == .appeared)
    #expect(changes.gone.map(\.state) == [.finWait2])
  }

  /// The kernel tells the times of two that end in the same tick in another order when a tick passes between them.
  @Test func rowsKeepTheirPlaces() {
    var changes = SocketChanges(markedFor: 3000)
    let (first, second): (UInt16, UInt16) = (50_001, 50_002)
    func look(_ times: [(UInt16, UInt32)], at now: Int64) -> [UInt16] {
      let records = times.map { SocketRecord.on(.loopback, peer: $0.0, expires: $0.1, cookie: UInt64($0.0)) }
      changes.update(records, at: now)
      return changes.inSteadyOrder(records).compactMap { $0.peer?.port }
    }
    #expect(look([(second, 30_000), (first, 30_000)], at: 0) == [first, second])
    #expect(look([(second, 29_004), (first, 29_000)], at: 1000) == [first, second])
    #expect(look([(first, 28_000), (second, 28_004)], at: 2000) == [first, second])
    // A timer that is started anew is another one.
    #expect(look([(first, 27_000), (second, 60_000)], at: 3000) == [second, first])
  }

  @Test func rows() {
    let shown = lines([.on(.loopback, expires: 30_000), .on(.loopback, 9527, .listen, inode: 5)])
    #expect(
      shown == [
        "  TIME LEFT                        STATE      LOCAL           PEER",
        "     30.0 s  ██████████            TIME_WAIT  127.0.0.1:9527  127.0.0.1:50000",
        "          -                        LISTEN     127.0.0.1:9527  -",
      ])
  }

  /// A FIN_WAIT2 lasts as long as net.ipv4.tcp_fin_timeout says. More digits than the column has ended the program.
  @Test func timesWiderThanTheirColumn() {
    let shown = lines([
      .on(.loopback, 9527, .finWait2, timer: .timeWait, expires: 299_938_400), .on(.loopback, expires: .max),
    ])
    #expect(shown.dropFirst().map { $0.prefix { $0 != "█" } } == ["  299938.4 s  ", "  4294967.3 s  "])
  }

  /// No line is wider than the canvas, whatever its width; colour counts for nothing.
  @Test func width() {
    let record = SocketRecord.on(
      IPAddress(ipv6High: 0x2001_0db8_aaaa_bbbb, low: 0xcccc_dddd_eeee_ffff), expires: 59_000, interface: 3)
    for columns in 1...130 {
      var canvas = self.canvas
      canvas.columns = columns
      let plain = lines([record], on: canvas)
      for line in plain { #expect(line.unicodeScalars.count <= columns) }
      canvas.usesColor = true
      let colored = lines([record], on: canvas).map { $0.replacing(/\u{1b}\[[\d;]+m/, with: "") }
      #expect(colored.map { String($0.reversed().drop { $0 == " " }.reversed()) } == plain)
    }
  }

  /// As many rows as there is room for; what is gone keeps a part of it.
  @Test func room() {
    var changes = SocketChanges(markedFor: 3000)
    let records = (1...50).map { SocketRecord.on(.loopback, peer: UInt16($0), cookie: UInt64($0)) }
    changes.update(records, at: 0)
    changes.update(records.dropLast(10), at: 10)
    for room in 1...60 {
      let shown = lines(Array(records.dropLast(10)), changes, room: room)
      // And the heading.
      #expect(shown.count <= room + 1)
      let rows = shown.count { $0.contains("TIME_WAIT") && !$0.contains("gone") }
      let rest = 40 - rows
      if rest > 0 { #expect(shown.last == "  and \(rest) more") }
    }
  }

  @Test func bars() {
    #expect(Bar(true).drawn(0, of: 60, width: 4) == "░░░░")
    #expect(Bar(true).drawn(60, of: 60, width: 4) == "████")
    #expect(Bar(true).drawn(90, of: 60, width: 4) == "████")
    #expect(Bar(true).drawn(-5, of: 60, width: 4) == "░░░░")
    #expect(Bar(true).drawn(15, of: 40, width: 4) == "█▌░░")
    #expect(Bar(false).drawn(15, of: 40, width: 4) == "#...")
    #expect(Bar(true).drawn(1, of: 0, width: 2) == "░░")
    #expect(Bar(true).drawn(.max, of: .max, width: 2).count == 2)
  }

  /// On 60 columns the time until it is free was cut off.
  @Test func theVerdictIsWrapped() throws {
    var diagnosing = Diagnosing([], .server([.reuseAddress, .reusePort], on: [.anyIPv4]))
    diagnosing.holders = [Holder(.on(.loopback, expires: 42_200))]
    let watch = BindWatch(
      try diagnosing.result(), changes: SocketChanges(markedFor: 3000), title: "port 9527", triedAgo: 0)
    for columns in [20, 40, 60, 79, 100] {
      var canvas = self.canvas
      canvas.columns = columns
      let lines = watch.lines(on: canvas) { "dev\($0)" }
      #expect(lines.joined(separator: " ").contains("cannot bind it; free in 42.2 s. "), "\(lines)")
      #expect(lines.allSatisfy { $0.count <= columns })
    }
  }

  // MARK: wait

  private func moment(_ states: [TCPState], left: Int64?, waited: Int64 = 12_300) -> WaitText.Moment {
    WaitText.Moment(
      holders: StateCounts(states.map { .on(.loopback, 9527, $0, inode: 3) }), refusal: "EADDRINUSE",
      left: left, longest: 60_000, waited: waited)
  }

  private func text(_ timeout: Int64? = 180_000) -> WaitText {
    WaitText(port: 9527, timeout: timeout, timerSlack: 2048, hasUTF8: true)
  }

  @Test func progress() {
    #expect(
      text().progress(moment([.timeWait, .timeWait, .timeWait], left: 21_700), width: 79)
        == "port 9527  ███████████████████▏░░░░░░░░░░   21.7 s  3 TIME_WAIT left")
    #expect(
      text().progress(moment([.listen, .established], left: nil), width: 79)
        == "port 9527  1 LISTEN, 1 ESTABLISHED  waited 12.3 s of 180.0 s")
    #expect(
      text(nil).progress(moment([], left: nil), width: 79)
        == "port 9527  EADDRINUSE, the holder is not visible  waited 12.3 s")
    for width in 0...100 {
      #expect(text().progress(moment([.timeWait], left: 0), width: width).count <= width)
    }
  }

  @Test func lines() {
    #expect(
      text().start(moment([.timeWait], left: 43_210))
        == "waiting for port 9527: 1 TIME_WAIT, 43.2 s left (up to 2.0 s more); timeout 180.0 s")
    #expect(text(nil).start(moment([.listen], left: nil)) == "waiting for port 9527: 1 LISTEN")
    #expect(text().free(waited: 43_900) == "port 9527 could be bound after 43.9 s")
  }
}
