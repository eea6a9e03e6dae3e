import SocketTable
import Testing

@Suite struct CgroupPathTests {
  private static let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  private static let other = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
  private static let uid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
  private static let uidWithUnderscores = "6ba7b810_9dad_11d1_80b4_00c04fd430c8"

  @Test(
    arguments: [
      ("/", nil, false),
      ("", nil, false),
      ("/init.scope", "init.scope", false),
      ("/system.slice/nginx.service", "nginx.service", false),
      ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", false),
      // Below a unit with Delegate=.
      ("/system.slice/docker.service/init", "docker.service", false),
      ("/system.slice/sshd.socket", "sshd.socket", false),
      ("/user.slice/user-1000.slice/session-3.scope", "session-3.scope", false),
      ("/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope", true),
      (
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome\\x2dterminal-12.scope",
        "app-gnome\\x2dterminal-12.scope", true
      ),
      ("/user.slice/user-1000.slice/user@1000.service", "user@1000.service", false),
      ("/machine.slice", "machine.slice", false),
      ("/system.slice/_cgroup.service", "cgroup.service", false),
      ("/../../system.slice/x.service", "x.service", false),
      // Below a unit its own programs choose the names.
      ("/system.slice/web.service/sub/ssh.service", "web.service", false),
      ("/system.slice/web.service/user@0.service/ssh.service", "web.service", false),
      ("/system.slice/docker-\(id).scope/system.slice/ssh.service", "docker-\(id).scope", false),
      ("/user.slice/user-1000.slice/user@1000.service/app.slice/x.service/y.service", "x.service", true),
      ("/hostile name.service", nil, false),
      ("/a\u{1b}[31m.service", nil, false),
      ("/$(reboot).service", nil, false),
    ] as [(String, String?, Bool)])
  func units(text: String, unit: String?, isUserUnit: Bool) {
    let path = CgroupPath(text)
    #expect(path.unit == unit)
    #expect(path.isUserUnit == isUserUnit)
    #expect(path.text == text)
  }

  @Test(
    arguments: [
      ("/system.slice/docker-\(id).scope", id, .docker),
      ("/docker/\(id)", id, .docker),
      ("/docker/\(id)/init", id, .docker),
      ("/docker/buildkit/abc", nil, .unknown),
      ("/machine.slice/libpod-\(id).scope", id, .podman),
      ("/machine.slice/libpod-\(id).scope/container", id, .podman),
      ("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope/container", id, .podman),
      ("/libpod_parent/libpod-\(id)", id, .podman),
      ("/machine.slice/libpod-conmon-\(id).scope", nil, .unknown),
      ("/system.slice/crio-conmon-\(id).scope", nil, .unknown),
      ("/kubepods/besteffort/pod\(uid)/\(id)", id, .unknown),
      (
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(uidWithUnderscores).slice/cri-containerd-\(id).scope",
        id, .containerd
      ),
      ("/kubepods.slice/kubepods-pod\(uidWithUnderscores).slice/crio-\(id).scope/container", id, .crio),
      (
        "/system.slice/containerd.service/kubepods-burstable-pod\(uidWithUnderscores).slice:cri-containerd:\(id)",
        id, .containerd
      ),
      ("/default/\(id)", id, .containerd),
      ("/ecs/some-task/\(id)", id, .unknown),
      ("/lxc/web", "web", .lxc),
      ("/lxc.payload.web/system.slice/nginx.service", "web", .lxc),
      ("/lxc.monitor.web", nil, .unknown),
      ("/machine.slice/machine-debian.scope/payload", "debian", .nspawn),
      ("/machine.slice/systemd-nspawn@debian.service/payload", "debian", .nspawn),
      ("/\(id.uppercased())", nil, .unknown),
      ("/docker/\(id.dropLast())", nil, .unknown),
    ] as [(String, String?, CgroupPath.Container.Runtime)])
  func containers(text: String, id: String?, runtime: CgroupPath.Container.Runtime) {
    let container = CgroupPath(text).container
    #expect(container?.id == id)
    if id != nil { #expect(container?.runtime == runtime) }
    #expect(container?.isPod ?? false == false)
  }

  @Test(arguments: [
    "/kubepods/besteffort/pod\(uid)",
    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(uidWithUnderscores).slice",
  ])
  func aPodWithoutContainer(text: String) {
    #expect(CgroupPath(text).container == .init(id: Self.uid, runtime: .unknown, isPod: true))
  }

  @Test func aContainerInAContainer() {
    let path = CgroupPath("/docker/\(Self.id)/kubepods/pod\(Self.uid)/\(Self.other)")
    #expect(path.container == .init(id: Self.other, runtime: .unknown, isNested: true, pod: Self.uid))
  }

  /// Where a name is one that the system's service manager knows.
  @Test(
    arguments: [
      ("/system.slice/nginx.service", "nginx.service"), ("/../../system.slice/x.service", "x.service"),
      ("/system.slice/web.service/sub/ssh.service", "web.service"),
      ("/system.slice/sshd.socket", "sshd.socket"),
      ("/user.slice/user-1000.slice/user@1000.service", "user@1000.service"),
      ("/user.slice/user-1000.slice/user@1000.service/app.slice/x.service", nil),
      ("/docker/\(id)/system.slice/nginx.service", nil), ("/lxc.payload.web/nginx.service", nil),
      ("/web/nginx.service", nil), ("/", nil),
    ] as [(String, String?)])
  func systemUnits(text: String, unit: String?) { #expect(CgroupPath(text).systemUnit == unit) }

  /// Where the name is one that a runtime of this host has given.
  @Test(
    arguments: [
      ("/system.slice/docker-\(id).scope", false), ("/docker/\(id)", false), ("/lxc/web", false),
      ("/machine.slice/machine-debian.scope", false), ("/machine.slice/libpod-\(id).scope/container", false),
      ("/kubepods.slice/kubepods-pod\(uidWithUnderscores).slice/crio-\(id).scope", false),
      ("/user.slice/user-1000.slice/user@1000.service/docker-\(id).scope", true),
      ("/user.slice/user-1000.slice/docker-\(id).scope", true),
      ("/user.slice/user-1000.slice/user@1000.service/machine-.host.scope", true),
      ("/system.slice/web.service/machine-debian.scope", true),
      ("/system.slice/web.service/lxc/web", true), ("/docker/\(id)/docker/\(other)", true),
    ] as [(String, Bool)])
  func containersOfOthers(text: String, areSo: Bool) {
    #expect(CgroupPath(text).container?.isNested == areSo)
  }

  @Test func podsOfContainers() {
    #expect(CgroupPath("/kubepods/besteffort/pod\(Self.uid)/\(Self.id)").container?.pod == Self.uid)
    #expect(CgroupPath("/kubepods/besteffort/pod\(Self.uid)").container?.pod == Self.uid)
    #expect(CgroupPath("/docker/\(Self.id)").container?.pod == nil)
  }

  @Test func shortNames() {
    #expect(CgroupPath("/docker/\(Self.id)").container?.shortID == "0123456789ab")
    #expect(CgroupPath("/lxc/a-name-of-twenty-two").container?.shortID == "a-name-of-twenty-two")
  }
}
