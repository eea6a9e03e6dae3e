import RecordSupport
import SocketTable
import Testing

@Suite struct SocketDetailsTests {
  private func record(cookie: UInt64, inode: UInt32) -> SocketRecord {
    SocketRecord(
      state: .listen, local: Endpoint(address: .loopback, port: 1), peer: nil, inode: inode, cookie: cookie)
  }

  @Test func detailsAreFoundByCookieThenInode() {
    var table = SocketDetailsTable()
    #expect(table.isEmpty)
    table[record(cookie: 5, inode: 1)] = SocketDetails(visibility: .hidden)
    table[record(cookie: 0, inode: 5)] = SocketDetails(visibility: .visible)
    // Accepted between two looks.
    #expect(table[record(cookie: 5, inode: 9)]?.visibility == .hidden)
    #expect(table[record(cookie: 0, inode: 5)]?.visibility == .visible)
    #expect(table[record(cookie: 1, inode: 5)] == nil)
  }

  @Test func aRecordWithNeitherHasNone() {
    var table = SocketDetailsTable()
    table[record(cookie: 0, inode: 0)] = SocketDetails()
    #expect(table.isEmpty)
    table[record(cookie: 7, inode: 0)] = SocketDetails()
    #expect(table[record(cookie: 0, inode: 0)] == nil)
    #expect(table[record(cookie: 7, inode: 0)] != nil)
  }
}
