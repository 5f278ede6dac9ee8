import type { Fetch } from './bounded-fetch.ts';

interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** msal's network interface over our bounded fetch, because its own has no time or size limits. */
export function networkOver(fetch: Fetch) {
  let failure: { readonly error: unknown } | undefined;
  const call = async <Body>(url: string, init: RequestInit) => {
    const response = await fetch(url, init).catch((error: unknown) => {
      failure = { error };
      throw error;
    });
    const text = await response.text();
    const body = (text === '' ? {} : JSON.parse(text)) as Body;
    return { headers: Object.fromEntries(response.headers), body, status: response.status };
  };
  return {
    sendGetRequestAsync: <Body>(url: string, { headers = {} }: Sent = {}) =>
      call<Body>(url, { method: 'GET', headers }),
    sendPostRequestAsync: <Body>(url: string, { headers = {}, body = '' }: Sent = {}) =>
      call<Body>(url, { method: 'POST', headers, body }),
    /** Acquires a token; an error of the network is thrown as it is, which msal hides in its own. */
    async during<Result>(acquire: () => Promise<Result>): Promise<Result> {
      failure = undefined;
      try {
        return await acquire();
      } catch (error) {
        throw (failure as { readonly error: unknown } | undefined)?.error ?? error;
      }
    },
  };
}
