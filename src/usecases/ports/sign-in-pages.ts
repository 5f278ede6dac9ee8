/** The sign-in button's two addresses, without their pages. They throw IdentityError. */
export interface SignInPages {
  /**
   * `POST /auth/start`: uses a link, and returns where to redirect the browser. `setCookie` (the
   * value of a Set-Cookie header) binds the attempt to this browser.
   */
  begin(input: { link: string }): Promise<{ redirectTo: string; setCookie: string }>;
  /**
   * `/auth/callback`: returns the one-time code that the page sends to Teams. `cookie` is the
   * request's Cookie header; `setCookie` deletes the cookie of the sign-in.
   */
  finish(input: {
    query: URLSearchParams;
    cookie: string | undefined;
  }): Promise<{ code: string; setCookie: string }>;
}
