import NetlinkCodec
import SocketTable
import Testing

/// The recorded answer gives exactly these records, and /proc, read in the same moment, the same ones.
@Suite struct RecordedDumpTests {
  /// State, local, peer, timer, uid, inode, interface, cookie, v6only, cgroup; in the kernel's order. Written down
  /// from the bytes by another program.
  private static let golden = """
    listen | 127.0.0.1:9531 | - | - | 4000000000 | 13825937 | 1 | 1488941 | false | 1
    listen | 0.0.0.0:9527 | - | - | 0 | 13825933 | 0 | 1488942 | false | 1
    listen | [::]:9528 | - | - | 0 | 13825934 | 0 | 1488943 | true | 1
    listen | [::]:9529 | - | - | 0 | 13825935 | 0 | 1488944 | false | 1
    listen | [::1]:9530 | - | - | 0 | 13825936 | 0 | 1488945 | true | 1
    bound | 127.0.0.1:9532 | - | - | 0 | 13825938 | 0 | 1488946 | false | 1
    bound | [::]:9533 | - | - | 0 | 13825939 | 0 | 1488947 | false | 1
    established | [::ffff:127.0.0.1]:9529 | [::ffff:127.0.0.1]:50002 | - | 0 | 13825943 | 0 | 1488948 | false | 1
    time-wait | [::ffff:127.0.0.1]:9529 | [::ffff:127.0.0.1]:50012 | timeWait 59500 | - | 0 | 0 | 1488949 | false | -
    established | 127.0.0.1:50001 | 127.0.0.1:9527 | - | 0 | 13825940 | 0 | 1488950 | false | 1
    established | 127.0.0.1:50004 | 127.0.0.1:9527 | - | 0 | 13825962 | 0 | 1488951 | false | 1
    close-wait | 127.0.0.1:50005 | 127.0.0.1:9527 | - | 0 | 13825946 | 0 | 1488952 | false | 1
    established | 127.0.0.1:50006 | 127.0.0.1:9527 | - | 0 | 13825948 | 0 | 1488953 | false | 1
    established | 127.0.0.1:9527 | 127.0.0.1:50001 | - | 0 | 13825941 | 0 | 1488954 | false | 1
    time-wait | [::1]:9530 | [::1]:50014 | timeWait 59500 | - | 0 | 0 | 1488955 | - | -
    fin-wait-1 | 127.0.0.1:9527 | 127.0.0.1:50006 | probe 380 | 0 | 0 | 0 | 1488956 | false | 1
    time-wait | 127.0.0.1:9531 | 127.0.0.1:50015 | timeWait 59500 | - | 0 | 1 | 1488957 | false | -
    established | 127.0.0.1:50002 | 127.0.0.1:9529 | - | 0 | 13825942 | 0 | 1488958 | false | 1
    time-wait | 127.0.0.1:9527 | 127.0.0.1:50011 | timeWait 59500 | - | 0 | 0 | 1488959 | false | -
    established | 127.0.0.1:9527 | 127.0.0.1:50004 | - | 0 | 0 | 0 | 1488960 | false | 1
    time-wait | [::1]:9529 | [::1]:50013 | timeWait 59500 | - | 0 | 0 | 1488961 | - | -
    established | [::1]:9528 | [::1]:50003 | - | 0 | 13825945 | 0 | 1488962 | - | 1
    fin-wait-2 | 127.0.0.1:9527 | 127.0.0.1:50005 | timeWait 59500 | - | 0 | 0 | 1488963 | false | -
    established | [::1]:50003 | [::1]:9528 | - | 0 | 13825944 | 0 | 1488964 | - | 1
    syn-sent | 192.0.2.2:50007 | 198.51.100.7:80 | retransmit 496 | 0 | 13825950 | 0 | 1488965 | false | 1
    syn-recv | 192.0.2.2:9527 | 203.0.113.9:50008 | retransmit 496 | - | 0 | 0 | 1488966 | false | -
    """

  @Test func sockDiag() throws {
    let (records, progress) = try Fixture.records(Fixture.datagrams)
    #expect(progress == .finished)
    #expect(records.map(Fixture.columns) == Self.golden.split(separator: "\n").map(String.init))
  }

  /// Whatever the boundaries between datagrams are.
  @Test func oneDatagramAMessage() throws {
    let whole = Fixture.datagrams[0]
    let starts = Fixture.lengthFields(whole).filter { $0.byteCount == 4 }.map(\.offset) + [whole.count]
    let parts = zip(starts, starts.dropFirst()).map { Array(whole[$0..<$1]) }
    #expect(parts.count == 26)
    let (records, _) = try Fixture.records(parts + [Fixture.datagrams[1]])
    #expect(records.map(Fixture.columns) == Self.golden.split(separator: "\n").map(String.init))
  }

  /// The same sockets but for those that are only bound, and the same of each but for what /proc does not tell.
  @Test func procAgrees() throws {
    let dumped = try Fixture.records(Fixture.datagrams).records
    let listed = try Fixture.records(Fixture.tcp, .ipv4) + Fixture.records(Fixture.tcp6, .ipv6)
    #expect(dumped.count == 26)
    #expect(listed.count == 24)
    let bound = dumped.filter { $0.state == .bound }
    #expect(bound.map(\.local.text) == ["127.0.0.1:9532", "[::]:9533"])

    for record in dumped where record.state != .bound {
      let same = listed.filter { $0.local == record.local && $0.peer == record.peer }
      try #require(same.count == 1, "\(Fixture.columns(record))")
      let other = same[0]
      #expect(other.state == record.state)
      #expect(other.timer?.kind == record.timer?.kind)
      #expect(other.uid == record.uid, "\(Fixture.columns(record))")
      #expect(other.inode == record.inode)
      #expect(other.isMinisocket == record.isMinisocket && other.isOrphan == record.isOrphan)
      // The blind spots of /proc.
      #expect(other.interface == 0 && other.cookie == 0 && other.cgroupID == nil)
      #expect(other.v6Only == (record.local.address.ipv4 == nil ? nil : false))
      if let left = record.timer?.expires, let otherLeft = other.timer?.expires {
        #expect(abs(Int(left) - Int(otherLeft)) <= 20, "\(Fixture.columns(record))")
      }
    }
  }

  @Test func counts() throws {
    let counts = StateCounts(try Fixture.records(Fixture.datagrams).records)
    #expect(
      counts.states.map { "\($0.state.name) \($0.count)" } == [
        "listen 5", "bound 2", "syn-sent 1", "syn-recv 1", "established 9", "fin-wait-1 1", "fin-wait-2 1",
        "close-wait 1", "time-wait 5",
      ])
    #expect(counts.minisockets == 6)
    #expect(counts.finWait2Minisockets == 1)
    #expect(counts.longestMinisocket == 59_500)
  }

  @Test(arguments: [
    (SocketFilter(ports: PortSet(9529)), 2), (SocketFilter(ports: PortSet(9527)), 2),
    (SocketFilter(ports: PortSet(9527), states: .states(StateSet(.timeWait))), 1),
    (SocketFilter(ports: PortSet(9527), side: .peer, states: .states(.all)), 4),
    (SocketFilter(ports: PortSet(9529), states: .states(.all)), 4),
    // The dual-stack listener counts for both, v4-mapped connections for IPv4 alone.
    (SocketFilter(ports: PortSet(9529), states: .states(.all), family: .ipv4), 3),
    (SocketFilter(ports: PortSet(9529), states: .states(.all), family: .ipv6), 2),
    (SocketFilter(ports: PortSet(9528), states: .states(.all), family: .ipv4), 0),
    (SocketFilter(ports: PortSet([9500...9600]), side: .any, states: .states(StateSet(.established))), 9),
  ])
  func filters(filter: SocketFilter, count: Int) throws {
    let records = try Fixture.records(Fixture.datagrams).records
    #expect(records.filter(filter.matches).count == count)
  }
}
