import type { SignIn } from './signin-widget.js';

export type * from './signin-widget.js';

/**
 * The widget's functions, as soon as its script has run; null where there is no window.
 * @param url the sign-in host, `https://signin.example.org`, or the script's full address
 * @param options the nonce of the page's Content-Security-Policy
 * @throws {TypeError} at once, when the address is none
 */
export function loadSignIn(url: string, options?: { nonce?: string }): Promise<SignIn | null>;
