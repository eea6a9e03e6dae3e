extension [UInt8] {
  /// The bytes of a number as this machine keeps them in memory. A number in network order is given as `value.bigEndian`.
  mutating func append<T: FixedWidthInteger>(inHostOrder value: T) {
    for index in 0..<(T.bitWidth / 8) {
      append(UInt8(truncatingIfNeeded: value.littleEndian >> T(8 * index)))
    }
  }

  mutating func append(zeros count: Int) { append(contentsOf: repeatElement(0, count: count)) }
}
