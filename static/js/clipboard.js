/** Whether the text could be copied. Without HTTPS a browser has no clipboard for pages. */
export async function copied(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return false;
  }
}
