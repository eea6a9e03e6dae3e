import Diagnosis
import RecordSupport
import SocketTable
import Testing

/// What programs are told of remedies, and their order.
@Suite struct RemedyOrderTests {
  private static let container = CgroupPath.Container(id: "web", runtime: .podman)

  @Test func thoseThatFreeComeFirstAndTheMildestBefore() {
    let inOrder: [Remedy] = [
      .wait(.otherEnd), .restartOrder(.now), .setOption(.reuseAddress(.beforeBind)),
      .otherAddress(.ofThisHost),
      .release(count: 1, includesFinWait2: false), .stopUnit("a.service", .service),
      .stopContainer(Self.container, .service), .signal([OwnerCases.nginx], .service),
      .changeSetting(.runAsHoldersUser),
      .setOption(.reuseAddress(.oldAndNew)), .changeSetting(.raiseTimeWaitLimit), .reservePort(all: nil),
      .look(.port),
    ]
    #expect(Finding(.portNowFree, remedies: inOrder).remedies == inOrder)
    #expect(
      Finding(.portNowFree, remedies: inOrder.reversed()).remedies.map(\.effect) == inOrder.map(\.effect))
    let kinds = Finding(.portNowFree, remedies: inOrder.reversed()).remedies.map(\.kind)
    #expect(
      kinds.map { $0 == .stopContainer ? .stopUnit : $0 }
        == inOrder.map(\.kind).map { $0 == .stopContainer ? .stopUnit : $0 })
  }

  /// Every finding that the cases lead to.
  @Test(arguments: TimerCases.all + HolderCases.listeners + HolderCases.others + HolderCases.blind)
  func everyFinding(case situation: BindCase) throws {
    for finding in try situation.diagnosis().findings {
      let effects = finding.remedies.map(\.effect)
      let ranks = effects.compactMap { [.frees, .prevents, .shows].firstIndex(of: $0) }
      #expect(ranks == ranks.sorted(), "\(finding.slug): \(effects)")
      let order: [Remedy.Kind] = [
        .wait, .restartOrder, .setOption, .otherAddress, .release, .endConnection, .stopUnit, .signal,
        .changeSetting,
      ]
      let freeing = finding.remedies.filter { $0.effect == .frees }.map {
        order.firstIndex(of: $0.kind == .stopContainer ? .stopUnit : $0.kind) ?? -1
      }
      #expect(freeing == freeing.sorted(), "\(finding.slug): \(finding.remedies)")
    }
  }

  /// To end the holder was advised, and nothing else, where SO_REUSEADDR gets past it.
  @Test func whatSOREUSEADDRGetsPastNeedNotEnd() throws {
    for record in [
      SocketRecord.on(.loopback, 9527, .bound, inode: 9),
      .on(.loopback, 9527, .finWait2, timer: .timeWait, expires: 30_000, cookie: 3),
      .on(.loopback, 9527, .finWait2, timer: .keepalive, expires: 90_000, cookie: 7),
    ] {
      for old: SocketOptions in [.reuseAddress, []] {
        let finding = try #require(try Diagnosing([Holder(record, old)]).result().findings.first)
        #expect(finding.slug == (record.state == .bound ? .boundNotListening : .finWait2Orphan))
        let freeing = finding.remedies.filter { $0.effect == .frees }.map(\.kind)
        #expect(freeing.contains(.setOption) == (old == .reuseAddress), "\(freeing)")
        #expect(!freeing.prefix { $0 != .setOption }.contains(.signal) || old == [], "\(freeing)")
      }
    }
  }

  @Test func parameters() {
    #expect(Remedy.wait(.timers(free: 41_000, latest: 43_048)).parameters.milliseconds == 43_048)
    #expect(Remedy.stopUnit("a.service", .service).parameters.unit == "a.service")
    #expect(Remedy.stopContainer(Self.container, .service).parameters.container == "web")
    #expect(Remedy.signal([OwnerCases.nginx, OwnerCases.worker], .service).parameters.pids == [812, 813])
    #expect(Remedy.reservePort(all: nil).parameters.sysctl == "net.ipv4.ip_local_reserved_ports")
    #expect(Remedy.wait(.otherEnd).parameters.milliseconds == nil)
  }
}
