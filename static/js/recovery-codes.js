// Copies or prints the recovery codes. To download them needs no script.

import { copied } from './clipboard.js';
import { text } from './texts.js';

const one = (testid) => document.querySelector(`[data-testid="${testid}"]`);
const codes = [...document.querySelectorAll('#codes code')].map((code) => code.textContent);

async function copy() {
  const done = await copied(codes.join('\n'));
  one('codes-message').textContent = text(done ? 'Copied.' : 'Your browser does not allow it. Please select the codes.');
}

for (const [testid, action] of [['copy-codes', copy], ['print-codes', () => print()]]) {
  one(testid).disabled = false;
  one(testid).addEventListener('click', action);
}
