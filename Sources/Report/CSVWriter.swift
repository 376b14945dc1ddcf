/// Comma-separated values (RFC 4180) that a spreadsheet does not execute.
///
/// A cell that begins with `=`, `+`, `-`, `@`, tab or carriage return is a formula to a spreadsheet
/// (CWE-1236). Such a cell gets an apostrophe in front, and so does one that already begins with an
/// apostrophe, so that taking one leading apostrophe away always gives the value back. Plain
/// numbers keep their minus sign as they are.
package enum CSVWriter {
  /// One line with its CRLF.
  package static func line(_ cells: [String]) -> String {
    cells.map(cell).joined(separator: ",") + "\r\n"
  }

  static func cell(_ value: String) -> String {
    let safe = needsGuard(value) ? "'" + value : value
    let needsQuotes = safe.unicodeScalars.contains {
      $0 == "\"" || $0 == "," || $0 == "\n" || $0 == "\r"
    }
    guard needsQuotes else { return safe }
    var quoted = "\""
    for scalar in safe.unicodeScalars {
      if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }

  private static func needsGuard(_ value: String) -> Bool {
    guard let first = value.unicodeScalars.first else { return false }
    switch first {
    case "=", "+", "@", "\t", "\r", "'": return true
    case "-": return Double(value) == nil
    default: return false
    }
  }
}
