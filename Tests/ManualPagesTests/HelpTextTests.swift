import Testing

@testable import man_pages

@Suite struct HelpTextTests {
  @Test func examplesMayComeBeforeTheDescription() {
    let help = HelpText(
      """
      EXAMPLES:
        tool port 80   who holds it

      First line of a paragraph
      and its second.

      Another paragraph.
      """)
    #expect(
      help.description == [
        .paragraph("First line of a paragraph and its second."), .paragraph("Another paragraph."),
      ])
    #expect(
      help.sections == [.init(title: "EXAMPLES", blocks: [.item(term: "tool port 80", text: "who holds it")])]
    )
  }

  @Test func anItemGoesOnInDeeperLines() {
    let help = HelpText(
      """
      EXIT STATUS:
        0   looked
        69  could not look, or not
            at everything
      """)
    #expect(
      help.sections.first?.blocks == [
        .item(term: "0", text: "looked"), .item(term: "69", text: "could not look, or not at everything"),
      ])
  }

  @Test func aCommandMayHaveItsMeaningBelow() {
    let help = HelpText(
      """
      EXAMPLES:
        tool one
        tool two
            What two does,
            in two lines.
        tool three
      """)
    #expect(
      help.sections.first?.blocks == [
        .literal(["tool one"]), .item(term: "tool two", text: "What two does, in two lines."),
        .literal(["tool three"]),
      ])
  }

  @Test func aDescriptionMayBeASectionOfItsOwn() {
    let help = HelpText(
      """
      DESCRIPTION
        Indented like the others,
        on two lines.

        A second paragraph:
            as it is
            too
      EXIT STATUS
        0  looked
      """)
    #expect(
      help.description == [
        .paragraph("Indented like the others, on two lines."), .paragraph("A second paragraph:"),
        .literal(["as it is", "too"]),
      ])
    #expect(help.sections == [.init(title: "EXIT STATUS", blocks: [.item(term: "0", text: "looked")])])
  }

  @Test func abbreviationsAndNamesAreNoHeadings() {
    #expect(HelpText("TCP\nonly").description == [.paragraph("TCP only")])
    #expect(HelpText("TIME_WAIT:").sections.isEmpty)
    #expect(HelpText("FILES:").sections.map(\.title) == ["FILES"])
  }

  @Test(arguments: [
    "", "\n\n", "  ", ":", "EXAMPLES:", "EXAMPLES:\n\n  \n", "A\u{301}B:", "   deeper\n  than\n  this",
  ])
  func oddTextDoesNotTrap(_ text: String) {
    _ = HelpText(text)
  }
}
