// All that the console says, in English. Who translates it translates this file.

/** @param {number} count @param {string} one @param {string} many */
const counted = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

const NUMBERS = new Intl.NumberFormat("en");
const DAYS = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
const TIMES = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const AGES = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** @param {number} value */
export const number = (value) => NUMBERS.format(value);

/** A share of 0 to 1. @param {number} value */
export const percent = (value) => `${number(Math.round(value * 10000) / 100)} %`;

/** A time as the reader's clock has it. @param {string} iso */
export const time = (iso) => TIMES.format(new Date(iso));

/** How long ago, in one word or two. @param {string} iso */
export function ago(iso) {
  return before((Date.now() - Date.parse(iso)) / 1000);
}

/** @param {number} seconds */
function before(seconds) {
  if (seconds < 45) return "just now";
  if (seconds < 3600) return AGES.format(-Math.round(seconds / 60), "minute");
  if (seconds < 86400) return AGES.format(-Math.round(seconds / 3600), "hour");
  return AGES.format(-Math.round(seconds / 86400), "day");
}

/** A length of time. @param {number} seconds */
export function lasting(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** @param {number} size */
export function bytes(size) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let place = 0;
  let value = size;
  for (; value >= 1000 && place < units.length - 1; place += 1) value /= 1000;
  return `${place && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[place]}`;
}

export const T = {
  name: "Product images",
  skip: "Skip to the content",
  menu: "Menu",
  loading: "Loading …",
  close: "Close",
  cancel: "Cancel",
  more: "Show more",
  copy: "Copy",
  copied: "Copied",
  retry: "Try again",
  undo: "Undo",
  nothing: "—",
  none: "None",
  all: "All",
  yes: "Yes",
  no: "No",

  screens: {
    start: "Start",
    products: "Products",
    product: "Product",
    image: "Image",
    texts: "Texts",
    files: "Many files",
    events: "Events",
    webhooks: "Webhooks",
    jobs: "Jobs and health",
    keys: "Keys",
    missing: "Nothing here",
  },
  nowhere: "There is nothing at this address. It may be of another version, or mistyped.",
  toStart: "To the start page",

  session: {
    title: "Log in",
    about: "Paste a key of the native API. It is sent once and kept nowhere in this page.",
    link: "Or open a one-time link: whoever runs this service prints one with",
    again: "Your session has ended. Log in to go on; what you typed is still there.",
    key: "Key",
    submit: "Log in",
    out: "Log out",
    opening: "Opening the link …",
    roles: {
      reader: "reader: may look at everything",
      editor: "editor: may change the catalogue",
      admin: "admin: may do everything",
    },
  },

  states: {
    ready: "Ready",
    processing: "In work",
    pending: "Pending",
    failed: "Failed",
    external: "Elsewhere",
    deleted: "Deleted",
    waiting: "Waiting",
    in_hand: "In hand",
    done: "Done",
    ok: "OK",
    stopped: "Stopped",
    unused: "Unused",
  },

  away: "The service does not answer. What you typed stays; trying again …",
  back: "The service answers again.",
  requestId: "Request",
  asRequest: "As a request",
  asRequestAbout: "The same as a shell command. Put a key of the native API into $KEY first.",
  changes: "Changes you made, as requests",
  noChanges: "Nothing was changed yet.",

  unsaved: {
    title: "Leave without saving?",
    text: "What you typed here is not saved.",
    leave: "Leave",
    stay: "Stay",
  },

  /** What to do about a refusal, by its code. */
  todo: /** @type {Record<string, string>} */ ({
    malformed: "This is a mistake of the page: reload it, and tell the operator if it happens again.",
    invalid: "Correct what is named, and save again.",
    unauthenticated: "Log in again.",
    forbidden: "Ask somebody whose key may do this.",
    not_found: "It may have been deleted meanwhile. Reload the page.",
    conflict: "Somebody else changed it, or it is taken. Look at the present state, then try again.",
    gone: "It is too old to be had.",
    precondition_failed: "Somebody else changed it meanwhile. Look at the present state, then save again.",
    too_large: "Use a smaller file.",
    unsupported_media_type: "Use another file.",
    image_refused: "Use another file.",
    too_many_requests: "Wait a moment, then try again.",
    busy: "The service has much to do. Try again in a moment.",
    unavailable: "Try again in a moment.",
    internal: "Tell the operator, with the request's id.",
  }),
  failedUnforeseen: "Something went wrong in this page",

  tile: {
    /** @param {number} id */
    unnamed: (id) => `Image ${id}, without a label`,
    excluded: "Excluded",
    hidden: "Hidden",
    noPicture: "No picture",
    notYet: "Not ready yet",
    /** @param {string} host */
    showHost: (host) => `Show pictures of ${host}`,
    /** @param {string} host */
    elsewhere: (host) => `Lies on ${host}`,
    unreachable: "The picture could not be shown",
  },

  start: {
    counts: { products: "Products", images: "Images", pictures: "Pictures", bytes: "Bytes kept" },
    approximate: "estimated",
    byState: "Images by state",
    queue: "Jobs waiting",
    oldest: "Oldest job",
    requests: "Requests a minute",
    lastHour: "last hour",
    failures: "What failed, and why",
    noFailures: "Nothing failed.",
    retry: "Try these again",
    /** @param {number} count */
    retried: (count) => `${counted(count, "job is", "jobs are")} tried again.`,
    without: "Products without a picture",
    noneWithout: "Every product has a picture.",
    showAll: "Show all",
    last: "Last changes",
    noChanges: "Changes appear here as they happen.",
    health: "Health",
    database: "Database",
    store: "Object store",
    version: "Version",
    /** @param {string} name */
    curve: (name) => `${name}, the last hour`,
    now: "now",
  },

  products: {
    search: "Search",
    searchHint: "SKU, slug or name",
    paste: "Paste a list of SKUs",
    pasteAbout: "One SKU a line, or separated by commas, semicolons or tabs.",
    show: "Show these",
    missing: "Missing",
    states: "Images",
    enabled: "Enabled",
    filters: { image: "No picture", failed: "With failures", processing: "In work", enabled: "Enabled", disabled: "Disabled" },
    /** @param {string} store */
    missingLabel: (store) => `Label: ${store}`,
    /** @param {string} type */
    missingType: (type) => `Type: ${type}`,
    /** @param {number} count @param {boolean} more */
    found: (count, more) => (more ? `${number(count)} or more products` : counted(count, "product", "products")),
    none: "No product is like this.",
    clear: "Clear the filters",
    unknown: /** @param {string[]} skus */ (skus) => `Unknown: ${skus.join(", ")}`,
    disabled: "disabled",
    variants: /** @param {number} count */ (count) => counted(count, "variant", "variants"),
    variantOf: /** @param {string} sku */ (sku) => `variant of ${sku}`,
    images: /** @param {number} count */ (count) => counted(count, "image", "images"),
    inWork: /** @param {number} count */ (count) => `${count} in work`,
    failed: /** @param {number} count */ (count) => `${count} failed`,
    noImages: "takes no pictures",
    keys: "Arrow keys move through the list, Enter opens a product, / goes to the search.",
  },

  undoing: {
    /** @param {number} count @param {number} left */
    done: (count, left) => `${counted(count, "change was", "changes were")} undone${left ? `; ${left} left as they are` : ""}.`,
    underWay: "Undoing; it goes on if you leave.",
    /** @param {number} done @param {number} of */
    counted: (done, of) => `${number(done)} of ${number(of)}`,
    /** @param {number} done @param {number} of */
    stopped: (done, of) => `Stopped: ${number(done)} of ${counted(of, "change was", "changes were")} undone.`,
    failed: "The undo came to no end.",
    title: "Undo the rest?",
    conflict: "Some of it was changed again since. That would be left as it is, and the rest undone.",
    rest: "Undo the rest",
  },

  product: {
    gallery: "Gallery",
    scope: "Values of",
    global: "All store views (global)",
    add: "Add pictures",
    addFolder: "Add a folder",
    empty: "No picture yet. Drop files or folders here, paste a picture, or choose some above.",
    drop: "Drop to add to this gallery",
    keys: "Arrow keys go through the tiles, Shift and arrows move one, Space selects, Enter opens, P types a position, Delete deletes.",
    selection: "What to do with the selected images",
    selected: /** @param {number} count */ (count) => `${number(count)} selected`,
    choose: /** @param {string} name */ (name) => `Select: ${name}`,
    chooseAll: "Select all",
    chooseNone: "Select none",
    tile: /** @param {string} name @param {number} place @param {number} of */ (name, place, of) => `${name}, ${place} of ${of}`,
    position: /** @param {string} name */ (name) => `Position of: ${name}`,
    back: /** @param {string} name */ (name) => `Move back: ${name}`,
    on: /** @param {string} name */ (name) => `Move on: ${name}`,
    movedTo: /** @param {number} place @param {number} of @param {number} count */ (place, of, count) =>
      count > 1 ? `${count} images moved to position ${place} of ${of}` : `Moved to position ${place} of ${of}`,
    ordered: "The order is saved.",
    orderedMeanwhile: "Somebody else changed this gallery meanwhile. Your order was not saved; here is the present one.",
    noLabel: "No label",
    inherited: "global values",
    ownHere: /** @param {string} values */ (values) => `own here: ${values}`,
    values: { label: "label", position: "position", exclude: "exclusion", types: "types" },
    useGlobal: "Use the global value",
    remove: "Delete",
    exclude: "Exclude",
    include: "Include",
    setType: "Type …",
    giveType: /** @param {string} type */ (type) => `Make it: ${type}`,
    takeType: /** @param {string} type */ (type) => `No longer: ${type}`,
    oneForType: "Select one to set a type",
    copy: "Copy",
    copyTo: "Copy to …",
    copyTitle: /** @param {number} count */ (count) => `Copy ${counted(count, "image", "images")} to another product`,
    copyInto: "SKU of the product",
    done: {
      removed: /** @param {number} count */ (count) => `${counted(count, "image", "images")} deleted.`,
      excluded: /** @param {number} count */ (count) => `${counted(count, "image", "images")} excluded.`,
      included: /** @param {number} count */ (count) => `${counted(count, "image", "images")} shown again.`,
      typed: /** @param {number} _count */ (_count) => "The types are saved.",
      global: /** @param {number} count */ (count) => `${counted(count, "image uses", "images use")} the global values.`,
      copied: /** @param {number} count @param {string} sku */ (count, sku) =>
        `${counted(count, "image", "images")} copied to ${sku}.`,
    },
    family: "Parent and variants",
    variants: "Variants",
    variantOf: "variant of",
    parent: "parent",
    more: /** @param {number} count */ (count) => `and ${number(count)} more`,
    sets: "Image sets beside the gallery",
    everyLanguage: "every language",
  },

  uploads: {
    progress: /** @param {string} name */ (name) => `Progress of ${name}`,
    sent: /** @param {string} sent @param {string} of */ (sent, of) => `${sent} of ${of}`,
    checked: "Being checked …",
    states: /** @type {Record<string, string>} */ ({
      waiting: "Waits for its turn",
      sending: "Being sent",
      done: "Added",
      refused: "Refused",
      cancelled: "Cancelled",
    }),
    drop: "Leave out",
    begun: /** @param {number} count */ (count) => `${counted(count, "file is", "files are")} being added.`,
    finished: "All files are decided.",
    refused: /** @param {string} name @param {string} why */ (name, why) => `${name} was refused. ${why}`,
    /** What was found in a file that was not taken, by the code of the refusal. */
    measured: /** @type {Record<string, (found: any, most: any) => string>} */ ({
      format_not_accepted: (found) => `It is: ${found}.`,
      file_too_large: (found, most) => `It has ${bytes(found)}, at most ${bytes(most)} are taken.`,
      too_many_pixels: (found, most) => `It has ${number(found)} pixels, at most ${number(most)} are taken.`,
      too_many_frames: (found, most) => `It has ${number(found)} frames, at most ${number(most)} are taken.`,
    }),
    sameTitle: /** @param {number} count */ (count) =>
      count === 1 ? "This picture is there already" : `${number(count)} pictures are there already`,
    same: /** @param {string} name @param {string} where */ (name, where) => `${name} is the same as ${where}`,
    leaveOut: "Leave out",
    allTheSame: "Add all the same",
  },

  previews: {
    title: "What shops see now",
    about: "The exact answers of the shops' interfaces for this product.",
    which: "Answer of",
    apis: /** @type {Record<string, string>} */ ({ glue: "Glue", openmage: "OpenMage", spree: "Spree" }),
    as: /** @type {Record<string, string>} */ ({ admin: "as admin", customer: "as customer", guest: "as guest" }),
    copyAddress: "Copy the address",
    headers: "Headers",
    body: "The document",
  },

  image: {
    number: /** @param {number} id */ (id) => `Image ${id}`,
    picture: /** @param {number} id */ (id) => `Picture ${id}`,
    of: "of",
    deleted: "This image is deleted. It can be restored.",
    restoreDeleted: "Restore it",
    zoom: "Zoom",
    edit: {
      open: "Crop, turn, focal point",
      title: "How this image shows its picture",
      before: "Before",
      after: "After",
      turnLeft: "Turn left",
      turnRight: "Turn right",
      point: "Set a focal point",
      noPoint: "Remove the focal point",
      reset: "As it was uploaded",
      left: "Left",
      top: "Top",
      width: "Width",
      height: "Height",
      /** @param {number} left @param {number} top @param {number} width @param {number} height */
      kept: (left, top, width, height) => `Kept part: left ${left} %, top ${top} %, width ${width} %, height ${height} %`,
      /** @param {number} x @param {number} y */
      pointAt: (x, y) => `Focal point: ${x} %, ${y} %`,
      /** @param {number} width @param {number} height */
      size: (width, height) => `${number(width)} × ${number(height)} pixels`,
      keys: "Drag the part that is kept, or its edges. Arrow keys move it, with Shift they change its size; the focal point likewise.",
      /** @param {number} degrees */
      isTurned: (degrees) => `turned by ${degrees}°`,
      isCropped: "cropped",
      hasPoint: "with a focal point",
      said: /** @param {string} what */ (what) => `Shown ${what}; the upload stays as it is.`,
    },
    zoomHint: "Plus and minus change the size, arrow keys move the picture, Escape closes it.",
    bigger: "Bigger",
    smaller: "Smaller",
    facts: "The file",
    names: {
      file_name: "Name",
      format: "Format",
      size: "Size",
      pixels: "Pixels",
      alpha: "Transparent",
      frames: "Frames",
      sha256: "SHA-256",
      created: "Added",
      updated: "Changed",
    },
    converted: /** @param {string} format @param {string} source */ (format, source) => `${format}, uploaded as ${source}`,
    original: "Public file",
    download: "Download the upload",
    replace: "Replace the file",
    replaced: "The file is replaced; texts, types and position stay.",
    sameFile: "It is the same file; nothing was changed.",
    remove: "Delete",
    notes: "What was found",
    noNotes: "Nothing to remark.",
    severities: /** @type {Record<string, string>} */ ({ info: "Note", warning: "Warning" }),
    renditions: "Renditions",
    noRenditions: "An external picture has none.",
    columns: { recipe: "Recipe", format: "Format", state: "State", pixels: "Pixels", bytes: "Bytes" },
    open: "Open",
    labels: "Labels",
    labelOf: /** @param {string} scope */ (scope) => `Label, ${scope}`,
    labelsAbout: "An empty field means that the value for all holds.",
    scope: "For",
    global: "All",
    label: "Label",
    shown: "Glue says",
    nobody: "nothing",
    from: {
      picture: /** @param {string} locale */ (locale) => `from the picture's text for ${locale}`,
      store: /** @param {string} store */ (store) => `from ${store}'s label`,
      global: "from the label for all",
      none: "there is no text",
    },
    pictureText: /** @param {string} locale */ (locale) => `Text of the picture, ${locale}`,
    pictureTexts: "Texts of the picture",
    pictureTextsAbout: /** @param {number} count */ (count) =>
      `Glue says them before any label, wherever the picture is used: in ${counted(count, "place", "places")}.`,
    large: "large",
    small: "small",
    shared: /** @param {number} count */ (count) =>
      `This picture is used in ${counted(count, "place", "places")}. The text changes in all of them.`,
    sharedTitle: "Save for all places?",
    save: "Save",
    saved: "Saved.",
    types: "Types and places",
    type: "Type",
    position: "Position",
    excluded: "Excluded",
    typesAbout: "In a store view a mark of its own wins over the one for all.",
    useGlobal: "Use the global value",
    used: "Where else it is used",
    usedNowhere: "Nowhere else.",
    set: /** @param {string} name @param {string} locale */ (name, locale) => `set ${name} (${locale})`,
    more: "and more",
    history: "History",
    noHistory: "Nothing is kept of its history.",
    restore: "Restore this",
    restoreAbout: /** @param {number} revision */ (revision) => `Restore the image as it was after revision ${revision}`,
    restored: "Restored.",
    nothing: "nothing",
    /** @param {string} member @param {string} before @param {string} after */
    became: (member, before, after) => `${member}: ${before} → ${after}`,
  },

  checks: {
    title: "What channels ask for",
    words: /** @type {Record<string, string>} */ ({ pass: "Fits", warn: "Advised", fail: "Fails", not_checked: "Not checked" }),
    /** @type {{ result: string, count: (count: number) => string }[]} */
    results: [
      { result: "fail", count: (count) => counted(count, "fails", "fail") },
      { result: "warn", count: (count) => `${number(count)} advised` },
      { result: "pass", count: (count) => counted(count, "fits", "fit") },
      { result: "not_checked", count: (count) => `${number(count)} not checked` },
    ],
    here: /** @param {string} value */ (value) => `– here ${value}`,
    pixels: /** @param {string} count */ (count) => `${count} pixels`,
    without: /** @param {string[]} languages */ (languages) => `– none in ${languages.join(", ")}`,
    sameAs: "– the same bytes as",
    from: /** @param {string} day */ (day) => `(refused from ${DAYS.format(new Date(day))} on)`,
  },
  texts: {
    image: "Image",
    sku: "Of the product",
    download: "Download as CSV",
    upload: "Take in a CSV",
    takeIn: "Take it in",
    found: /** @param {number} count @param {boolean} more */ (count, more) =>
      more ? `${number(count)} or more images` : counted(count, "image", "images"),
    none: "No image is like this.",
    tried: /** @param {number} lines @param {number} images */ (lines, images) =>
      lines ? `${counted(lines, "line changes", "lines change")} ${counted(images, "image", "images")}` : "Nothing would change",
    taken: /** @param {number} lines @param {number} images */ (lines, images) =>
      `${counted(lines, "line was", "lines were")} taken in; ${counted(images, "image", "images")} changed.`,
    changed: /** @param {number} count */ (count) => `${number(count)} changed`,
    unchanged: /** @param {number} count */ (count) => `${number(count)} as it is`,
    wrong: /** @param {number} count */ (count) => `${number(count)} wrong`,
    line: /** @param {number} line */ (line) => `Line ${number(line)}`,
    more: "There is more than is shown here.",
    columns: { line: "Line", image: "Image", store: "For", column: "Column", before: "Before", after: "After" },
  },

  files: {
    about: "A whole folder, or a zip of one: each file goes to the product that its name says.",
    rule: "Rule for names",
    ruleAbout:
      "{sku}, {position} and {type} stand for themselves, [_-] for one of these characters. Parts at the end may be missing.",
    badRule: "A rule needs {sku} once, and knows {position} and {type} beside it.",
    folder: "Choose a folder",
    choose: "Choose files or a zip",
    empty: "Drop a folder, files or a zip here. Nothing is sent before you have seen what belongs where.",
    drop: "Drop to see what belongs where",
    others: /** @param {number} count */ (count) =>
      `${counted(count, "file is", "files are")} left out: not a picture by the name.`,
    badZip: {
      damaged: "it is damaged.",
      encrypted: "it is encrypted, or packed in a way that is not known here.",
      too_many: "it holds more than 5,000 files.",
      too_large: "it holds a file that is larger than pictures may be.",
    },
    columns: { name: "File", sku: "SKU", position: "Position", type: "Type", state: "" },
    counts: /** @type {Record<string, (count: number) => string>} */ ({
      matched: (count) => `${number(count)} to add`,
      there: (count) => `${number(count)} already there`,
      unknown: (count) => `${number(count)} with an unknown SKU`,
      unclear: (count) => `${number(count)} not understood`,
    }),
    states: /** @type {Record<string, string>} */ ({
      matched: "To add",
      there: "Already there",
      unknown: "Unknown SKU",
      unclear: "Name not understood",
      done: "Added",
      failed: "Refused",
    }),
    start: /** @param {number} count @param {string} size */ (count, size) =>
      `Add ${counted(count, "picture", "pictures")}, ${size}`,
    progress: "Progress of all files",
    decided: /** @param {number} done @param {number} of */ (done, of) => `${number(done)} of ${number(of)}`,
    summary: /** @param {number} done @param {number} failed @param {number} left */ (done, failed, left) =>
      [`${counted(done, "picture", "pictures")} added`, failed && `${number(failed)} refused`, left && `${number(left)} not sent`]
        .filter(Boolean)
        .join(", "),
    undo: "Undo all of it",
    goOn: "Go on",
  },

  jobs: {
    queues: "Queues",
    columns: { kind: "Kind", waiting: "Waiting", inHand: "In hand", failed: "Failed", oldest: "Oldest waits" },
    failed: "Failed jobs",
    none: "No job failed.",
    idle: "Nothing waits.",
    retryAll: "Try all again",
    attempts: /** @param {number} count */ (count) => counted(count, "try", "tries"),
    since: /** @param {string} when */ (when) => `since ${when}`,
    doctor: "What the doctor says of this process",
    doctorOnly: "Admins see here what the doctor says of this process's settings.",
    warnings: "Warnings",
    limits: "Settings in force",
    wrong: "Wrong",
    remedy: "What helps",
    kinds: /** @type {Record<string, string>} */ ({ render: "Renditions", render_further: "Further formats" }),
  },

  keys: {
    title: "Keys of the APIs",
    add: "Add a key",
    name: "Name",
    role: "Role",
    audiences: "For",
    audience: /** @type {Record<string, string>} */ ({ v1: "native API", spree: "Spree" }),
    made: "Made",
    used: "Last used",
    never: "not yet",
    lately: "within the hour",
    revoke: "Revoke",
    revoked: "Revoked",
    revokeTitle: /** @param {string} name */ (name) => `Revoke ${name}?`,
    revokeText: "Whatever uses it is refused within a second. This cannot be taken back.",
    last: "It is the last key of an admin. Revoke it all the same?",
    shownOnce: "It is shown this once. Copy it now.",
    consumers: "OAuth consumers (OpenMage)",
    tokens: "OAuth tokens (OpenMage)",
    addConsumer: "Add a consumer",
    addToken: "Add a token",
    consumer: "Consumer",
    ownConsumer: "One of its own",
    consumerSecret: "Consumer's secret",
    key: "Key",
    token: "Token",
    secret: "Secret",
    user: "For",
    user_type: /** @type {Record<string, string>} */ ({ admin: "admin", customer: "customer" }),
    none: "There are none.",
    done: { added: "Added.", revoked: "Revoked.", removed: "Removed." },
    remove: "Remove",
    removeTitle: /** @param {string} name */ (name) => `Remove ${name}?`,
    removeText: "Its tokens go, too, and clients that use them are refused within a second.",
  },

  events: {
    live: "Live",
    connecting: "Connecting",
    paused: "Paused",
    pause: "Pause",
    go: "Go on",
    types: "Types",
    typesHint: "image.*, product.deleted",
    sku: "SKU",
    none: "Nothing happened yet that you have not seen. Events appear here as they happen.",
    whole: "The whole event",
  },

  webhooks: {
    add: "Add a webhook",
    none: "No address is told of events.",
    url: "Address",
    prefix: "Only products whose SKU begins with",
    prefixed: /** @param {string} prefix */ (prefix) => `SKU ${prefix}…`,
    description: "Description",
    enabled: "Enabled",
    disabled: "Disabled",
    enable: "Enable",
    disable: "Disable",
    test: "Send a test",
    rotate: "New secret",
    rotateText: "The present secret signs beside the new one for a day.",
    remove: "Remove",
    removeText: "It is told no more, and what is on its way is dropped.",
    deliveries: "What was sent",
    nothingSent: "Nothing yet.",
    look: "Look again",
    resend: "Send again",
    succeeded: /** @param {string} when */ (when) => `Last success ${when}`,
    never: "No success yet",
    done: {
      added: "Added.",
      changed: "Changed.",
      tested: "A test is on its way.",
      rotated: "It has a new secret.",
      resent: "It is on its way again.",
    },
  },

  /** What a row of the log says, by its kind. */
  kinds: /** @type {Record<string, string>} */ ({
    "image.created": "added a picture",
    "image.updated": "changed an image",
    "image.replaced": "replaced a picture",
    "image.moved": "moved an image",
    "image.deleted": "deleted an image",
    "image.restored": "restored an image",
    "image.ready": "made renditions",
    "image.failed": "could not make renditions",
    "gallery.reordered": "put a gallery in order",
    "product.created": "made a product",
    "product.updated": "changed a product",
    "product.deleted": "deleted a product",
    "product.restored": "restored a product",
    "set.changed": "changed an image set",
    "set.removed": "removed an image set",
    "picture.changed": "changed a picture's texts",
    "batch.finished": "finished a batch",
    "catalogue.changed": "changed store views or types",
    "key.added": "added a key",
    "key.changed": "changed a key",
    "key.revoked": "revoked a key",
  }),
  /** Through what something was changed. */
  via: /** @type {Record<string, string>} */ ({
    v1: "native API",
    console: "console",
    spree: "Spree",
    openmage: "OpenMage",
    command: "command line",
    import: "import",
    worker: "the service",
  }),
};
