import SocketTable
import Testing

@Suite struct TCPStateTests {
  /// net/tcp_states.h: the number, the name in JSON and for --state, the title.
  @Test(
    arguments: [
      (1, "established", "ESTABLISHED"), (2, "syn-sent", "SYN_SENT"), (3, "syn-recv", "SYN_RECV"),
      (4, "fin-wait-1", "FIN_WAIT1"), (5, "fin-wait-2", "FIN_WAIT2"), (6, "time-wait", "TIME_WAIT"),
      (8, "close-wait", "CLOSE_WAIT"), (9, "last-ack", "LAST_ACK"), (10, "listen", "LISTEN"),
      (11, "closing", "CLOSING"),
      // A request socket; and a socket that is bound, by the state it has and by the bit that asks for it.
      (12, "syn-recv", "SYN_RECV"), (7, "bound", "BOUND"), (13, "bound", "BOUND"),
    ] as [(UInt8, String, String)])
  func wireValues(value: UInt8, name: String, title: String) {
    let state = TCPState(wireValue: value)
    #expect(state.name == name)
    #expect(state.title == title)
    #expect(TCPState.known.contains(state))
  }

  @Test func numbersThatThisProgramDoesNotKnow() {
    for value in [0] + Array(UInt8(14)...UInt8.max) {
      #expect(TCPState(wireValue: value) == .unknown(value))
      #expect(TCPState(wireValue: value).name == "unknown-\(value)")
    }
  }

  /// Whatever number an answer has, its state has a number that stands for the same state, and so have its names.
  @Test func roundTrips() {
    for value in UInt8.min...UInt8.max {
      let state = TCPState(wireValue: value)
      #expect(TCPState(wireValue: state.wireValue) == state, "\(value)")
      if case .unknown = state {
        #expect(state.wireValue == value)
        #expect(StateSet(state) == [])
        #expect(TCPState(name: state.name) == nil && TCPState(name: state.title) == nil)
      } else {
        #expect(TCPState(name: state.name) == state && TCPState(name: state.title) == state, "\(value)")
        #expect(StateSet(state).rawValue >> UInt32(state.wireValue) & 1 == 1, "\(value)")
      }
    }
  }

  /// All but CLOSE, which a socket without a port has: nothing lists those.
  @Test func everyKnownStateCanBeAnswered() {
    let answered = Set((UInt8.min...UInt8.max).map(TCPState.init(wireValue:)))
    #expect(TCPState.known.filter { !answered.contains($0) } == [.close])
    #expect(answered.subtracting(TCPState.known).count == 256 - 13)
    #expect(Set(TCPState.known.map(\.wireValue)).count == TCPState.known.count)
  }

  @Test func namesAreDistinct() {
    #expect(TCPState.known.count == 12)
    #expect(Set(TCPState.known).count == 12)
    #expect(Set(TCPState.known.map(\.name)).count == 12)
    #expect(Set(TCPState.known.map(\.title)).count == 12)
  }

  /// Rows and counts of one document have to speak of a state by one name.
  @Test func bothNamesAreTheSame() {
    for state in TCPState.known + [.unknown(14)] {
      var buffer = ByteBuffer()
      buffer.append(nameOf: state)
      #expect(buffer.text == state.name)
      buffer.removeAll()
      buffer.append(titleOf: state)
      #expect(buffer.text == state.title)
    }
  }

  @Test func whoHasNoPeer() {
    for state in TCPState.known {
      #expect(state.hasNoPeer == [.listen, .bound, .close].contains(state), "\(state)")
    }
    #expect(!TCPState.unknown(14).hasNoPeer)
  }
}

@Suite struct StateSetTests {
  /// TCPF_* of net/tcp_states.h; a request socket (12) counts as SYN_RECV, 13 asks for bound sockets.
  @Test func masks() {
    let bits: [TCPState: UInt32] = [
      .established: 1 << 1, .synSent: 1 << 2, .synReceived: 1 << 3 | 1 << 12, .finWait1: 1 << 4,
      .finWait2: 1 << 5, .timeWait: 1 << 6, .close: 1 << 7, .closeWait: 1 << 8, .lastAck: 1 << 9,
      .listen: 1 << 10, .closing: 1 << 11, .bound: 1 << 13,
    ]
    for (state, mask) in bits { #expect(StateSet(state).rawValue == mask, "\(state)") }
    #expect(StateSet.all.rawValue == 0x3ffe)
    #expect(StateSet.minisockets.rawValue == 1 << 5 | 1 << 6)
    #expect(StateSet(.unknown(14)).rawValue == 0)
  }

  @Test func membership() {
    for state in TCPState.known {
      #expect(StateSet.all.contains(state))
      #expect(!StateSet([]).contains(state))
      for other in TCPState.known { #expect(StateSet(state).contains(other) == (state == other)) }
    }
    // A state that nobody can name is listed where everything is.
    #expect(StateSet.all.contains(.unknown(14)))
    #expect(!StateSet.minisockets.contains(.unknown(14)))
  }

  @Test func ownNames() {
    for state in TCPState.known { #expect(StateSet(name: state.name) == StateSet(state), "\(state)") }
    #expect(StateSet.all.names == TCPState.known.map(\.name))
    #expect(StateSet([.timeWait, .finWait2]).names == ["fin-wait-2", "time-wait"])
  }

  /// What ss(8) takes, but for BOUND, which its groups do not know.
  private static let ofSS: [(String, [TCPState])] = [
    ("established", [.established]), ("syn-sent", [.synSent]), ("syn-recv", [.synReceived]),
    ("fin-wait-1", [.finWait1]), ("fin-wait-2", [.finWait2]), ("time-wait", [.timeWait]), ("close", [.close]),
    ("closed", [.close]), ("unconnected", [.close]), ("close-wait", [.closeWait]), ("last-ack", [.lastAck]),
    ("listening", [.listen]), ("closing", [.closing]), ("bound-inactive", [.bound]),
    ("all", TCPState.known),
    (
      "connected",
      [
        .synSent, .synReceived, .established, .finWait1, .finWait2, .closing, .closeWait, .lastAck, .timeWait,
      ]
    ),
    (
      "synchronized",
      [.synReceived, .established, .finWait1, .finWait2, .closing, .closeWait, .lastAck, .timeWait]
    ),
    ("bucket", [.timeWait, .synReceived]),
    (
      "big",
      [
        .listen, .bound, .synSent, .established, .finWait1, .finWait2, .closing, .closeWait, .lastAck, .close,
      ]
    ),
  ]

  @Test func namesAndGroupsOfSS() {
    for (name, states) in Self.ofSS {
      for spelling in [name, name.uppercased()] {
        #expect(StateSet(name: spelling) == StateSet(states), "\(spelling)")
      }
    }
    #expect(StateSet(name: "syn-rcv") == StateSet(.synReceived))
  }

  @Test func groupsAreTakenAndOffered() {
    #expect(StateSet.groupNames == ["all", "connected", "synchronized", "bucket", "big"])
    for name in StateSet.groupNames { #expect(StateSet(name: name) != nil) }
  }

  @Test func spellingsOfTheRFCAndTheKernel() {
    for name in ["TIME-WAIT", "time_wait", "TIME_WAIT", "Time-Wait"] {
      #expect(StateSet(name: name) == StateSet(.timeWait))
    }
    for name in ["FIN-WAIT-2", "FIN_WAIT2", "fin_wait_2"] {
      #expect(StateSet(name: name) == StateSet(.finWait2))
    }
    for name in ["SYN-RECEIVED", "SYN_RECV", "SYN-RECV"] {
      #expect(StateSet(name: name) == StateSet(.synReceived))
    }
    #expect(StateSet(name: "LISTEN") == StateSet(.listen))
  }

  @Test(arguments: [
    "", " ", "time", "time-wait ", "time wait", "timewait2", "unknown-14", "6", "té", "\u{0}", "all,listen",
  ])
  func noSuchName(name: String) { #expect(StateSet(name: name) == nil) }
}
