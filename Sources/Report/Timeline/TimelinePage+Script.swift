extension TimelinePage {
  /// Draws lanes and rows from the data block. The fragment of the address holds filter and zoom
  /// (`#filter=…&from=…&to=…`, times as RFC 3339), so that a view can be passed on.
  static let script = #"""
    "use strict";
    (function () {
      const data = JSON.parse(document.getElementById("data").textContent);
      const byId = (id) => document.getElementById(id);
      const chart = byId("chart"), body = byId("rows").tBodies[0], input = byId("filter");
      const svgNamespace = "http://www.w3.org/2000/svg";
      const names = ["Index", "Time at source", "Received", "Source", "Kind", "Principal", "Job", "What"];
      const rowCountMax = 1000, markCountMax = 4000;
      const iso = (micros) => {
        const whole = Math.floor(micros / 1000), rest = ((micros % 1000) + 1000) % 1000;
        return new Date(whole).toISOString().replace("Z", String(rest).padStart(3, "0") + "Z");
      };
      const duration = (seconds) => {
        const size = Math.abs(seconds), sign = seconds < 0 ? "-" : "+";
        if (size < 120) return sign + size.toFixed(3) + " s";
        if (size < 7200) return sign + Math.round(size / 60) + " min";
        return size < 172800 ? sign + (size / 3600).toFixed(1) + " h" : sign + (size / 86400).toFixed(1) + " d";
      };
      const text = (row) => [row.i, iso(row.t), data.sources[row.lane], row.kind, row.severity, row.who,
        row.job, row.what, row.run, row.request].filter((part) => part !== undefined).join(" ").toLowerCase();
      for (const row of data.rows) row.text = text(row);
      for (const run of data.runs) {
        run.text = ["run", run.job, run.who, run.state, run.run, run.request]
          .filter((part) => part !== undefined).join(" ").toLowerCase();
      }
      let first = Infinity, last = -Infinity;
      for (const row of data.rows) { first = Math.min(first, row.t); last = Math.max(last, row.t); }
      for (const run of data.runs) {
        if (run.from !== undefined) first = Math.min(first, run.from);
        if (run.to !== undefined) last = Math.max(last, run.to);
      }
      if (first > last) { first = 0; last = 1e6; }
      const margin = Math.max(1000, (last - first) * 0.02);
      const whole = { from: first - margin, to: last + margin };
      let view = { from: whole.from, to: whole.to }, isExpanded = false;

      const words = () => input.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
      const admits = (item, list) => list.every((word) => item.text.includes(word));
      const element = (name, attributes, parent, content) => {
        const made = document.createElementNS(svgNamespace, name);
        for (const key in attributes) made.setAttribute(key, attributes[key]);
        if (content !== undefined) made.textContent = content;
        parent.appendChild(made);
        return made;
      };

      function draw() {
        const list = words();
        const rows = data.rows.filter((row) => admits(row, list));
        const runs = data.runs.filter((run) => admits(run, list));
        const seen = rows.filter((row) => row.t >= view.from && row.t <= view.to);
        // Before the chart, which takes the width that a scroll bar leaves.
        drawRows(seen);
        drawChart(rows, runs);
        byId("status").textContent = seen.length + " of " + data.rows.length + " rows, "
          + iso(Math.round(view.from)).slice(0, 19) + "Z to " + iso(Math.round(view.to)).slice(0, 19) + "Z";
        remember();
      }

      // Runs that overlap stand below one another, up to eight high.
      function stack(runs) {
        const ends = [];
        const bars = [];
        for (const run of runs) {
          const from = run.from === undefined ? run.queued : run.from;
          if (from === undefined) continue;
          const to = run.to === undefined ? last : run.to;
          let level = ends.findIndex((end) => end <= from);
          if (level < 0) level = ends.length < 8 ? ends.length : 7;
          ends[level] = Math.max(to, ends[level] || 0);
          bars.push({ run, from, to, level });
        }
        return { bars, height: Math.max(1, ends.length) };
      }

      function drawChart(rows, runs) {
        chart.textContent = "";
        const width = Math.max(280, chart.clientWidth || 800), laneHeight = 40, barHeight = 14;
        const stacked = stack(runs);
        const lanes = [{ name: "runs", height: 22 + stacked.height * barHeight },
          { name: "findings", height: laneHeight }]
          .concat(data.sources.map((name) => ({ name, height: laneHeight })));
        let top = 18;
        for (const lane of lanes) { lane.top = top; top += lane.height; }
        const svg = element("svg", { viewBox: "0 0 " + width + " " + top, height: top, role: "img",
          "aria-label": "Swim lanes" }, chart);
        const x = (micros) => (micros - view.from) / (view.to - view.from) * width;
        lanes.forEach((lane, place) => {
          if (place % 2 === 0) {
            element("rect", { class: "band", x: 0, y: lane.top, width, height: lane.height }, svg);
          }
          element("text", { class: "name", x: 6, y: lane.top + 13 }, svg, lane.name);
        });
        ticks(svg, x, width, top);
        for (const bar of stacked.bars) {
          if (bar.to < view.from || bar.from > view.to) continue;
          const left = Math.max(-4, x(bar.from)), right = Math.min(width + 4, x(bar.to));
          const y = lanes[0].top + 18 + bar.level * barHeight;
          const isBad = !["succeeded", "open", "queued", "held", "approved"].includes(bar.run.state);
          const shape = element("rect", { class: (isBad ? "bad" : "run") + (bar.run.to === undefined ? " open" : ""),
            x: left, y, width: Math.max(3, right - left), height: barHeight - 4, rx: 2 }, svg);
          element("title", {}, shape, [bar.run.job, bar.run.state, bar.run.who, bar.run.run, iso(bar.from)]
            .filter((part) => part !== undefined).join(" "));
        }
        const shown = rows.filter((row) => row.t >= view.from && row.t <= view.to);
        const step = Math.max(1, Math.ceil(shown.length / markCountMax));
        shown.forEach((row, place) => {
          const isFinding = row.kind === "finding";
          if (!isFinding && place % step !== 0) return;
          const lane = isFinding ? lanes[1] : lanes[2 + row.lane];
          const at = x(row.t), y = lane.top + 27;
          const mark = isFinding
            ? element("path", { class: "finding", d: "M" + at + " " + (y - 8) + "l7 8l-7 8l-7 -8z" }, svg)
            : element("circle", { class: "record", cx: at, cy: y, r: 4 }, svg);
          element("title", {}, mark, iso(row.t) + " " + row.kind + " " + row.what);
        });
      }

      function ticks(svg, x, width, height) {
        const steps = [1e3, 1e4, 1e5, 1e6, 5e6, 15e6, 6e7, 3e8, 9e8, 36e8, 216e8, 864e8, 6048e8, 12096e8, 2592e9, 31536e9, 31536e10];
        const wanted = Math.max(3, Math.floor(width / 130));
        const step = steps.find((size) => (view.to - view.from) / size <= wanted) || 31536e11;
        let free = 0;
        for (let at = Math.ceil(view.from / step) * step, count = 0; at <= view.to && count < 40; at += step, count++) {
          element("line", { class: "tick", x1: x(at), x2: x(at), y1: 16, y2: height }, svg);
          const moment = iso(at).replace("T", " ");
          const label = step >= 864e8 ? moment.slice(0, 10) : step >= 6e7 ? moment.slice(5, 16) : moment.slice(11, 23);
          // Within the chart, and over no other label.
          const left = Math.min(width - label.length * 7.5, x(at) + 3);
          if (left < free) continue;
          element("text", { x: left, y: 12 }, svg, label);
          free = left + label.length * 7.5 + 4;
        }
      }

      function drawRows(rows) {
        body.textContent = "";
        const shown = isExpanded ? rows : rows.slice(0, rowCountMax);
        for (const row of shown) {
          const line = document.createElement("tr");
          if (row.kind === "finding") line.className = "finding";
          const delay = row.received === undefined ? "" : duration((row.received - row.t) / 1e6);
          const cells = [row.i === undefined ? (row.evidence || []).join(" ") : row.i, iso(row.t).replace("T", " "),
            delay, row.lane === undefined ? row.severity : data.sources[row.lane], row.kind, row.who, row.job, row.what];
          cells.forEach((content, place) => {
            const cell = document.createElement("td");
            cell.dataset.name = names[place];
            if (place < 3) cell.className = place === 1 ? "time" : "number";
            cell.textContent = content === undefined ? "" : String(content);
            line.appendChild(cell);
          });
          body.appendChild(line);
        }
        byId("more").hidden = shown.length === rows.length;
        byId("more").textContent = "Show all " + rows.length + " rows";
      }

      function zoom(factor, center) {
        const middle = center === undefined ? (view.from + view.to) / 2 : center;
        const span = Math.max(1000, Math.min((view.to - view.from) * factor, whole.to - whole.from));
        const share = (middle - view.from) / (view.to - view.from);
        move(middle - span * share, span);
      }

      function move(from, span) {
        const start = Math.max(whole.from, Math.min(from, whole.to - span));
        view = { from: start, to: start + span };
        draw();
      }

      const pan = (share) => move(view.from + (view.to - view.from) * share, view.to - view.from);
      const reset = () => move(whole.from, whole.to - whole.from);

      function remember() {
        const parts = new URLSearchParams();
        if (input.value !== "") parts.set("filter", input.value);
        if (view.from > whole.from + 1 || view.to < whole.to - 1) {
          parts.set("from", iso(Math.round(view.from)));
          parts.set("to", iso(Math.round(view.to)));
        }
        const fragment = parts.toString();
        if (fragment === location.hash.slice(1)) return;
        try { history.replaceState(null, "", "#" + fragment); } catch (refused) { /* a sandbox: no links then */ }
      }

      function recall() {
        const parts = new URLSearchParams(location.hash.slice(1));
        input.value = parts.get("filter") || "";
        const from = Date.parse(parts.get("from")) * 1000, to = Date.parse(parts.get("to")) * 1000;
        view = from < to ? { from: Math.max(whole.from, from), to: Math.min(whole.to, to) } : { from: whole.from, to: whole.to };
        if (!(view.from < view.to)) view = { from: whole.from, to: whole.to };
      }

      input.addEventListener("input", draw);
      byId("in").addEventListener("click", () => zoom(0.5));
      byId("out").addEventListener("click", () => zoom(2));
      byId("left").addEventListener("click", () => pan(-0.25));
      byId("right").addEventListener("click", () => pan(0.25));
      byId("all").addEventListener("click", reset);
      byId("more").addEventListener("click", () => { isExpanded = true; draw(); });
      chart.addEventListener("wheel", (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        const share = event.offsetX / chart.clientWidth;
        zoom(event.deltaY < 0 ? 0.8 : 1.25, view.from + (view.to - view.from) * share);
      }, { passive: false });
      chart.addEventListener("keydown", (event) => {
        const actions = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2),
          ArrowLeft: () => pan(-0.25), ArrowRight: () => pan(0.25), Home: reset, "0": reset };
        const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
        if (action) { event.preventDefault(); action(); }
      });
      document.addEventListener("keydown", (event) => {
        if (event.key === "/" && document.activeElement !== input) { event.preventDefault(); input.focus(); }
      });
      window.addEventListener("hashchange", () => { recall(); draw(); });
      window.addEventListener("resize", draw);
      recall();
      draw();
    })();
    """#
}
