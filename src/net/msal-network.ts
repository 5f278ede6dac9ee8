import type { Fetch } from './bounded-fetch.ts';

interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface Received<Body> {
  readonly headers: Record<string, string>;
  readonly body: Body;
  readonly status: number;
}

/** The network interface of msal (its `INetworkModule`). */
export interface MsalNetwork {
  sendGetRequestAsync<Body>(url: string, sent?: Sent): Promise<Received<Body>>;
  sendPostRequestAsync<Body>(url: string, sent?: Sent): Promise<Received<Body>>;
}

/** A network module for msal with our bounded fetch, because msal's has no time or size limits. */
export function networkOver(fetch: Fetch): MsalNetwork {
  const call = async <Body>(url: string, init: RequestInit): Promise<Received<Body>> => {
    const response = await fetch(url, init);
    const text = await response.text();
    const body = (text === '' ? {} : JSON.parse(text)) as Body;
    return { headers: Object.fromEntries(response.headers), body, status: response.status };
  };
  return {
    sendGetRequestAsync: (url, { headers = {} } = {}) => call(url, { method: 'GET', headers }),
    sendPostRequestAsync: (url, { headers = {}, body = '' } = {}) =>
      call(url, { method: 'POST', headers, body }),
  };
}
