/** A browser's request for a page. */
export interface PageRequest {
  readonly query: URLSearchParams;
  /** The browser's preferred language (BCP 47); null: unknown. */
  readonly locale: string | null;
}

/** Pages for browsers: rendered by web/, served by http/. */
export interface WebPages {
  /** The page of an opened sign-in link, which does not use the link. */
  signInStart(input: PageRequest): Promise<WebReply>;
  /** The submission of that page, which uses the link. */
  signInBegin(input: PageRequest): Promise<WebReply>;
  /** The callback of the identity provider. */
  signInCallback(input: PageRequest & { cookie: string | undefined }): Promise<WebReply>;
  /** A page that the links of the Teams app lead to. */
  operator(input: { name: 'home' | 'privacy' | 'terms'; locale: string | null }): WebReply;
  /** A script, style or image by its name; undefined if there is none. */
  asset(name: string): WebReply | undefined;
}

/** The answer to a browser. Header names in lower case. */
export interface WebReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}
