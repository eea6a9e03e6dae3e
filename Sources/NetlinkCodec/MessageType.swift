/// `nlmsg_type`: the control messages of linux/netlink.h, and sock_diag's own two.
package enum MessageType: Equatable, Sendable {
  case noop
  case error
  case done
  case overrun
  /// Both the request and its answers.
  case sockDiag(UInt16)
  case unknown(UInt16)

  /// TCPDIAG_GETSOCK of linux/inet_diag.h: asks for both address families in one walk.
  package static let tcpDiagGetSock: UInt16 = 18
  /// SOCK_DIAG_BY_FAMILY of linux/sock_diag.h: one family. Answers carry the type of their request.
  package static let sockDiagByFamily: UInt16 = 20
  /// SOCK_DESTROY of linux/sock_diag.h: ends one socket.
  package static let sockDestroy: UInt16 = 21

  package init(rawValue: UInt16) {
    self =
      switch rawValue {
      case 1: .noop
      case 2: .error
      case 3: .done
      case 4: .overrun
      case Self.tcpDiagGetSock, Self.sockDiagByFamily: .sockDiag(rawValue)
      default: .unknown(rawValue)
      }
  }
}
