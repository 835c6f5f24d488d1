// Shows the widget and hands its callbacks to the app around the page: Android, or iOS.
// @ts-check

const place = /** @type {HTMLElement} */ (document.getElementById('bank'));

/** @param {object} said */
function tellApp(said) {
  const app = globalThis.Android ?? globalThis.webkit?.messageHandlers?.signIn;
  if (app) app.postMessage(JSON.stringify(said));
}

globalThis.embedKontomatik({
  divId: place.id,
  client: place.dataset.client,
  ownerExternalId: place.dataset.owner,
  country: place.dataset.country,
  locale: 'en',
  layout: true,
  dynamicHeight: true,
  onSuccess(target, sessionId, sessionIdSignature, { officialName, multipleAccessId }) {
    tellApp({ name: 'success', target, officialName, sessionId, sessionIdSignature, multipleAccessId });
  },
  onError(cause, { target, sessionId, message }) {
    tellApp({ name: 'error', cause, target, sessionId, message });
  },
});
