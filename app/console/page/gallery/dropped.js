// Files that somebody drops, pastes or chooses: also whole folders.

/** A file and where it lay within a folder. @typedef {{ file: File, name: string }} Found */

const MOST = 5000;
const HIDDEN = /(?:^|\/)(?:\.|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/i;

/**
 * Calls back with what is dropped anywhere on the page or pasted, until `signal`; `over` is told whether files hover.
 * @param {{ found: (files: Found[]) => unknown, over: (is: boolean) => void, signal: AbortSignal }} options
 */
export function onFiles({ found, over, signal }) {
  let depth = 0;
  const has = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  const hovers = (/** @type {DragEvent} */ event, /** @type {number} */ by) => {
    if (!has(event)) return;
    event.preventDefault();
    depth = Math.max(0, depth + by);
    over(depth > 0);
  };
  document.addEventListener("dragenter", (event) => hovers(event, 1), { signal });
  document.addEventListener("dragover", (event) => hovers(event, 0), { signal });
  document.addEventListener("dragleave", (event) => hovers(event, -1), { signal });
  document.addEventListener(
    "drop",
    async (event) => {
      if (!has(event)) return;
      event.preventDefault();
      depth = 0;
      over(false);
      found(await inside(/** @type {DataTransfer} */ (event.dataTransfer)));
    },
    { signal },
  );
  document.addEventListener(
    "paste",
    (event) => {
      const files = chosen(event.clipboardData?.files);
      if (!files.length || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      found(files);
    },
    { signal },
  );
}

/** What a field for files holds; of folders with the way within. @param {FileList | null | undefined} files @returns {Found[]} */
export function chosen(files) {
  return [...(files ?? [])].map((file) => ({ file, name: file.webkitRelativePath || file.name })).filter(isMeant);
}

/** @param {DataTransfer} transfer @returns {Promise<Found[]>} */
async function inside(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null);
  if (!entries.some((entry) => entry?.isDirectory)) return chosen(transfer.files);
  /** @type {Found[]} */
  const found = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return found.filter(isMeant);
}

/** @param {FileSystemEntry} entry @param {Found[]} found @returns {Promise<void>} */
async function walk(entry, found) {
  if (found.length >= MOST) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    found.push({ file, name: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await walk(one, found);
  }
}

/** What systems put beside pictures is not meant. @param {{ name: string }} found */
export const isMeant = ({ name }) => !HIDDEN.test(name);

const NATURAL = new Intl.Collator("en", { numeric: true });

/** In the order in which people count: 2 before 10. @param {Found[]} found */
export const inOrder = (found) => [...found].sort((one, other) => NATURAL.compare(one.name, other.name));
