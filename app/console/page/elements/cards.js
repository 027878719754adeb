// Tables whose rows are cards on a phone: each value stands beside the name of its column.

/** @template {HTMLTableElement} T @param {T} table @returns {T} */
export function cards(table) {
  table.classList.add("cards");
  table.setAttribute("role", "table"); // which it would be no more once it is laid out otherwise
  const heads = [...(table.tHead?.rows[0].cells ?? [])].map((head) => head.textContent ?? "");
  for (const body of table.tBodies) for (const row of body.rows) card(row, heads);
  return table;
}

/** @param {HTMLTableRowElement} row @param {string[]} heads */
export function card(row, heads) {
  row.setAttribute("role", "row");
  for (const [place, cell] of [...row.cells].entries()) {
    cell.setAttribute("role", cell.localName === "th" ? "rowheader" : "cell");
    if (heads[place]) cell.dataset.head = heads[place];
  }
}
