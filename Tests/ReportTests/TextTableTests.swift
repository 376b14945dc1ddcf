import Report
import Testing

@Suite struct TextTableTests {
  private func table() -> TextTable {
    var table = TextTable(columns: [
      .init("NAME", isFlexible: true), .init("N", isRightAligned: true), .init("NOTE"),
    ])
    table.append([.init("a long name of a job"), .init("7"), .init("ok")])
    table.append([.init("b"), .init("1234"), .init(nil)])
    return table
  }

  @Test("columns are as wide as their widest cell and rows end without spaces")
  func aligns() {
    let lines = table().lines(width: nil, style: TextStyle(usesColor: false))
    #expect(
      lines == [
        "NAME                     N  NOTE",
        "a long name of a job     7  ok",
        "b                     1234",
      ])
  }

  @Test("only flexible columns give way, down to a floor", arguments: [10, 24, 28, 40])
  func fits(width: Int) {
    let lines = table().lines(width: width, style: TextStyle(usesColor: false))
    let floor = TextTable.flexibleWidthMin + 4 + 4 + 2 * 2
    #expect(lines.allSatisfy { TerminalText.width($0) <= max(width, floor) })
    #expect(lines[1].contains("7"))
  }

  @Test("cells are escaped before they are measured")
  func escapes() {
    var table = TextTable(columns: [.init("X")])
    table.append([.init("a\u{1B}[2Jb")])
    #expect(table.lines(width: nil, style: TextStyle(usesColor: false))[1] == "a\\u{1b}[2Jb")
  }

  @Test("a table without rows is its title")
  func emptyTable() {
    let table = TextTable(columns: [.init("A"), .init("B")])
    #expect(table.isEmpty)
    #expect(table.lines(width: 80, style: TextStyle(usesColor: false)) == ["A  B"])
  }
}
