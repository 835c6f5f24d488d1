/** What the page tells the widget. `client` is required; the page should handle onSuccess and onError. */
export interface Options {
  /** Your client id. */
  client: string;
  /** The id of the element that is emptied and filled; default `kontomatik`. */
  divId?: string;
  /** Your own key for the person: groups what is imported; generated when absent. */
  ownerExternalId?: string;
  /** The same under its other name. */
  externalOwnerId?: string;
  /** Two lower-case letters, or `all`; without it the person is asked. */
  country?: string;
  /** The language: pl, en, es, cs or cz, pt, ro, lt, lv, et or ee, and mx, br. */
  locale?: string;
  /** The bank to sign in to, by its target's name. */
  target?: string;
  showFavicons?: boolean;
  showScreenshots?: boolean;
  showTargetMissingOption?: boolean;
  showTargetMissingForm?: boolean;
  showDefaultTarget?: boolean;
  showBetaQualityLabels?: boolean;
  /** Your full legal name, as it stands in the consent. */
  clientIdentity?: string;
  /** As wide as the container; otherwise at most 400 px. */
  layout?: boolean | string;
  /** The frame is as high as what it shows; otherwise 560 px. */
  dynamicHeight?: boolean;
  styles?: Styles;
  /** The import starts by itself after the sign-in: since a day, or for so many months. */
  autoImport?: boolean | number | { since: string } | { months: number };
  /** The first day of an automatic import, YYYY-MM-DD. */
  since?: string;
  psd2?: Psd2;
  /** The same as in `psd2`. */
  accessMode?: AccessMode;
  /** The same as in `psd2`. */
  maxImportDate?: string;
  /** The same as in `psd2`. */
  forceSca?: boolean;
  /** Accept logins of the test bank only. */
  forceTestCredentials?: boolean;
  /** The text of the button that opens the window. */
  buttonLabel?: string;

  onSuccess?(target: string, sessionId: string, sessionIdSignature: string, options: Success): void;
  onError?(cause: string, details: Failure): void;
  /** The person said that their bank is not listed. */
  onUnsupportedTarget?(missing: { target?: string; country?: string; address?: string }): void;
  onInitialized?(what: { application: { state: 'widgetInitialized' } }): void;
  onUnloaded?(what: { application: { state: 'unloaded' } }): void;
  /** The bank list is shown. */
  onStarted?(): void;
  onTargetSelected?(target: { name: string; officialName: string }): void;
  onCredentialEntered?(): void;
  onScreenshotClicked?(screenshot: unknown): void;
}

export type AccessMode = 'SINGLE' | 'MULTIPLE' | 'MIXED';

export interface Psd2 {
  accessMode?: AccessMode;
  /** The oldest day that may be imported, YYYY-MM-DD. */
  maxImportDate?: string;
  /** The additional authentication some banks want for more than 90 days of history. */
  forceSca?: boolean;
}

/** Colours as CSS writes them (`#1a2b3c`, `rgb(26 43 60)`, `navy`); anything else is dropped. */
export interface Styles {
  alertErrorBgColor?: string;
  alertErrorBorderColor?: string;
  alertErrorTextColor?: string;
  bodyBgColor?: string;
  btnBgColor?: string;
  btnBorderColor?: string;
  btnTextColor?: string;
  btnPrimaryBgColor?: string;
  btnPrimaryBorderColor?: string;
  btnPrimaryTextColor?: string;
  inputBgColor?: string;
  inputBorderColor?: string;
  inputTextColor?: string;
  inputDisabledTextColor?: string;
  inputBorderFocusColor?: string;
  menuHighlightBgColor?: string;
  textColor?: string;
  /** In pixels. */
  borderRadius?: number;
}

export interface Success {
  officialName: string;
  institution?: string;
  ownerExternalId?: string;
  /** Only when the person granted more than this one access. */
  multipleAccessId?: string;
}

export interface Failure {
  target: string | null;
  sessionId: string | null;
  message: string;
}

/** One widget on the page. */
export interface Handle {
  /** Takes the widget off the page; no callback is called any more. */
  destroy(): void;
}

export interface SignIn {
  version: number;
  /** Shows the sign-in pages in the container. */
  embed(options: Options): Handle;
  /** Puts a button into the container that opens the sign-in pages in a window. */
  popup(options: Options): Handle;
}

declare global {
  interface Window {
    OpenSaldo?: SignIn;
    embedKontomatik?: SignIn['embed'];
    embedKontomatikPopup?: SignIn['popup'];
    /** @deprecated use embedKontomatik */
    embedKontox?: SignIn['embed'];
  }
}
