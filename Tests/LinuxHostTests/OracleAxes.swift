import Diagnosis
import Glibc
import SocketTable
import TestSupport

/// Where a socket is bound, and where a client of it connects to.
struct OraclePlace: Hashable, Sendable {
  let address: String
  let v6Only: Bool
  let contact: String

  private init(_ address: String, v6Only: Bool = false, contact: String? = nil) {
    self.address = address
    self.v6Only = v6Only
    self.contact = contact ?? address
  }

  static let otherIPv6 = "fd00::1"

  static let all = [
    OraclePlace("0.0.0.0", contact: "127.0.0.1"),
    OraclePlace("127.0.0.1"),
    OraclePlace("127.0.0.2"),
    OraclePlace("::", contact: "::1"),
    OraclePlace("::", contact: "127.0.0.1"),
    OraclePlace("::", v6Only: true, contact: "::1"),
    OraclePlace("::1"),
    OraclePlace("::ffff:127.0.0.1", contact: "127.0.0.1"),
    OraclePlace("::ffff:127.0.0.2", contact: "127.0.0.2"),
    OraclePlace("::ffff:0.0.0.0", contact: "127.0.0.1"),
    OraclePlace(otherIPv6),
  ]

  static let ipv4 = all.filter { $0.family == .ipv4 }

  var family: TestSupport.AddressFamily { address.contains(":") ? .ipv6 : .ipv4 }
  var contactFamily: TestSupport.AddressFamily { contact.contains(":") ? .ipv6 : .ipv4 }

  /// A server elsewhere that a client bound to this place can connect to.
  var destination: String {
    if contactFamily == .ipv6 { return "::1" }
    return family == .ipv6 ? "::ffff:127.0.0.1" : "127.0.0.1"
  }

  var name: String { v6Only ? "\(address) V6ONLY" : address }
}

enum OracleDevice: String, CaseIterable, Sendable {
  case none = ""
  case loopback = "lo"
  case other = "eth0"

  var name: String? { self == .none ? nil : rawValue }
}

/// One point on the axes that the existing socket and the new one have in common.
struct OracleSocket: Hashable, Sendable, CustomStringConvertible {
  var place: OraclePlace
  var options: Diagnosis.SocketOptions
  var owner: uid_t
  var device: OracleDevice

  var description: String {
    ([place.name] + options.names + ["uid \(owner)"] + (device.name.map { ["on \($0)"] } ?? []))
      .joined(separator: " ")
  }

  var labOptions: TestSupport.SocketOptions {
    TestSupport.SocketOptions(
      reuseAddress: options.contains(.reuseAddress), reusePort: options.contains(.reusePort),
      v6Only: place.v6Only, device: device.name, owner: owner == geteuid() ? nil : owner)
  }
}

/// All points, numbered.
struct OracleSpace {
  var places: [OraclePlace]
  var owners: [uid_t]
  var devices: [OracleDevice]

  var count: Int { places.count * 4 * owners.count * devices.count }

  subscript(index: Int) -> OracleSocket {
    var rest = index
    func digit(_ radix: Int) -> Int {
      defer { rest /= radix }
      return rest % radix
    }
    let place = places[digit(places.count)]
    let options = Diagnosis.SocketOptions(rawValue: UInt8(digit(4)))
    let device = devices[digit(devices.count)]
    return OracleSocket(place: place, options: options, owner: owners[digit(owners.count)], device: device)
  }

  /// Points without end, evenly over the axes from the first ones on: by steps of the golden ratio, each
  /// point once before any comes again.
  func spread(_ random: inout OracleRandom) -> some IteratorProtocol<OracleSocket> {
    var index = Int.random(in: 0..<count, using: &random)
    var step = Int(Double(count) * 0.618)
    while !Self.areCoprime(step, count) { step += 1 }
    return AnyIterator {
      index = (index + step) % count
      return self[index]
    }
  }

  private static func areCoprime(_ left: Int, _ right: Int) -> Bool {
    var (left, right) = (left, right)
    while right != 0 { (left, right) = (right, left % right) }
    return left == 1
  }
}

extension IPAddress {
  init(_ address: TestSupport.SocketAddress) {
    let number = { (bytes: ArraySlice<UInt8>) in bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    switch address.family {
    case .ipv4: self.init(ipv4: UInt32(number(address.bytes[...])))
    case .ipv6: self.init(ipv6High: number(address.bytes[..<8]), low: number(address.bytes[8...]))
    }
  }
}
