// The component: <SignIn url="https://signin.example.org" client="acme-test" onSuccess={…} onError={…} />
// @ts-check
import { createElement } from 'react';
import { useSignIn } from './useSignIn.js';

/**
 * The widget in a `div`; a sentence instead of it when its script cannot be loaded.
 *
 * @param {{url: string, nonce?: string} & import('opensaldo-signin').Options} props
 */
export function SignIn({ url, nonce, ...options }) {
  const { id, failure } = useSignIn(url, options, { nonce });
  if (failure) return createElement('p', { role: 'alert' }, 'The list of banks could not be loaded.');
  return createElement('div', { id });
}
