/* Loads the SignIn Widget from a sign-in host, once, whoever asks and however often. */
// @ts-check

const PATH = 'assets/signin-widget.js';

/** @typedef {import('./signin-widget.js').SignIn} SignIn */
/** @type {Promise<SignIn> | null} */
let loading = null;
let loadingFrom = '';

/** The widget's functions, as soon as its script has run.
 *
 * A script tag that is on the page already is waited for, not repeated. Where there is no window
 * (on a server) the answer is null. After a failure the next call tries again.
 *
 * @param {string} url the sign-in host, `https://signin.example.org`, or the script's full address
 * @param {{nonce?: string}} [options] the nonce of the page's Content-Security-Policy
 * @returns {Promise<SignIn | null>}
 * @throws {TypeError} at once, when the address is none
 */
export function loadSignIn(url, options = {}) {
  if (typeof window === 'undefined') return Promise.resolve(null);
  const address = scriptAddress(url);
  if (loading) {
    if (address !== loadingFrom) console.warn(`OpenSaldo: already loaded from ${loadingFrom}; ${address} is not used`);
    return loading;
  }
  loadingFrom = address;
  loading = load(address, options.nonce).catch((failure) => {
    loading = null;
    throw failure;
  });
  return loading;
}

/** @param {string} url */
function scriptAddress(url) {
  try {
    return new URL(url.endsWith('.js') ? url : `${url.replace(/\/+$/, '')}/${PATH}`).href;
  } catch {
    throw new TypeError('OpenSaldo: expected the address of the sign-in host, like https://signin.example.org');
  }
}

/** @param {string} address @param {string} [nonce] @returns {Promise<SignIn>} */
function load(address, nonce) {
  return new Promise((resolve, reject) => {
    const ready = found();
    if (ready) {
      resolve(ready);
      return;
    }
    const standing = Array.from(document.scripts).find((one) => one.src === address);
    const isUnderWay = standing && document.readyState !== 'complete';
    const script = isUnderWay ? standing : document.createElement('script');
    script.addEventListener('load', () => {
      const loaded = found();
      if (loaded) resolve(loaded);
      else reject(new Error(`OpenSaldo: ${address} is not the widget's script`));
    });
    script.addEventListener('error', () => {
      script.remove();
      reject(new Error(`OpenSaldo: ${address} could not be loaded`));
    });
    if (isUnderWay) return;
    if (nonce) script.nonce = nonce;
    script.src = address;
    document.head.append(script);
  });
}

/** @returns {SignIn | undefined} */
function found() {
  const { OpenSaldo } = /** @type {{OpenSaldo?: SignIn}} */ (/** @type {unknown} */ (window));
  return OpenSaldo && 'embed' in OpenSaldo ? OpenSaldo : undefined;
}
