/** What a browser asked for a page with. */
export interface PageRequest {
  readonly query: URLSearchParams;
  /** The browser's preferred language (BCP 47); null: unknown. */
  readonly locale: string | null;
}

/** Pages for browsers: rendered by web/, served by http/. */
export interface WebPages {
  /** The sign-in button's link was opened: a page that goes on, while the link stays unused. */
  signInStart(input: PageRequest): Promise<WebReply>;
  /** That page goes on: the link is used up. */
  signInBegin(input: PageRequest): Promise<WebReply>;
  /** The identity provider sent the browser back. */
  signInCallback(input: PageRequest & { cookie: string | undefined }): Promise<WebReply>;
  /** A script, style or image of our own by its name; undefined where there is none. */
  asset(name: string): WebReply | undefined;
}

/** What a browser is answered. Header names in lower case. */
export interface WebReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}
