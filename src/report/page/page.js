"use strict";
for (const table of document.querySelectorAll("table[data-search]")) {
  const rows = Array.from(table.tBodies[0].rows);
  if (rows.length < 2) continue;
  const label = document.createElement("label");
  label.className = "search";
  label.append(document.body.dataset.search);
  const input = document.createElement("input");
  input.type = "search";
  input.autocomplete = "off";
  label.append(input);
  const found = document.createElement("p");
  found.className = "soft";
  found.setAttribute("role", "status");
  table.parentElement.before(label, found);
  const texts = rows.map((row) => row.textContent.toLowerCase());
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !words.every((word) => texts[place].includes(word));
      if (!row.hidden) shown += 1;
    });
    found.textContent = words.length ? document.body.dataset.found + " " + shown + " / " + rows.length : "";
  });
}
for (const chart of document.querySelectorAll("figure.columns > .wide")) {
  chart.scrollLeft = chart.scrollWidth;
}
