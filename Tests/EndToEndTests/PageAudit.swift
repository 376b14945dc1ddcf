import Testing

/// What is measured on a page in a browser: sizes and contrasts as they came out, not as the style
/// hoped.
struct PageAudit {
  /// Pixels by which the page is wider than the window.
  let overflow: Int
  /// Texts below 12 pixels, with their size.
  let smallTexts: [String]
  /// Texts whose contrast with what lies under them is below WCAG 2.2's AA, with the ratio.
  let paleTexts: [String]
  /// Sections, charts and tables that take no room.
  let flatParts: [String]
  /// How many texts were measured.
  let textCount: Int

  init(_ browser: Browser) throws {
    let found = try #require(try browser.evaluate(PageAudit.script) as? [String: Any])
    overflow = try #require(found["overflow"] as? Int)
    smallTexts = try #require(found["small"] as? [String])
    paleTexts = try #require(found["pale"] as? [String])
    flatParts = try #require(found["flat"] as? [String])
    textCount = try #require(found["count"] as? Int)
  }

  func check(_ name: String) {
    #expect(overflow == 0, "\(name)")
    #expect(smallTexts.isEmpty, "\(name): \(smallTexts.prefix(5))")
    #expect(paleTexts.isEmpty, "\(name): \(paleTexts.prefix(5))")
    #expect(flatParts.isEmpty, "\(name): \(flatParts.prefix(5))")
    #expect(textCount > 50, "\(name)")
  }

  /// Goes over every text that is shown, also those that the style adds; a text in a drawing lies on
  /// the last shape before it that covers its middle, else on the ground of the page.
  private static let script = """
    (() => {
      const parse = (text) => {
        const parts = (text.match(/[\\d.]+/g) || ["0", "0", "0", "0"]).map(Number);
        return { r: parts[0], g: parts[1], b: parts[2], a: parts.length > 3 ? parts[3] : 1 };
      };
      const over = (top, under) => ({
        r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a),
        b: top.b * top.a + under.b * (1 - top.a), a: 1 });
      const channel = (value) => value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
      const light = (c) => 0.2126 * channel(c.r) + 0.7152 * channel(c.g) + 0.0722 * channel(c.b);
      const ratio = (one, two) => {
        const [dark, bright] = [light(one), light(two)].sort((a, b) => a - b);
        return (bright + 0.05) / (dark + 0.05);
      };
      const ground = (element) => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
        return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
      };
      const drawn = (element) => {
        const svg = element.ownerSVGElement, box = element.getBoundingClientRect();
        const x = box.x + box.width / 2, y = box.y + box.height / 2;
        let under = ground(svg.parentElement);
        for (const shape of svg.querySelectorAll("rect")) {
          if (!(shape.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
          const at = shape.getBoundingClientRect(), style = getComputedStyle(shape);
          if (x < at.left || x > at.right || y < at.top || y > at.bottom || style.fill === "none") continue;
          const fill = parse(style.fill);
          under = over({ ...fill, a: fill.a * Number(style.fillOpacity) }, under);
        }
        return under;
      };
      const small = [], pale = [], flat = [];
      let count = 0;
      const judge = (text, style, size, color, under) => {
        count += 1;
        const words = text.trim().slice(0, 30);
        if (size < 11.99) small.push(words + ": " + size.toFixed(1));
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const found = ratio(over(color, under), under);
        if (found < (isLarge ? 3 : 4.5)) pale.push(words + ": " + found.toFixed(2));
      };
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        if (node.data.trim() === "" || element.closest("script, style, title, noscript")) continue;
        const box = element.getBoundingClientRect(), style = getComputedStyle(element);
        if (style.visibility === "hidden" || box.width <= 1 || box.height <= 1) continue;
        if (element.closest("thead") && getComputedStyle(element.closest("thead")).position === "absolute") continue;
        if (element instanceof SVGElement) {
          const scale = element.getScreenCTM().a;
          judge(node.data, style, parseFloat(style.fontSize) * scale, parse(style.fill), drawn(element));
        } else {
          judge(node.data, style, parseFloat(style.fontSize), parse(style.color), ground(element));
        }
      }
      for (const [selector, part] of [["td", "::before"], ["input", "::placeholder"]]) {
        for (const element of document.querySelectorAll(selector)) {
          const style = getComputedStyle(element, part);
          if (part === "::before" && style.content === "none" || element.getBoundingClientRect().height <= 1) continue;
          judge(part, style, parseFloat(style.fontSize), parse(style.color), ground(element));
        }
      }
      for (const element of document.querySelectorAll("section, article, figure, svg, table")) {
        const box = element.getBoundingClientRect();
        if (box.width < 100 || box.height < 10) flat.push(element.tagName + " " + (element.id || element.className));
      }
      const root = document.documentElement;
      return { overflow: Math.max(0, root.scrollWidth - root.clientWidth), small, pale, flat, count };
    })()
    """
}
