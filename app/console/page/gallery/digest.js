// SHA-256 of files: what tells whether a picture is there already.

/** In hexadecimal; null where the browser has no digests, which is so on pages that are not of https. @param {Blob} file */
export async function sha256(file) {
  if (!crypto.subtle) return null;
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
