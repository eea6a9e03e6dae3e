import SocketTable
import Testing

@Suite struct NumberingTests {
  @Test func inodesAreNumberedInOrder() {
    let inodes = (0..<5_000).map { UInt32(truncatingIfNeeded: $0 &* 2_654_435_761) }
    var numbering = Numbering(capacity: inodes.count)
    for (number, inode) in inodes.enumerated() {
      #expect(numbering.number(ofInode: inode) == nil)
      let (isNew, isNewAgain) = (numbering.add(inode: inode), numbering.add(inode: inode))
      #expect(isNew && !isNewAgain)
      #expect(numbering.number(ofInode: inode) == number)
    }
    #expect(numbering.count == inodes.count)
    #expect(inodes.indices.allSatisfy { numbering.number(ofInode: inodes[$0]) == $0 })
  }

  /// Endpoints that differ in one part only, as those of one port do.
  @Test func endpointsDifferInAnyPart() {
    let endpoints = [
      Endpoint(address: .anyIPv4, port: 80), Endpoint(address: .anyIPv6, port: 80),
      Endpoint(address: .anyIPv4, port: 81), Endpoint(address: IPAddress(ipv4: 1), port: 80),
      Endpoint(address: IPAddress(ipv6High: 0, low: 1), port: 80),
      Endpoint(address: IPAddress(ipv6High: 1, low: 0), port: 80),
    ]
    var numbering = Numbering(capacity: 2 * endpoints.count)
    let (first, again) = (endpoints.map { numbering.add($0) }, endpoints.map { numbering.add($0) })
    #expect(!first.contains(false) && !again.contains(true))
    #expect(numbering.count == endpoints.count)
  }

  @Test func nothingIsAddedBeyondTheCapacity() {
    var numbering = Numbering(capacity: 2)
    let added = [1, 2, 3].map { numbering.add(inode: $0) }
    #expect(added == [true, true, false])
    #expect(numbering.number(ofInode: 3) == nil)
    #expect(Numbering(capacity: 0).number(ofInode: 1) == nil)
  }
}
