/* OpenSaldo SignIn Widget, loader 1. Apache-2.0. The sign-in pages in a page or behind its button.
   Messages count only from the frame or window made here, while it shows the sign-in host. */
// @ts-check
(function () {
  'use strict';
  /** @typedef {import('./signin-widget.js').Options} Options */
  /** @typedef {import('./signin-widget.js').Handle} Handle */
  /** @typedef {{[name: string]: any}} Bag */
  /** @type {any} */
  const page = window;
  if (page.OpenSaldo && page.OpenSaldo.embed) return; // a second tag: what listens goes on listening

  const WORDS = 'string', FLAG = 'boolean', THINGS = 'object', CALL = 'function', ANY = '';
  /** Every option and its kind. @type {{[name: string]: string}} */
  const KINDS = {
    client: WORDS, divId: WORDS, ownerExternalId: WORDS, externalOwnerId: WORDS, country: WORDS,
    locale: WORDS, target: WORDS, showFavicons: FLAG, showScreenshots: FLAG,
    showTargetMissingOption: FLAG, showTargetMissingForm: FLAG, showDefaultTarget: FLAG,
    showBetaQualityLabels: FLAG, clientIdentity: WORDS, layout: ANY, dynamicHeight: FLAG,
    styles: THINGS, autoImport: ANY, since: WORDS, psd2: THINGS, 'psd2.accessMode': WORDS,
    'psd2.maxImportDate': WORDS, 'psd2.forceSca': FLAG, accessMode: WORDS, maxImportDate: WORDS,
    forceSca: FLAG, forceTestCredentials: FLAG, buttonLabel: WORDS,
    onSuccess: CALL, onError: CALL, onUnsupportedTarget: CALL, onInitialized: CALL,
    onUnloaded: CALL, onStarted: CALL, onTargetSelected: CALL, onCredentialEntered: CALL,
    onScreenshotClicked: CALL,
  };
  const NOT_SENT = ['divId', 'buttonLabel'];
  const DEPTH_MAX = 5, FIRST_PX = 560, LEAST_PX = 200, MOST_PX = 8000, LOOK_AFTER_MS = 500;
  /** What screen readers call the frame. @type {{[language: string]: string}} */
  const TITLES = {
    en: 'Bank sign-in', pl: 'Logowanie do banku', es: 'Acceso a tu banco', cs: 'Přihlášení do banky',
    pt: 'Acesso ao seu banco', ro: 'Conectare la bancă', lt: 'Prisijungimas prie banko',
    lv: 'Pieslēgšanās bankai', et: 'Panka sisselogimine',
  };
  /** @type {{[locale: string]: string}} */
  const LANGUAGES = { cz: 'cs', br: 'pt', mx: 'es', ee: 'et' };

  /** The folder above the script's own, unless a copy of it says where the sign-in host is. */
  const base = (() => {
    const own = /** @type {HTMLScriptElement | null} */ (
      document.currentScript || document.querySelector('script[src*="signin-widget.js"]'));
    const said = own && own.getAttribute('data-signin-url');
    if (said) return new URL(said.replace(/\/*$/, '/'));
    if (own && own.src) return new URL('..', own.src);
    throw new Error('OpenSaldo: load signin-widget.js by a script tag with its address in src');
  })();

  /** What stands in each container. @type {WeakMap<Element, Handle>} */
  const standing = new WeakMap();

  /** The name is there, its own and not empty: what a prototype lends is nobody's word.
      @param {Bag} bag @param {string} name */
  const has = (bag, name) => Object.prototype.hasOwnProperty.call(bag, name)
    && bag[name] !== undefined && bag[name] !== null && bag[name] !== '';

  /** @param {any} value @returns {boolean} */
  const isThings = (value) => typeof value === THINGS && value !== null && !Array.isArray(value);

  /** How many letters must change to make one name the other. @param {string} one @param {string} other */
  function distance(one, other) {
    let above = Array.from({ length: other.length + 1 }, (_, at) => at);
    for (const [row, letter] of Array.from(one).entries()) {
      const line = [row + 1];
      for (let at = 0; at < other.length; at++) {
        line.push(Math.min(above[at] + +(letter !== other[at]), above[at + 1] + 1, line[at] + 1));
      }
      above = line;
    }
    return above[other.length];
  }

  /** The integrator knows what does not fit, by names and kinds only: values may be secrets.
      @param {any} options @throws {TypeError} without a client: nothing can be shown then */
  function check(options) {
    const known = Object.keys(KINDS), given = isThings(options) ? Object.keys(options) : [];
    if (!given.includes('client') || typeof options.client !== WORDS || !options.client) {
      const wanted = known.map((name) => `${name}${name === 'client' ? '' : '?'}: ${KINDS[name] || 'any'}`);
      const got = isThings(options)
        ? `{${given.map((name) => `${name}: ${typeof options[name]}`).join(', ')}}` : typeof options;
      throw new TypeError(`OpenSaldo: expected your client id among {${wanted.join(', ')}}, got ${got}`);
    }
    const all = { ...options };
    for (const name of isThings(options.psd2) ? Object.keys(options.psd2) : []) all[`psd2.${name}`] = options.psd2[name];
    for (const name of Object.keys(all)) {
      const kind = KINDS[name], value = all[name];
      if (!known.includes(name)) {
        const [near] = known.slice().sort((one, other) => distance(name, one) - distance(name, other));
        console.warn(`OpenSaldo: there is no option ${name.slice(0, 40)}. Is it ${near}?`);
      } else if (kind && has(all, name) && (typeof value !== kind || (kind === THINGS && !isThings(value)))) {
        console.warn(`OpenSaldo: option ${name}: expected ${kind}, got ${Array.isArray(value) ? 'array' : typeof value}`);
      }
    }
    for (const name of ['onSuccess', 'onError']) {
      if (typeof options[name] !== CALL) console.warn(`OpenSaldo: the page does not handle ${name}`);
    }
  }

  /** @param {URLSearchParams} query @param {string} name @param {any} value @param {number} depth */
  function add(query, name, value, depth) {
    if (typeof value !== THINGS) {
      if (typeof value !== CALL) query.append(name, String(value));
    } else if (depth < DEPTH_MAX) {
      for (const key of Object.keys(value)) {
        if (has(value, key)) add(query, `${name}[${key}]`, value[key], depth + 1);
      }
    }
  }

  /** The address of the pages for these options. @param {Bag} options @param {boolean} isPopup */
  function address(options, isPopup) {
    const found = new URL(isPopup ? 'popup/signin/' : 'signin/', base), query = found.searchParams;
    for (const name of Object.keys(KINDS)) {
      if (!NOT_SENT.includes(name) && has(options, name)) add(query, name, options[name], 0);
    }
    query.append('isPopup', String(isPopup));
    query.append('widgetEmbeddedUrl', location.href.split(/[?#]/)[0]); // the rest is the page's own affair
    if (options.onScreenshotClicked) query.append('screenshotZoomIn', 'true');
    return found.href;
  }

  /** The first that is in a message decides; each says what the page is called with.
      @type {Array<[string, string, (said: any) => any[] | false]>} */
  const MESSAGES = [
    ['screenshot', 'onScreenshotClicked', (said) => [said]],
    ['error', 'onError', (said) => typeof said.cause === WORDS
      && [said.cause, { target: said.target, sessionId: said.sessionId, message: said.message }]],
    ['unsupportedTarget', 'onUnsupportedTarget', (said) => isThings(said)
      && [{ target: said.target, country: said.country, address: said.address }]],
    ['signedIn', 'onSuccess', (said) => typeof said.sessionId === WORDS && typeof said.sessionIdSignature === WORDS
      && [said.target, said.sessionId, said.sessionIdSignature, isThings(said.options) ? said.options : {}]],
    ['application', '', (said) => (said.state === 'widgetInitialized' || said.state === 'unloaded')
      && [{ application: { state: said.state } }]],
    ['targetSelected', 'onTargetSelected', (said) => isThings(said)
      && [{ name: said.name, officialName: said.officialName }]],
    ['credentialEntered', 'onCredentialEntered', () => []],
    ['started', 'onStarted', () => []],
    ['widgetSize', '', (said) => Number.isFinite(said.height) && [said.height]],
  ];

  /** Name, callback and arguments of a message; nothing when it is not one of ours.
      @param {any} data @returns {[string, string, any[]] | undefined} */
  function understood(data) {
    try {
      const said = (typeof data === WORDS ? JSON.parse(data) : data).kontomatik;
      const known = MESSAGES.find(([name]) => has(said, name) && said[name] !== false);
      const given = known && known[2](said[known[0]]);
      if (!known || !given) return undefined;
      const state = known[0] === 'application' && given[0].application.state;
      return [known[0], state ? (state === 'unloaded' ? 'onUnloaded' : 'onInitialized') : known[1], given];
    } catch { return undefined; } // no JSON, or of another shape
  }

  /** Calls the page back for each message of `from()`, until stopped.
      @param {Bag} options @param {() => Window | null} from @param {(name: string, given: any[]) => void} also
      @returns {() => void} stops */
  function listen(options, from, also) {
    /** @param {MessageEvent} event */
    const heard = (event) => {
      if (event.origin !== base.origin || !event.source || event.source !== from()) return;
      const told = understood(event.data);
      if (!told) return;
      also(told[0], told[2]);
      if (typeof options[told[1]] === CALL) options[told[1]](...told[2]);
    };
    addEventListener('message', heard);
    return () => removeEventListener('message', heard);
  }

  /** Makes one widget in the emptied container, in place of the one that stood there.
      @param {any} options
      @param {(box: HTMLElement, options: Bag) => () => void} fill @returns {Handle} */
  function place(options, fill) {
    check(options);
    const id = options.divId || 'kontomatik', box = document.getElementById(id);
    if (!box) {
      const what = `OpenSaldo: there is no element with the id ${id} on this page`;
      alert(what);
      throw new Error(what);
    }
    const before = standing.get(box);
    if (before) before.destroy();
    const end = fill(box, options);
    const handle = {
      destroy() {
        if (standing.get(box) !== handle) return; // over already, or another one stands there
        standing.delete(box);
        end();
        box.replaceChildren();
      },
    };
    standing.set(box, handle);
    return handle;
  }

  /** @param {Bag} options */
  function title(options) {
    const locale = String(options.locale || document.documentElement.lang).slice(0, 2).toLowerCase();
    return TITLES[LANGUAGES[locale] || locale] || TITLES.en;
  }

  /** The sign-in pages in a frame; returns what ends it. @param {HTMLElement} box @param {Bag} options */
  function showFrame(box, options) {
    const frame = document.createElement('iframe');
    frame.title = title(options);
    frame.src = address(options, false);
    frame.allow = 'clipboard-write'; // the session's id has a copy button
    frame.referrerPolicy = 'no-referrer';
    // It may not lead this page away.
    frame.setAttribute('sandbox', 'allow-forms allow-popups allow-popups-to-escape-sandbox allow-same-origin allow-scripts');
    frame.setAttribute('scrolling', 'no');
    Object.assign(frame.style, {
      display: 'block', width: '100%', minWidth: '280px', maxWidth: options.layout ? '' : '400px',
      height: `${FIRST_PX}px`, border: '0', overflow: 'hidden',
    });
    let isFirst = true;
    frame.onload = () => { // the next page begins where the person looks, though it is shorter
      const isLeft = frame.getBoundingClientRect().top < 0 && document.activeElement === frame;
      if (isLeft && !isFirst) frame.scrollIntoView();
      isFirst = false;
    };
    const stop = listen(options, () => frame.contentWindow, (name, [height]) => {
      if (name === 'widgetSize' && options.dynamicHeight) {
        frame.style.height = `${Math.min(Math.max(Math.ceil(height), LEAST_PX), MOST_PX)}px`;
      }
    });
    box.replaceChildren(frame);
    return stop;
  }

  /** A button that opens the sign-in pages in a window; returns what ends both.
      @param {HTMLElement} box @param {Bag} options */
  function showButton(box, options) {
    /** @type {Window | null} */
    let opened = null;
    let isTold = false, wasClosed = false, timer = 0;
    const button = document.createElement('button');
    button.id = 'kontomatik-button';
    button.type = 'button';
    button.textContent = options.buttonLabel || 'Kontomatik SignIn';
    let stop = listen(options, () => opened, (name) => {
      isTold = isTold || ['signedIn', 'error', 'unsupportedTarget'].includes(name);
    });
    const look = () => {
      if (!opened || !opened.closed) return;
      if (!wasClosed) { wasClosed = true; return; } // its last message may still be on its way
      clearInterval(timer);
      opened = null;
      if (!isTold && typeof options.onError === CALL) {
        options.onError('SignInCancelled', { target: null, sessionId: null, message: 'The sign-in window was closed.' });
      }
    };
    button.onclick = () => {
      if (opened && !opened.closed) { opened.focus(); return; }
      clearInterval(timer);
      opened = window.open(address(options, true), '_blank', 'popup,width=500,height=600');
      if (opened) {
        isTold = wasClosed = false;
        timer = setInterval(look, LOOK_AFTER_MS);
      } else {
        console.warn('OpenSaldo: the browser blocked the sign-in window; it is shown in the page instead');
        stop();
        stop = showFrame(box, options);
      }
    };
    box.replaceChildren(button);
    return () => { stop(); clearInterval(timer); if (opened) opened.close(); };
  }

  /** @param {any} options @returns {Handle} */
  const embed = (options) => place(options, showFrame);
  /** @param {any} options @returns {Handle} */
  const popup = (options) => place(options, showButton);

  let isWarned = false;
  page.OpenSaldo = Object.assign(page.OpenSaldo || {}, { version: 1, embed, popup });
  page.embedKontomatik = embed;
  page.embedKontomatikPopup = popup;
  /** @deprecated @param {any} options */
  page.embedKontox = (options) => {
    if (!isWarned) console.warn('embedKontox is an old name: use embedKontomatik or OpenSaldo.embed');
    isWarned = true;
    return embed(options);
  };
}());
