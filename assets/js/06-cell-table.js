/* Reads the compact cells of an answer; dashboard/api/cell_table.py says what each byte means. */
(function () {
  "use strict";

  const FORM = "delta-varint";
  const BASE_RESOLUTION = 15;
  const BITS_A_DIGIT = 3;
  const FIRST_CLASS = "0".charCodeAt(0);

  /** Return the numbers in order; bit operations would cut them at 32 bits. */
  function varints(base64) {
    const bytes = atob(base64);
    const numbers = [];
    let number = 0;
    let place = 1;
    for (let i = 0; i < bytes.length; i += 1) {
      const byte = bytes.charCodeAt(i);
      number += (byte & 127) * place;
      place *= 128;
      if (byte < 128) {
        numbers.push(number);
        number = 0;
        place = 1;
      }
    }
    return numbers;
  }

  /** Name the cells as h3-js does. A cell has 60 bits and a Number is exact up to 53: hence BigInt. */
  function cellsOf(differences, resolution) {
    const missing = BigInt(BITS_A_DIGIT * (BASE_RESOLUTION - resolution));
    let prefix = 0;
    return differences.map((difference) => {
      prefix += difference;
      if (!Number.isSafeInteger(prefix)) throw new Error("cells too fine, of resolution " + resolution);
      return (((BigInt(prefix) + 1n) << missing) - 1n).toString(16);
    });
  }

  /** Return cells, counts and classes, in one order; prefixes fit into a Number up to resolution 12. */
  window.gezhi.cellTable = function (table, resolution) {
    if (table.form !== FORM) throw new Error("cells in an unknown form, " + table.form);
    const read = {
      cells: cellsOf(varints(table.cells), resolution),
      counts: varints(table.counts),
      classes: Array.from(table.class, (mark) => mark.charCodeAt(0) - FIRST_CLASS),
    };
    const isWhole = Object.values(read).every((column) => column.length === table.n);
    if (!isWhole) throw new Error("cells cut short");
    return read;
  };
})();
