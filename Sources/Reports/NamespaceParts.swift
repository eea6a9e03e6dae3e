package import SocketTable

/// Which of the records of a `PortReport` are of which network namespace.
package struct NamespaceParts {
  /// Those of one namespace.
  package struct Part {
    package let namespace: NamespaceIdentity
    /// Where in the report's records they lie.
    package let records: Range<Int>
    /// The network devices that they are tied to, by index, which means nothing in another namespace.
    package let interfaceNames: [UInt32: String]

    package init(
      namespace: NamespaceIdentity, records: Range<Int>, interfaceNames: [UInt32: String] = [:]
    ) {
      self.namespace = namespace
      self.records = records
      self.interfaceNames = interfaceNames
    }

    package func interfaceName(_ index: UInt32) -> String { interfaceNames[index] ?? "#\(index)" }
  }

  /// Of the own namespace, and of each in which there is any socket; in the order of the records.
  package private(set) var all: [Part] = []

  package init() {}

  /// - Parameter part: begins where the last one ends.
  package mutating func append(_ part: Part) { all.append(part) }

  /// The part with this record.
  package func part(ofRecord index: Int) -> Part {
    var (low, high) = (0, all.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if all[middle].records.lowerBound <= index { low = middle } else { high = middle }
    }
    // An own namespace without records begins at the same place as the next.
    return all[low]
  }
}
