// Puts the SignIn Widget into an element of a React component, and takes it away with it.
// @ts-check
import { useEffect, useId, useRef, useState } from 'react';
import { loadSignIn } from 'opensaldo-signin';

/**
 * The widget is shown anew when an option changes, not when a callback does: callbacks may be
 * written in place, and the latest one is called.
 *
 * @param {string} url the sign-in host, such as https://signin.example.org
 * @param {import('opensaldo-signin').Options} options as of `embedKontomatik`, without `divId`
 * @param {{nonce?: string}} [page] the nonce of the page's Content-Security-Policy
 * @returns {{id: string, failure: Error | null}} the id for the element, and why there is no widget
 */
export function useSignIn(url, options, page = {}) {
  const id = useId();
  const [failure, setFailure] = useState(/** @type {Error | null} */ (null));
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const settings = JSON.stringify(options); // functions are left out of it

  useEffect(() => {
    let handle = null;
    let isGone = false;
    setFailure(null);
    loadSignIn(url, { nonce: page.nonce }).then(
      (signIn) => {
        if (isGone || !signIn) return;
        handle = signIn.embed({ ...JSON.parse(settings), ...forwarded(latest), divId: id });
      },
      (problem) => isGone || setFailure(problem),
    );
    return () => {
      isGone = true;
      handle?.destroy();
    };
  }, [url, page.nonce, settings, id]);

  return { id, failure };
}

const CALLBACKS = /** @type {const} */ ([
  'onSuccess',
  'onError',
  'onInitialized',
  'onUnloaded',
  'onStarted',
  'onTargetSelected',
  'onCredentialEntered',
  'onUnsupportedTarget',
]);

/** Each callback calls the one of the latest render. */
function forwarded(latest) {
  return Object.fromEntries(CALLBACKS.map((name) => [name, (...said) => latest.current[name]?.(...said)]));
}
