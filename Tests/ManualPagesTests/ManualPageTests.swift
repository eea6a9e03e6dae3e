import Foundation
import Testing

@testable import man_pages

@Suite struct ManualPageTests {
  private func page(discussion: String, arguments: String = "[]") throws -> ManualPage {
    let escaped = String(decoding: try JSONEncoder().encode(discussion), as: UTF8.self)
    let port = """
      {"commandName": "port", "superCommands": ["tool"], "abstract": "List sockets.", "discussion": \(escaped),
       "arguments": \(arguments)}
      """
    let help = #"{"commandName": "help", "superCommands": ["tool"]}"#
    let dump = try JSONDecoder().decode(
      HelpDump.self,
      from: Data(
        """
        {"serializationVersion": 0, "command": {"commandName": "tool", "subcommands": [\(port), \(help)]}}
        """.utf8))
    let command = try #require(dump.command.pagedSubcommands.first)
    #expect(dump.command.pagedSubcommands.count == 1, "the parser's own help has no page")
    return ManualPage(of: command, in: dump.command, date: "May 1, 2026")
  }

  @Test func aWholePage() throws {
    let page = try page(
      discussion:
        "EXAMPLES:\n  tool port 80  who holds it\n\nPorts. They matter.\n\nEXIT STATUS:\n  0  looked",
      arguments: """
        [{"kind": "positional", "shouldDisplay": true, "isOptional": false, "isRepeating": false,
          "valueName": "ports", "abstract": "Ports."},
         {"kind": "option", "shouldDisplay": true, "isOptional": true, "isRepeating": false, "valueName": "n",
          "names": [{"kind": "long", "name": "limit"}, {"kind": "short", "name": "l"}],
          "preferredName": {"kind": "long", "name": "limit"}, "defaultValue": "5", "abstract": "At most."},
         {"kind": "flag", "shouldDisplay": false, "isOptional": true, "isRepeating": false,
          "names": [{"kind": "long", "name": "secret"}], "preferredName": {"kind": "long", "name": "secret"}}]
        """)
    #expect(page.fileName == "tool-port.1")
    #expect(page.complaints == [])
    #expect(
      page.text() == #"""
        .\" Generated from the help of tool port: change that, then run make man.
        .Dd May 1, 2026
        .Dt TOOL-PORT 1
        .Os Linux
        .Sh NAME
        .Nm tool-port
        .Nd list sockets
        .Sh SYNOPSIS
        .Nm tool
        .Cm port
        .Op Fl \-limit Ar \&n
        .Ar ports
        .Sh DESCRIPTION
        Ports.
        They matter.
        .Sh OPTIONS
        .Bl -tag -width Ds
        .It Ar ports
        Ports.
        .It Fl \&l Ar \&n , Fl \-limit Ar \&n
        At most.
        (default: 5)
        .El
        .Sh EXIT STATUS
        .Bl -tag -width Ds
        .It Ic "0"
        looked
        .El
        .Sh EXAMPLES
        .Bl -tag -width Ds
        .It Ic "tool port 80"
        who holds it
        .El
        .Sh SEE ALSO
        .Xr tool 1 ,
        .Xr bind 2 ,
        .Xr sock_diag 7 ,
        .Xr socket 7 ,
        .Xr tcp 7 ,
        .Xr ss 8

        """#)
  }

  @Test func whatTheAuthorHasToMendIsSaid() throws {
    let long = String(repeating: "x", count: 80)
    let page = try page(
      discussion: long,
      arguments: """
        [{"kind": "positional", "shouldDisplay": true, "isOptional": false, "isRepeating": false, "valueName": "ports"}]
        """)
    #expect(
      page.complaints == [
        "tool port: its help has no EXAMPLES",
        "tool port: its help has no EXIT STATUS",
        "tool port: its help has a line of more than 79 columns, which a terminal would break: \(long)",
        "tool port: ports has no help",
      ])
  }

  @Test func nothingInTheTextIsTakenForAMacro() {
    #expect(Mdoc.prose(".Sh is text") == #"\&.Sh is text"#)
    #expect(Mdoc.prose("'quoted' and back\\slash") == #"\&'quoted' and back\eslash"#)
    #expect(Mdoc.prose("use --reuse, a well-known one") == #"use \-\-reuse, a well-known one"#)
    #expect(Mdoc.argument("Op") == #"\&Op"#)
    #expect(Mdoc.argument("|") == #"\&|"#)
    #expect(Mdoc.literal(#"say "x" 'y' ~"#) == #""say \(dqx\(dq \(aqy\(aq \(ti""#)
    #expect(Mdoc.literalLine("'a'") == #"\(aqa\(aq"#)
    #expect(Mdoc.literalLine(".a") == #"\&.a"#)
  }
}
