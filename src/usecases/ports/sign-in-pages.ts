/** The sign-in button's two addresses, without the pages around them. They throw IdentityError. */
export interface SignInPages {
  /**
   * `POST /auth/start`: uses a link up and tells where to send the browser; `setCookie` (the value
   * of a Set-Cookie header) ties the attempt to it.
   */
  begin(input: { link: string }): Promise<{ redirectTo: string; setCookie: string }>;
  /**
   * `/auth/callback`: gives the one-time code that the page hands to Teams. `cookie` is the
   * request's Cookie header; `setCookie` takes the sign-in's cookie away again.
   */
  finish(input: {
    query: URLSearchParams;
    cookie: string | undefined;
  }): Promise<{ code: string; setCookie: string }>;
}
