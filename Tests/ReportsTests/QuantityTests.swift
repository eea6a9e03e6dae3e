import Testing

@testable import Reports

@Suite struct QuantityTests {
  @Test(arguments: [
    (0, "0.0 s"), (49, "0.0 s"), (50, "0.1 s"), (949, "0.9 s"), (950, "1.0 s"), (2048, "2.0 s"),
    (58_400, "58.4 s"),
    (59_999, "60.0 s"), (120_000, "120.0 s"), (4_294_967_295, "4294967.3 s"),
  ])
  func seconds(milliseconds: Int, text: String) {
    #expect(Quantity.seconds(milliseconds: milliseconds).plain == text)
    #expect(Quantity.seconds(milliseconds: milliseconds).lines(width: 1) == [text], "on one line")
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1000"), (9999, "9999"), (10_000, "10,000"), (131_072, "131,072"),
    (1_000_000, "1,000,000"), (12_345_678, "12,345,678"),
  ])
  func grouped(number: Int, text: String) { #expect(Quantity.grouped(number) == text) }

  @Test func counts() {
    for (count, text) in [
      (Quantity.count(1, "socket"), "1 socket"), (Quantity.count(0, "socket"), "0 sockets"),
      (Quantity.count(20_000, "socket"), "20,000 sockets"),
      (Quantity.count(3, of: .timeWait), "3 TIME_WAIT"),
    ] {
      #expect(count.plain == text)
      #expect(count.lines(width: 1) == [text], "on one line")
    }
  }

  @Test(arguments: [
    (0, "0 s"), (59_999, "59 s"), (60_000, "1 min"), (3_599_000, "59 min"), (8_040_000, "2 h 14 min"),
    (86_400_000, "1 d 0 h"), (1_000_000_000_000, "11,574 d 1 h"),
  ])
  func ages(milliseconds: Int64, text: String) {
    #expect(Quantity.age(milliseconds: milliseconds).plain == text)
    #expect(Quantity.age(milliseconds: milliseconds).lines(width: 1) == [text], "on one line")
  }

  @Test func unitsStayWithTheirNumbers() {
    let text = Quantity.unitsKept(in: "for 60 s, at 2.0 s or 12 ms; 3 sockets, version 2.s s")
    #expect(
      text.lines(width: 1) == [
        "for", "60 s,", "at", "2.0 s", "or", "12 ms;", "3", "sockets,", "version", "2.s", "s",
      ])
  }
}
