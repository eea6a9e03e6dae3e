import Diagnosis
import Testing

@Suite struct QuantityTests {
  @Test(arguments: [
    (0, "0.0 s"), (49, "0.0 s"), (50, "0.1 s"), (949, "0.9 s"), (950, "1.0 s"), (2048, "2.0 s"),
    (58_400, "58.4 s"),
    (59_999, "60.0 s"), (120_000, "120.0 s"), (4_294_967_295, "4294967.3 s"),
  ])
  func seconds(milliseconds: Int, text: String) {
    #expect(Quantity.seconds(milliseconds: milliseconds).replacing("\u{1f}", with: " ") == text)
    #expect(!Quantity.seconds(milliseconds: milliseconds).contains(" "))
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1000"), (9999, "9999"), (10_000, "10,000"), (131_072, "131,072"),
    (1_000_000, "1,000,000"), (12_345_678, "12,345,678"),
  ])
  func grouped(number: Int, text: String) { #expect(Quantity.grouped(number) == text) }

  @Test func counts() {
    #expect(Quantity.count(1, "socket") == "1\u{1f}socket")
    #expect(Quantity.count(0, "socket") == "0\u{1f}sockets")
    #expect(Quantity.count(20_000, "socket") == "20,000\u{1f}sockets")
    #expect(Quantity.count(3, of: .timeWait) == "3\u{1f}TIME_WAIT")
  }
}
