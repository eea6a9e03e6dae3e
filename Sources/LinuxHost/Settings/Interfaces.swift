internal import Glibc
internal import SocketTable

/// Names of network devices in the calling thread's network namespace, each asked for once.
package final class Interfaces {
  private var names: [UInt32: String] = [:]

  package init() {}

  /// The device's name, or `#N` if there is none any more.
  package func name(_ index: UInt32) -> String {
    if let known = names[index] { return known }
    let size = Int(IF_NAMESIZE)
    let name = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer -> String in
      guard let start = buffer.baseAddress, unsafe if_indextoname(index, start) != nil else {
        return "#\(index)"
      }
      return unsafe String(cString: start)
    }
    names[index] = name
    return name
  }

  /// Nil if there is no such device.
  package static func index(_ name: String) -> UInt32? {
    let index = unsafe if_nametoindex(name)
    return index == 0 ? nil : index
  }
}

extension SocketDetailsTable {
  /// Of the devices that these sockets are bound to.
  mutating func nameInterfaces(of records: [SocketRecord]) {
    let interfaces = Interfaces()
    for record in records where record.interface != 0 {
      interfaceNames[record.interface] = interfaces.name(record.interface)
    }
  }
}
