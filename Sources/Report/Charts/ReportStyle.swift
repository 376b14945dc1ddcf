/// The style of every page: system fonts, contrast of 4.5 to 1 and above, one column that fits a
/// phone, no colour without a word beside it, and rules for paper.
enum ReportStyle {
  static let text = """
    :root { color-scheme: light; }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 76rem; padding: 0 1rem 3rem; background: #fff; color: #1b1f24;
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
    h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
    h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 2px solid #1b1f24; }
    h3 { font-size: 1.05rem; margin: 0; }
    p { max-width: 60rem; overflow-wrap: anywhere; }
    a { color: #0b4f9c; }
    :focus-visible { outline: 3px solid #0b4f9c; outline-offset: 2px; }
    .skip { position: absolute; left: -99rem; }
    .skip:focus { position: static; }
    nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
    nav a { display: inline-block; padding: .25rem 0; }
    .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .75rem;
      margin: 1rem 0; }
    .cards div { border: 1px solid #6a737d; border-radius: .4rem; padding: .5rem .75rem; }
    .cards dt { color: #4a525a; }
    .cards dd { margin: 0; font-size: 1.4rem; font-weight: 600; }
    .cards .met { border-left: .5rem solid #11632a; }
    .cards .not_met { border-left: .5rem solid #a4161a; }
    .cards .insufficient_data { border-left: .5rem solid #8a4b00; }
    .complete { border-left: .5rem solid #0b4f9c; padding: .5rem 1rem; background: #eef4fb; margin: 1rem 0; }
    .complete h2 { margin: 0; border: 0; font-size: 1.05rem; }
    .complete p { margin: .35rem 0; }
    .glance { list-style: none; padding: 0; margin: 1rem 0; }
    .glance li { padding: .3rem 0; border-bottom: 1px solid #c3c9d0; }
    .glance .verdict { min-width: 10.5rem; margin-right: .5rem; }
    .warn { border-left: .4rem solid #8a4b00; padding: .5rem 1rem; background: #fff6e8; }
    .control { border: 1px solid #6a737d; border-left-width: .5rem; border-radius: .3rem;
      padding: .75rem 1rem; margin: .75rem 0; }
    .control p { margin: .35rem 0; }
    .control.met { border-left-color: #11632a; }
    .control.not_met { border-left-color: #a4161a; }
    .control.insufficient_data { border-left-color: #8a4b00; }
    .verdict { display: inline-block; padding: 0 .5rem; border-radius: .25rem; color: #fff; }
    .met .verdict { background: #11632a; }
    .not_met .verdict { background: #a4161a; }
    .insufficient_data .verdict { background: #8a4b00; }
    .query { color: #4a525a; font-size: .9rem; }
    figure { margin: 1rem 0; }
    figcaption { font-weight: 600; }
    svg { display: block; width: 100%; max-width: 45rem; }
    svg text { font-size: 13px; fill: #1b1f24; }
    .bar { fill: #0b4f9c; }
    .cell { fill: #0b4f9c; stroke: #c3c9d0; }
    .axis { stroke: #1b1f24; }
    .scroll { overflow-x: auto; margin: 1rem 0; }
    table { border-collapse: collapse; width: 100%; font-size: .9rem; }
    caption { text-align: left; font-weight: 600; padding: .25rem 0; }
    th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #c3c9d0; }
    td { overflow-wrap: break-word; max-width: 28rem; min-width: 4rem; }
    th { background: #eef1f4; white-space: nowrap; }
    .n { text-align: right; font-variant-numeric: tabular-nums; }
    td.w { min-width: 20rem; }
    @media screen and (max-width: 40rem) {
      .glance .verdict { min-width: 0; }
      thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      table, caption, tbody, tr, td { display: block; }
      tr { border-bottom: 1px solid #6a737d; padding: .35rem 0; }
      td, td.n, td.w { position: relative; border: 0; padding: .1rem 0 .1rem 6.5rem; max-width: none; min-width: 0;
        min-height: 1.4em; text-align: left; overflow-wrap: anywhere; }
      td::before { content: attr(data-name); position: absolute; left: 0; width: 6.25rem; color: #4a525a; }
      td:empty { display: none; }
    }
    @media print {
      body { max-width: none; padding: 0; font-size: 9pt; }
      nav, .skip { display: none; }
      .scroll { overflow: visible; }
      .control, tr, figure { break-inside: avoid; }
      thead { display: table-header-group; }
      h2 { break-after: avoid; }
      .met .verdict, .not_met .verdict, .insufficient_data .verdict { color: #000; background: none;
        border: 1px solid #000; }
      @page { margin: 15mm; }
    }

    """
}
