// The texts of the scripts in the language of the page. English is the key.

const table = JSON.parse(document.querySelector('meta[name="texts"]')?.content ?? '{}');

/** The text in the language of the page, with `{name}` replaced by its value. */
export function text(english, values = {}) {
  return filled(table[english] ?? english, values);
}

/** The text with `{name}` replaced by its value. */
export function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** For dates: Thai browsers would count the years of the Buddhist era, and the server does not. */
export const locale = document.documentElement.lang === 'th' ? 'th-u-ca-gregory' : document.documentElement.lang;
