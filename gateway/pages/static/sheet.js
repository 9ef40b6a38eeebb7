// An Excel workbook (Office Open XML) out of rows, made in the browser: parts of XML in a ZIP archive whose members are stored, not
// compressed. Texts are texts and never formulas, whatever they begin with; the same rows make the same bytes.

const encoder = new TextEncoder();
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml";
export const MEDIA_TYPE = `${TYPES}.sheet`;
const MONEY = /^-?\d+\.\d{2}$/;
const DOS_DATE = 0x21; // 1 January 1980: when it was made is said by the document, not by its archive
const UTF8_NAMES = 0x800;
const STYLES = { bold: 1, count: 2, money: 3 };

/** sheets: [{name, rows}], each row a list of cells: a whole number, a decimal text with two places, another text, or {bold: text}. */
export function workbook(sheets) {
  const numbers = sheets.map((_, place) => place + 1);
  const parts = [
    ["[Content_Types].xml", `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPES}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPES}.styles+xml"/>${numbers.map((n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${TYPES}.worksheet+xml"/>`).join("")}</Types>`],
    ["_rels/.rels", `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
    ["xl/workbook.xml", `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>${sheets.map(({ name }, place) => `<sheet name="${escaped(name)}" sheetId="${place + 1}" r:id="rId${place + 1}"/>`).join("")}</sheets></workbook>`],
    ["xl/_rels/workbook.xml.rels", `<Relationships xmlns="${PACKAGE}/relationships">${numbers.map((n) => `<Relationship Id="rId${n}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${n}.xml"/>`).join("")}<Relationship Id="rId${sheets.length + 1}" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`],
    ["xl/styles.xml", `<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="3" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`],
    ...sheets.map(({ rows }, place) => [`xl/worksheets/sheet${place + 1}.xml`, worksheet(rows)]),
  ];
  return archive(parts.map(([name, text]) => [encoder.encode(name), encoder.encode(HEAD + text)]));
}

function worksheet(rows) {
  const lines = rows.map((cells, row) => `<row r="${row + 1}">${cells.map((cell, column) => cellText(cell, `${letters(column)}${row + 1}`)).join("")}</row>`);
  return `<worksheet xmlns="${MAIN}"><sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="${Math.max(1, ...rows.map((cells) => cells.length))}" width="18" customWidth="1"/></cols><sheetData>${lines.join("")}</sheetData></worksheet>`;
}

function cellText(cell, at) {
  if (cell === null || cell === undefined || cell === "") return "";
  if (Number.isInteger(cell)) return `<c r="${at}" s="${STYLES.count}"><v>${cell}</v></c>`;
  if (typeof cell === "string" && MONEY.test(cell)) return `<c r="${at}" s="${STYLES.money}"><v>${cell}</v></c>`;
  const text = typeof cell === "object" ? cell.bold : String(cell);
  return `<c r="${at}" s="${typeof cell === "object" ? STYLES.bold : 0}" t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`;
}

function letters(column) {
  return column < 26 ? String.fromCharCode(65 + column) : letters(Math.floor(column / 26) - 1) + letters(column % 26);
}

/** A text inside XML; control characters, which XML has no place for, are left out. */
function escaped(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/[&<>"]/g, (found) => names[found]);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ CRC_TABLE[(value ^ byte) & 255];
  return (value ^ 0xffffffff) >>> 0;
}

/** A ZIP archive of stored members, [name, content] in bytes. */
function archive(members) {
  const bodies = [];
  const directory = [];
  let offset = 0;
  for (const [name, content] of members) {
    // version 2.0, flags, stored, time, date, CRC, both sizes, length of the name, no extra field
    const shared = [[2, 20], [2, UTF8_NAMES], [2, 0], [2, 0], [2, DOS_DATE], [4, crc32(content)], [4, content.length], [4, content.length], [2, name.length], [2, 0]];
    bodies.push(fields([[4, 0x04034b50], ...shared]), name, content);
    directory.push(fields([[4, 0x02014b50], [2, 20], ...shared, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), name);
    offset += 30 + name.length + content.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = fields([[4, 0x06054b50], [2, 0], [2, 0], [2, members.length], [2, members.length], [4, size], [4, offset], [2, 0]]);
  return new Blob([...bodies, ...directory, end], { type: MEDIA_TYPE });
}

function fields(list) {
  const made = new DataView(new ArrayBuffer(list.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of list) {
    if (size === 2) made.setUint16(at, value, true);
    else made.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(made.buffer);
}
