extension TimelinePage {
  /// Colours of the page, each text on its ground at 4.5:1 or more and each mark at 3:1 (WCAG 2.2,
  /// 1.4.3 and 1.4.11); a test computes it.
  package enum Palette {
    package static let ground = "#ffffff"
    package static let band = "#eef2f6"
    package static let findingGround = "#fff4ec"
    package static let text = "#1b2733"
    package static let quiet = "#4a5a6a"
    package static let line = "#6b7b8b"
    package static let record = "#1d5fa8"
    package static let run = "#2b7a4b"
    package static let bad = "#b3261e"
    package static let finding = "#8a3800"
    package static let focus = "#0b57d0"
  }

  static let style = """
    :root{color-scheme:light}
    *{box-sizing:border-box}
    body{margin:0;padding:1rem 1.25rem 3rem;background:\(Palette.ground);color:\(Palette.text);font:15px/1.45 system-ui,"DejaVu Sans",sans-serif}
    h1{font-size:1.3rem;margin:0 0 .3rem;overflow-wrap:anywhere}
    header p,.notes,.legend,#status{color:\(Palette.quiet);margin:.2rem 0;overflow-wrap:anywhere}
    .notes{padding-left:1.2rem}
    .controls{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:1rem 0 .3rem}
    .controls input{flex:1 1 14rem;min-width:0;font:inherit;padding:.4rem .6rem;border:1px solid \(Palette.line);border-radius:4px;background:\(Palette.ground);color:\(Palette.text)}
    .buttons{display:flex;flex-wrap:wrap;gap:.35rem}
    button{font:inherit;padding:.4rem .7rem;border:1px solid \(Palette.line);border-radius:4px;background:\(Palette.band);color:\(Palette.text);cursor:pointer}
    :focus-visible{outline:3px solid \(Palette.focus);outline-offset:2px}
    #chart{border:1px solid \(Palette.line);border-radius:4px;overflow:hidden;margin:.4rem 0}
    #chart svg{display:block;width:100%}
    svg text{font:12px system-ui,"DejaVu Sans",sans-serif;fill:\(Palette.quiet)}
    svg .name{fill:\(Palette.text);font-weight:600}
    svg .band{fill:\(Palette.band)}
    svg .tick{stroke:\(Palette.line);stroke-width:.5;stroke-dasharray:2 3}
    svg .record{fill:\(Palette.record)}
    svg .run{fill:\(Palette.run)}
    svg .wait{fill:none;stroke:\(Palette.run)}
    svg .bad{fill:\(Palette.bad)}
    svg .open{fill-opacity:.6}
    svg .finding{fill:\(Palette.finding)}
    .key{display:inline-block;width:.8em;height:.8em;margin:0 .15em 0 .8em;border-radius:50%}
    .key.record{background:\(Palette.record)}.key.run{background:\(Palette.run);border-radius:2px}
    .key.bad{background:\(Palette.bad);border-radius:2px}.key.finding{background:\(Palette.finding);border-radius:0;transform:rotate(45deg)}
    table{border-collapse:collapse;width:100%;margin-top:.8rem;font-size:.9rem}
    th,td{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid \(Palette.band);overflow-wrap:anywhere}
    th{color:\(Palette.quiet);position:sticky;top:0;background:\(Palette.ground)}
    td{min-width:4.5rem}td:nth-child(3){min-width:6.2rem}td:nth-child(4){min-width:8.5rem}td:nth-child(6),td:nth-child(7){min-width:6.5rem}td:nth-child(8){min-width:14rem}
    .legend span{white-space:nowrap}
    td.number,td.time{font-variant-numeric:tabular-nums;white-space:nowrap}
    tr.finding td{background:\(Palette.findingGround);color:\(Palette.finding);font-weight:600}
    @media (max-width:700px){
    body{padding:.6rem .6rem 2rem}
    thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    table,tbody,tr,td{display:block}
    tr{border-bottom:1px solid \(Palette.line);padding:.35rem 0}
    td{border:0;padding:.1rem 0 .1rem 7.5rem;position:relative;min-height:1.4em}
    td::before{content:attr(data-name);position:absolute;left:0;width:7rem;color:\(Palette.quiet);font-weight:400}
    td,td:nth-child(n){min-width:0}
    td:empty{display:none}
    }
    @media print{.controls,#more{display:none}}
    """
}
