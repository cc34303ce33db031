/** Copying a text. */

/** Copy a text where the browser lets us, or else select what is shown of it; returns what to tell about it. */
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    if (shown.select) shown.select();
    else getSelection().selectAllChildren(shown);
    return "Selected: press Ctrl+C to copy";
  }
}
